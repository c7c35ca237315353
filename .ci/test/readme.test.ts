import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import PQueue from 'p-queue'
import { blocksOf, PROGRAM_PAGES } from '../source/blocks.ts'
import { sourceFlags } from '../source/built.ts'
import { ROOT } from '../source/files.ts'
import { node } from '../source/node.ts'

/** Holds the blocks as files, inside the repository so that they find its packages. */
const FOLDER = join(ROOT, 'node_modules/.cache/readme')

const COMPILER_OPTIONS = { rootDir: ROOT, types: ['node'] }

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
  const result = await node(...(await sourceFlags()), file)
  return { ...result, sessions: server.sessions() }
}

describe('the first pages', function () {
  this.timeout(60_000)

  const blocks = PROGRAM_PAGES.flatMap(blocksOf)

  const runs = new Map<string, Promise<Run>>()

  before(() => {
    rmSync(FOLDER, { recursive: true, force: true })
    mkdirSync(FOLDER, { recursive: true })
    const queue = new PQueue({ concurrency: 2 })
    for (const { name, code } of blocks) {
      const running = queue.add(() => run(name, code))
      running.catch(() => {}) // its own test tells of it
      runs.set(name, running)
    }
  })

  after(() => rmSync(FOLDER, { recursive: true, force: true }))

  it('have a program each', () => {
    for (const page of PROGRAM_PAGES) expect(blocksOf(page), page).not.to.deep.equal([])
  })

  for (const { name } of blocks) {
    it(`show a program that runs as it stands on an empty server, and ends: ${name}`, async () => {
      const { code, printed, sessions } = (await runs.get(name))!
      expect({ code, printed }).to.include({ code: 0 })
      expect(sessions, 'sessions left').to.deep.equal([])
    })
  }

  it('show programs that compile', async () => {
    const files = blocks.map(({ name, code }) => write(name, code, '127.0.0.1:2181'))
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
