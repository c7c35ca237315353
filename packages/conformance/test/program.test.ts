import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { describeConformance } from '../src/index.ts'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

interface Run {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs the program. `onStart` may end it. */
async function run(
  args: readonly string[],
  onStart: (kill: (signal: NodeJS.Signals) => void) => void,
): Promise<Run> {
  const child = spawn(process.execPath, ['--import=tsx', '--conditions=@zookit/source', MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onStart(signal => child.kill(signal))
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code, out, err }
}

describe('zookit-conformance', function () {
  this.timeout(60_000)

  it('prints a table, writes JSON and Markdown, and ends with 0 if nothing failed', async () => {
    await using server = await TestServer.start()
    const directory = mkdtempSync(join(tmpdir(), 'zookit-'))
    const [json, markdown] = [join(directory, 'r.json'), join(directory, 'r.md')]
    try {
      const args = [
        '--hosts',
        server.hosts,
        '--dangerous',
        '--only',
        '^framing',
        '--json',
        json,
        '--markdown',
        markdown,
      ]
      const { code, out, err } = await run(args, () => {})
      expect([code, err]).to.deep.equal([0, ''])
      expect(out).to.match(/framing +│ +13 │ +0 │ +0/)
      expect(JSON.parse(readFileSync(json, 'utf8')).results).to.have.length(13)
      expect(readFileSync(markdown, 'utf8')).to.contain('| framing | 13 | 0 | 0 |')
    } finally {
      rmSync(directory, { recursive: true })
    }
  })

  it('ends with 1 if a case failed, and names the case', async () => {
    await using server = await TestServer.start({ version: '3.8.0' })
    const args = ['--hosts', server.hosts, '--profile', '3.9', '--only', 'zxid of the change']
    const { code, out } = await run(args, () => {})
    expect(code).to.equal(1)
    expect(out).to.contain('expected: the zxid').and.contain('got: -1n').and.contain('WatcherEvent')
  })

  it('ends with 2 and one line if it cannot run', async () => {
    for (const args of [
      [],
      ['--hosts', '127.0.0.1:1', '--max-wait', '300'],
      ['--hosts', 'a', '--profile', 'x'],
    ]) {
      const { code, err } = await run(args, () => {})
      expect([code, err.trim().split('\n').length]).to.deep.equal([2, 1])
    }
  })

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`leaves nothing behind after ${signal}`, async () => {
      await using server = await TestServer.start()
      const { code, out } = await run(['--hosts', server.hosts], kill => {
        const timer = setInterval(() => {
          if (!Object.keys(server.dump()).some(path => /^\/zookit-conformance-[^/]+\/9/.test(path))) return
          clearInterval(timer)
          kill(signal)
        }, 1)
      })
      expect([code, Object.keys(server.dump())]).to.deep.equal([1, []])
      expect(out).to.contain('interrupted')
    })
  }
})

describe('zookit-conformance on servers that have stopped answering', function () {
  this.timeout(60_000)

  it('is ended at once by a second signal', async () => {
    await using server = await TestServer.start()
    const { code, err } = await run(['--hosts', server.hosts, '--max-wait', '100000'], kill => {
      const timer = setInterval(() => {
        if (!Object.keys(server.dump()).some(path => /^\/zookit-conformance-[^/]+\/3/.test(path))) return
        clearInterval(timer)
        server.holdReplies()
        kill('SIGINT')
        setTimeout(() => kill('SIGINT'), 500)
      }, 1)
    })
    expect(code).to.equal(2)
    expect(err).to.contain('ended by a second signal')
  })
})

describe('describeConformance', () => {
  let server: TestServer
  before(async () => {
    server = await TestServer.start()
  })
  after(async () => {
    expect(server.dump()).to.deep.equal({})
    await server.stop()
  })
  describeConformance(
    'the framing of the in-memory server',
    () => ({ hosts: server.hosts, dangerous: true }),
    /^framing/,
  )
})
