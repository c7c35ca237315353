import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import PQueue from 'p-queue'
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
  'docs/migrate/from-zookeeper.md',
  'docs/migrate/from-curator.md',
  'docs/migrate/from-kazoo.md',
  'docs/tasks/debug-a-lost-session.md',
  'docs/tasks/leader-election-in-kubernetes.md',
  'docs/tasks/live-configuration.md',
  'docs/tasks/testing-your-service.md',
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

/** Result of a program: its exit code, all that it printed, and the sessions that it has left at the server. */
interface Run {
  code: number
  printed: string
  sessions: unknown[]
}

/** Runs a block on a server of its own. */
async function run(name: string, block: string): Promise<Run> {
  await using server = await TestServer.start()
  const file = write(name, block, server.hosts)
  const result = await node('--import', 'tsx', '--conditions=@zookit/source', file)
  return { ...result, sessions: server.sessions() }
}

describe('the first pages', function () {
  this.timeout(60_000)

  const blocks = PAGES.flatMap(page =>
    [...read(page).matchAll(/^```ts\n(.*?)^```$/gms)].map(([, block], index) => ({
      name: `${page.replaceAll('/', '-')}-${index + 1}`,
      block: block!,
    })),
  )

  const runs = new Map<string, Promise<Run>>()

  before(() => {
    rmSync(FOLDER, { recursive: true, force: true })
    mkdirSync(FOLDER, { recursive: true })
    const queue = new PQueue({ concurrency: 2 })
    for (const { name, block } of blocks) {
      const running = queue.add(() => run(name, block))
      running.catch(() => {}) // its own test tells of it
      runs.set(name, running)
    }
  })

  after(() => rmSync(FOLDER, { recursive: true, force: true }))

  it('have a program each', () => {
    for (const page of PAGES) expect(read(page), page).to.match(/^```ts$/m)
  })

  for (const { name } of blocks) {
    it(`show a program that runs as it stands on an empty server, and ends: ${name}`, async () => {
      const { code, printed, sessions } = (await runs.get(name))!
      expect({ code, printed }).to.include({ code: 0 })
      expect(sessions, 'sessions left').to.deep.equal([])
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
