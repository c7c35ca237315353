import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type OnCommit, TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { build } from 'esbuild'
import { sourceFlags } from '../source/built.ts'
import { ROOT, read } from '../source/files.ts'

const EXAMPLE = 'packages/client/examples/workers.ts'
const FOLDER = join(ROOT, 'node_modules/.cache/workers')
const BUNDLE = join(FOLDER, 'workers.mjs')

const CLUSTER = 'packages/client/examples/cluster.ts'

/** Runs a program on a server of its own. */
async function run(...args: string[]): Promise<{ printed: string; sessions: number; authors: Set<unknown> }> {
  let sessions = 0
  const onCommit: OnCommit = ({ type }) => {
    if (type === 'openSession') sessions++
  }
  await using server = await TestServer.start({ onCommit })
  const command = [...args, server.hosts]
  const child = spawn(process.execPath, command, { cwd: ROOT, timeout: 30_000, killSignal: 'SIGKILL' })
  let printed = ''
  child.stdout.on('data', chunk => (printed += chunk))
  child.stderr.on('data', chunk => (printed += chunk))
  const [code] = await once(child, 'close')
  expect({ code, printed }).to.have.property('code', 0)
  expect(server.sessions(), 'sessions left').to.deep.equal([])
  const jobs = Object.entries(server.dump()).filter(([path]) => path.startsWith('/jobs/'))
  return { printed, sessions, authors: new Set(jobs.map(([, author]) => author)) }
}

describe('The example of a cluster', function () {
  this.timeout(60_000)

  it('is on its page word by word', () => {
    expect(read('docs/workers.md')).to.include(`<!-- ${CLUSTER} -->\n\`\`\`ts\n${read(CLUSTER)}\`\`\`\n`)
  })

  it('has one session for all its processes, and hands errors over by their codes', async () => {
    const { printed, sessions, authors } = await run(...(await sourceFlags()), CLUSTER)
    expect(printed.match(/^process \d+: NO_NODE$/gm)).to.have.lengthOf(2)
    expect(printed).to.match(/^10 znodes by 2 processes$/m)
    expect({ sessions, authors: authors.size }).to.deep.equal({ sessions: 1, authors: 2 })
  })
})

describe('The example of worker threads', function () {
  this.timeout(60_000)

  // A worker of Node 20 does not take over the loader of TypeScript.
  before(async () => {
    mkdirSync(FOLDER, { recursive: true })
    await build({
      absWorkingDir: ROOT,
      entryPoints: [EXAMPLE],
      outfile: BUNDLE,
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20.19',
      conditions: ['@zookit/source'],
      logLevel: 'warning',
    })
  })

  after(() => rmSync(FOLDER, { recursive: true, force: true }))

  it('is on its page word by word', () => {
    expect(read('docs/workers.md')).to.include(`<!-- ${EXAMPLE} -->\n\`\`\`ts\n${read(EXAMPLE)}\`\`\`\n`)
  })

  it('has one session for all its threads, and hands errors over by their codes', async () => {
    const { printed, sessions, authors } = await run(BUNDLE)
    expect(printed.match(/^thread \d: NO_NODE$/gm)).to.have.lengthOf(4)
    expect(printed).to.match(/^20 znodes by 4 workers$/m)
    expect({ sessions, authors: authors.size }).to.deep.equal({ sessions: 1, authors: 4 })
  })
})
