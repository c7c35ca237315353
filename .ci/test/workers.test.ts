import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type OnCommit, TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { build } from 'esbuild'
import { ROOT, read } from '../source/files.ts'

const EXAMPLE = 'packages/client/examples/workers.ts'
const FOLDER = join(ROOT, 'node_modules/.cache/workers')
const BUNDLE = join(FOLDER, 'workers.mjs')

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
    let sessions = 0
    const onCommit: OnCommit = ({ type }) => {
      if (type === 'openSession') sessions++
    }
    await using server = await TestServer.start({ onCommit })
    const child = spawn(process.execPath, [BUNDLE, server.hosts], { timeout: 30_000, killSignal: 'SIGKILL' })
    let printed = ''
    child.stdout.on('data', chunk => (printed += chunk))
    child.stderr.on('data', chunk => (printed += chunk))
    const [code] = await once(child, 'close')
    expect({ code, printed }).to.have.property('code', 0)
    expect(printed.match(/^thread \d: NO_NODE$/gm)).to.have.lengthOf(4)
    expect(printed).to.match(/^20 znodes by 4 workers$/m)
    expect(sessions).to.equal(1)
    const authors = Object.entries(server.dump()).filter(([path]) => path.startsWith('/jobs/'))
    expect(new Set(authors.map(([, author]) => author)).size).to.equal(4)
    expect(server.sessions()).to.deep.equal([])
  })
})
