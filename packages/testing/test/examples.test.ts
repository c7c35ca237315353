import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'

const EXAMPLES = new URL('../examples/', import.meta.url)
const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const require = createRequire(import.meta.url)

/** Runs one of the test runners in the directory of the examples. */
async function run(program: string, ...args: string[]): Promise<{ code: number; out: string }> {
  const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined }
  const child = spawn(process.execPath, [program, ...args], {
    cwd: fileURLToPath(EXAMPLES),
    env,
    timeout: 50_000,
    killSignal: 'SIGKILL',
  })
  let out = ''
  child.stdout.on('data', chunk => (out += chunk))
  child.stderr.on('data', chunk => (out += chunk))
  const [code] = await once(child, 'close')
  return { code, out }
}

describe("The README's example tests", function () {
  this.timeout(60_000)

  for (const name of ['counter.ts', 'counter.mocha.ts', 'counter.vitest.ts']) {
    it(`contains ${name} word for word, in less than 20 lines`, () => {
      const source = readFileSync(new URL(name, EXAMPLES), 'utf8')
      expect(README).to.include(`\`\`\`ts\n${source}\`\`\`\n`)
      expect(source.split('\n').length - 1).to.be.below(20)
    })
  }

  it('run with mocha', async () => {
    const mocha = require.resolve('mocha/bin/mocha.js')
    const loader = ['-n', 'import=tsx', '-n', 'conditions=@zookit/source']
    const { code, out } = await run(mocha, '--no-config', ...loader, 'counter.mocha.ts')
    expect(out).to.include('1 passing')
    expect(code).to.equal(0)
  })

  it('run with vitest', async () => {
    const vitest = join(dirname(require.resolve('vitest/package.json')), 'vitest.mjs')
    const { code, out } = await run(vitest, 'run')
    expect(out).to.match(/Tests +1 passed/)
    expect(code).to.equal(0)
  })
})
