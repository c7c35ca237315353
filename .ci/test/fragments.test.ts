import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { fragments } from '../source/blocks.ts'
import { ROOT } from '../source/files.ts'
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
  pino: [join(ROOT, 'packages/client/node_modules/pino/pino.d.ts')],
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
})
