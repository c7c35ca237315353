import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { failuresOf } from '../source/failures.ts'
import { ROOT, read } from '../source/files.ts'

const SUITE = `
const different = Object.assign(new Error('expected order to be kept'), { actual: ['b'], expected: ['a'] })
describe('A queue', () => {
  describe('of jobs', () => {
    it('hands out: each job once', () => {})
    it('says: full', () => { throw new Error('the queue at /jobs is full\\nand more') })
    it('keeps order', () => { throw different })
    it('counts', () => { throw new RangeError('17') })
  })
  describe('of nothing', () => {
    before('opens it', () => { throw new TypeError('no such queue') })
    it('is empty', () => {})
  })
})`

/** Runs steps as .ci/run does, then its list of what has failed. @returns all lines. */
async function linesOf(...steps: string[]): Promise<string[]> {
  const script = `. .ci/steps; trap 'rm -rf "$logs"' EXIT\n${steps.join('\n')}\nlist_failures; echo "failed=$failed"`
  const child = spawn('bash', ['-c', `set -euo pipefail\n${script}`], { cwd: ROOT, timeout: 60_000 })
  let printed = ''
  child.stdout.on('data', chunk => (printed += chunk))
  child.stderr.on('data', chunk => (printed += chunk))
  const [code] = await once(child, 'close')
  expect(code, printed).to.equal(0)
  return printed.trimEnd().split('\n')
}

/** Runs steps. @returns the lines from the list of what has failed on. */
async function listAfter(...steps: string[]): Promise<string[]> {
  const lines = await linesOf(...steps)
  return lines.slice(Math.max(0, lines.indexOf('== what has failed')))
}

describe('The end of .ci/run', function () {
  this.timeout(60_000)
  let folder: string
  let suite: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'zookit-steps-'))
    suite = join(folder, 'suite.test.cjs')
    writeFileSync(suite, SUITE)
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  it('names each test that failed, and why, under the title of its step', async () => {
    const mocha = `node ${join(ROOT, 'node_modules/mocha/bin/mocha.js')} --no-config`
    expect(
      await listAfter(
        `step 'first tests' ${mocha} ${suite} -g each`,
        `step 'tests' ${mocha} --color ${suite}`,
        `step 'tests of old' ${mocha} ${suite} -g counts`,
      ),
    ).to.deep.equal([
      '== what has failed',
      'tests: A queue of jobs says: full: Error: the queue at /jobs is full',
      `tests: A queue of jobs keeps order: Error: expected order to be kept -  "b" +  "a"`,
      'tests: A queue of jobs counts: RangeError: 17',
      'tests: A queue of nothing "before all" hook: opens it for "is empty": TypeError: no such queue',
      'tests of old: A queue of jobs counts: RangeError: 17',
      'failed=1',
    ])
  })

  it('shows the last lines of a step that is no test, in the words of the step', async () => {
    expect(
      await listAfter(
        'speak() { seq 20; echo; echo on stderr >&2; return 3; }',
        "step 'build' speak",
        "step 'type check' true",
      ),
    ).to.deep.equal([
      '== what has failed',
      ...Array.from({ length: 14 }, (_, i) => `build: ${i + 7}`),
      'build: on stderr',
      'failed=1',
    ])
  })

  it('has no list where nothing failed, and keeps what a step has set', async () => {
    const lines = await listAfter('mark() { marked=yes; }', "step 'mark' mark", 'echo "marked=$marked"')
    expect(lines.slice(-2)).to.deep.equal(['marked=yes', 'failed=0'])
    expect(lines).to.not.include('== what has failed')
  })

  it('counts a step that stands for one test whether it held or not, and another one where it failed', async () => {
    const lines = await linesOf(
      "counted_step 'simulation' true",
      "counted_step 'real faults' false",
      "counted_step 'more' true",
      "step 'build' false",
      'echo "held=$held broken=$broken"',
    )
    expect(lines).to.include('held=2 broken=2')
    expect(read('.ci/run')).to.match(/\ncounted_step 'real faults' withstand\n/)
  })

  it('counts the tests of each run of mocha, and each other step that failed', async () => {
    const mocha = `node ${join(ROOT, 'node_modules/mocha/bin/mocha.js')} --no-config`
    const lines = await linesOf(
      `test_step 'tests' ${mocha} ${suite}`,
      `test_step 'tests of the newest' ${mocha} ${suite} -g full`,
      `test_step 'tests of old' ${mocha} ${suite} -g each`,
      `test_step 'tests that do not load' ${mocha} ${suite}.missing`,
      "test_step 'tests of what is not here' true",
      "counted_step 'simulation' true",
      "step 'build' false",
      "step 'lint' true",
      'print_counts',
    )
    expect(lines.filter(line => line.includes(' passed, '))).to.deep.equal(['3 passed, 7 failed'])
  })

  it('does not wait for a program that a step has left behind', async () => {
    expect(
      await listAfter(
        'left() { sleep 50 & echo $!; return 1; }',
        "step 'left' left",
        'kill $(tail -n 1 "$log")',
      ),
    ).to.include('failed=1')
  })

  it('comes just before the last line', () => {
    expect(read('.ci/run')).to.match(
      /\nlist_failures\n.*something above failed'\nprint_counts\nexit "\$failed"\n$/,
    )
  })

  it('cuts a long line', () => {
    expect(failuresOf('x'.repeat(5000))[0]).to.have.lengthOf(300)
  })
})
