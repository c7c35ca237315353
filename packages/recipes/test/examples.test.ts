import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import PQueue from 'p-queue'
import { sourceFlags } from '../../../.ci/source/built.ts'

const EXAMPLES = new URL('../examples/', import.meta.url)
const PAGES = new URL('../../../docs/recipes/', import.meta.url)
const NODE = await sourceFlags()

/** Milliseconds that an example may take: far longer than it does. */
const TIME_LIMIT = 30_000

/** Result of an example. */
interface Run {
  code: number | null
  out: string
  errors: string
  /** Number of its sessions that are left at the server. */
  sessions: number
}

/** Runs an example as its readers do, against a server of its own. */
async function run(name: string): Promise<Run> {
  const server = await TestServer.start()
  const file = fileURLToPath(new URL(name, EXAMPLES))
  const child = spawn(process.execPath, [...NODE, file, server.hosts], {
    timeout: TIME_LIMIT,
    killSignal: 'SIGKILL',
  })
  const texts = { out: '', errors: '' }
  child.stdout.on('data', chunk => (texts.out += chunk))
  child.stderr.on('data', chunk => (texts.errors += chunk))
  const [code] = await once(child, 'close')
  const sessions = server.sessions().length
  await server.stop()
  return { code, ...texts, sessions }
}

/** Finds the page that shows an example: the one of its name, or another one. */
function pageOf(name: string): string {
  const pages = readdirSync(PAGES).filter(page => page.endsWith('.md'))
  const own = name.replace(/\.ts$/, '.md')
  const marker = markerOf(name)
  const page = pages.includes(own) ? own : pages.find(page => read(page).includes(marker))
  expect(page, `a page in docs/recipes with ${marker}`).to.be.a('string')
  return read(page!)
}

function read(page: string): string {
  return readFileSync(new URL(page, PAGES), 'utf8')
}

function markerOf(name: string): string {
  return `<!-- packages/recipes/examples/${name} -->`
}

describe('The examples of the recipes', function () {
  this.timeout(2 * TIME_LIMIT)
  const names = readdirSync(EXAMPLES).filter(name => name.endsWith('.ts'))
  const runs = new Map<string, Promise<Run>>()

  before(() => {
    const queue = new PQueue({ concurrency: 2 })
    for (const name of names)
      runs.set(
        name,
        queue.add(() => run(name)),
      )
  })

  for (const name of names) {
    it(`run, and are on their page word by word: ${name}`, async () => {
      const { code, out, errors, sessions } = await runs.get(name)!
      expect({ code, errors, sessions }, out).to.deep.equal({ code: 0, errors: '', sessions: 0 })
      expect(out.split('\n').length, out).to.be.greaterThan(1)
      const source = readFileSync(new URL(name, EXAMPLES), 'utf8')
      expect(pageOf(name)).to.include(`${markerOf(name)}\n\`\`\`ts\n${source}\`\`\`\n`)
    })
  }
})
