import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { type Block, fragments } from '../source/blocks.ts'
import { sourceFlags } from '../source/built.ts'
import { ROOT } from '../source/files.ts'
import { COMPILED, type FragmentRun, RUNS } from '../source/fragment-runs.ts'
import { node } from '../source/node.ts'

/** Holds the blocks as files, inside the repository so that they find its packages. */
const FOLDER = join(ROOT, 'node_modules/.cache/fragments')

/** Files where a block finds what the root package does not depend on. */
const PATHS = {
  '@zookit/conformance': [join(ROOT, 'packages/conformance/src/index.ts')],
  '@zookit/opentelemetry': [join(ROOT, 'packages/opentelemetry/src/index.ts')],
  '@opentelemetry/instrumentation': [
    join(ROOT, 'packages/opentelemetry/node_modules/@opentelemetry/instrumentation/build/src/index.d.ts'),
  ],
  '@zookit/console': [join(ROOT, 'packages/console/src/index.ts')],
  pino: [join(ROOT, 'packages/client/node_modules/pino/pino.d.ts')],
}

/** Runs a block with what it needs, on a server of its own. @throws AssertionError with what it printed. */
async function runAlone(
  { name, code, given }: Block,
  { before, after, from = 'node_modules/.cache/fragments', mocha }: FragmentRun,
): Promise<void> {
  await using server = await TestServer.start()
  const file = join(ROOT, from, `${name}-run.mts`)
  const program = [given, before, code, after].join('\n')
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(
    file,
    program.replaceAll('127.0.0.1:2181', server.hosts).replace('port: 2181', `port: ${server.port}`),
  )
  try {
    const runner = mocha ? ['node_modules/mocha/bin/mocha.js'] : await sourceFlags()
    const result = await node(...runner, file)
    expect(result.code, result.printed).to.equal(0)
    expect(server.sessions(), 'sessions left').to.deep.equal([])
  } finally {
    rmSync(file)
  }
}

describe('the blocks of code that are no programs', function () {
  this.timeout(60_000)
  const blocks = fragments()

  before(() => {
    rmSync(FOLDER, { recursive: true, force: true })
    mkdirSync(FOLDER, { recursive: true })
    for (const { name, code, given } of blocks) {
      writeFileSync(join(FOLDER, `${name}.mts`), `${given}\n${code}\nexport {}\n`)
    }
  })

  after(() => rmSync(FOLDER, { recursive: true, force: true }))

  it('compile, with what the page takes for given', async () => {
    expect(blocks).to.have.lengthOf.above(10)
    const config = {
      extends: join(ROOT, 'tsconfig.json'),
      // A block may show a declaration or an import that it does not use.
      compilerOptions: { rootDir: ROOT, noUnusedLocals: false, paths: PATHS },
      include: ['*.mts', join(ROOT, 'packages/jute/src/**/*.d.ts')],
    }
    writeFileSync(join(FOLDER, 'tsconfig.json'), JSON.stringify(config))
    const { printed } = await node('node_modules/typescript/bin/tsc', '-p', FOLDER)
    expect(printed).to.equal('')
  })
  it('run, but for those that a list has with the reason', () => {
    const names = blocks.map(({ name }) => name)
    expect([...Object.keys(RUNS), ...Object.keys(COMPILED)].sort()).to.deep.equal(names.sort())
  })

  for (const [name, run] of Object.entries(RUNS)) {
    it(`run: ${name}`, () => runAlone(blocks.find(block => block.name === name)!, run))
  }
})
