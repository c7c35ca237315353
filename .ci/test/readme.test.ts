import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { ROOT, read } from '../source/files.ts'

/** Lists the pages whose TypeScript blocks are whole programs. Those of jute and testing are files of their examples. */
const PAGES = [
  'README.md',
  'packages/client/README.md',
  'packages/connection/README.md',
  'packages/recipes/README.md',
  'packages/admin/README.md',
  'packages/node-zookeeper-client/README.md',
  'docs/shutdown.md',
  'docs/migrate/from-node-zookeeper-client.md',
]

/** Holds the blocks as files, inside the repository so that they find its packages. */
const FOLDER = join(ROOT, 'node_modules/.cache/readme')

const COMPILER_OPTIONS = { rootDir: ROOT, types: ['node'] }

/** Runs a program of Node's. @returns its exit code, and all that it printed. */
async function node(...args: string[]): Promise<{ code: number; printed: string }> {
  const child = spawn(process.execPath, args, { cwd: ROOT, timeout: 30_000, killSignal: 'SIGKILL' })
  let printed = ''
  child.stdout.on('data', chunk => (printed += chunk))
  child.stderr.on('data', chunk => (printed += chunk))
  const [code] = await once(child, 'close')
  return { code, printed }
}

/** Writes a block to a file that connects to `hosts`. @returns the file. */
function write(name: string, block: string, hosts: string): string {
  const file = join(FOLDER, `${name}.mts`)
  // Programs behind the alias import the original's name.
  const named = block.replaceAll("'node-zookeeper-client'", "'@zookit/node-zookeeper-client'")
  writeFileSync(file, named.replaceAll('127.0.0.1:2181', hosts))
  return file
}

describe('the first pages', function () {
  this.timeout(60_000)

  const blocks = PAGES.flatMap(page =>
    [...read(page).matchAll(/^```ts\n(.*?)^```$/gms)].map(([, block], index) => ({
      name: `${page.replaceAll('/', '-')}-${index + 1}`,
      block: block!,
    })),
  )

  before(() => {
    rmSync(FOLDER, { recursive: true, force: true })
    mkdirSync(FOLDER, { recursive: true })
  })

  after(() => rmSync(FOLDER, { recursive: true, force: true }))

  it('have a program each', () => {
    for (const page of PAGES) expect(read(page), page).to.match(/^```ts$/m)
  })

  for (const { name, block } of blocks) {
    it(`show a program that runs as it stands on an empty server, and ends: ${name}`, async () => {
      await using server = await TestServer.start()
      const file = write(name, block, server.hosts)
      const { code, printed } = await node('--import', 'tsx', '--conditions=@zookit/source', file)
      expect({ code, printed }).to.include({ code: 0 })
      expect(server.sessions(), 'sessions left').to.deep.equal([])
    })
  }

  it('show programs that compile', async () => {
    const files = blocks.map(({ name, block }) => write(name, block, '127.0.0.1:2181'))
    const config = {
      extends: join(ROOT, 'tsconfig.json'),
      compilerOptions: COMPILER_OPTIONS,
      files,
      include: [],
    }
    writeFileSync(join(FOLDER, 'tsconfig.json'), JSON.stringify(config))
    expect(await node('node_modules/typescript/bin/tsc', '-p', FOLDER)).to.deep.equal({
      code: 0,
      printed: '',
    })
  })
})
