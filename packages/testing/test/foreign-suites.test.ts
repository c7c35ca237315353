import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { op } from '@zookit/jute'
import { freePort } from '@zookit/test-fixtures'
import { expect } from 'chai'
import { Host } from '../foreign-suites/host.ts'
import { judge } from '../foreign-suites/judge.ts'
import { cargoResults, goResults, junitResults } from '../foreign-suites/result.ts'
import { RawClient } from './support/raw-client.ts'

const JAVA = fileURLToPath(new URL('../foreign-suites/stand-ins/java', import.meta.url))

/** A stand-in for Apache's server program, which runs until it is stopped. */
class StandIn {
  readonly #child: ChildProcess

  constructor(socket: string, config: string, flags: readonly string[] = []) {
    const env = {
      ...process.env,
      ZOOKIT_SERVERS: socket,
      ZOOKIT_NODE: process.execPath,
      ZOOKIT_RELEASE: '3.8',
    }
    const words = [...flags, 'org.apache.zookeeper.server.quorum.QuorumPeerMain', config]
    this.#child = spawn(JAVA, words, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  }

  /** Waits for the line that tells its port. */
  async port(): Promise<number> {
    const lines = createInterface({ input: this.#child.stdout! })
    for await (const line of lines) return Number(/^listening on (\d+)$/.exec(line)?.[1])
    throw new Error('the stand-in ended')
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.kill()
    await once(this.#child, 'exit')
  }
}

const world = [{ perms: 31, id: { scheme: 'world', id: 'anyone' } }]

describe('The stand-in for java in the suites of other clients', () => {
  let directory: string
  let host: Host
  let socket: string
  const running: StandIn[] = []

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'zookit-stand-in-'))
    socket = join(directory, 'servers')
    host = await Host.start(socket)
  })
  afterEach(async () => {
    await Promise.all(running.splice(0).map(each => each.stop()))
    await host[Symbol.asyncDispose]()
    rmSync(directory, { recursive: true, force: true })
  })

  function start(name: string, lines: readonly string[], id = 1): StandIn {
    const data = join(directory, name)
    mkdirSync(data, { recursive: true })
    writeFileSync(join(data, 'myid'), `${id}\n`)
    const config = join(directory, `${name}.cfg`)
    writeFileSync(config, [`dataDir=${data}`, 'tickTime=500', ...lines].join('\n'))
    const standIn = new StandIn(socket, config, ['-Dzookeeper.extendedTypesEnabled=true'])
    running.push(standIn)
    return standIn
  }

  it('starts a server on the port of its configuration, and keeps the znodes over a restart', async () => {
    const port = await freePort()
    const first = start('alone', [`clientPort=${port}`])
    expect(await first.port()).to.equal(port)
    using client = await RawClient.open({ host: '127.0.0.1', port })
    await client.call(op.createTTL, { path: '/a', data: null, acl: world, flags: 5, ttl: 60_000 })
    await first.stop()
    await client.closed
    const second = start('alone', [`clientPort=${port}`])
    expect(await second.port()).to.equal(port)
    using again = await RawClient.open({ host: '127.0.0.1', port })
    expect((await again.ask(op.exists, { path: '/a', watch: false })).err).to.equal(0)
  })

  it('starts an ensemble when all members are there, which lives on without one', async () => {
    const ports = [await freePort(), await freePort(), await freePort()]
    const members = ports.map((_, i) => `server.${i + 1}=127.0.0.1:${1000 + i}:${2000 + i}`)
    const all = ports.map((port, i) => start(`member${i}`, [`clientPort=${port}`, ...members], i + 1))
    expect(await Promise.all(all.map(each => each.port()))).to.deep.equal(ports)
    using client = await RawClient.open({ host: '127.0.0.1', port: ports[0]! })
    await all[2]!.stop()
    await client.closed
    using again = await RawClient.open({ host: '127.0.0.1', port: ports[1]! })
    await again.call(op.create, { path: '/a', data: null, acl: world, flags: 0 })
    const back = start('member2', [`clientPort=${ports[2]}`, ...members], 3)
    expect(await back.port()).to.equal(ports[2])
    using other = await RawClient.open({ host: '127.0.0.1', port: ports[2]! })
    expect((await other.ask(op.exists, { path: '/a', watch: false })).err).to.equal(0)
  })
})

describe('The report on the suites of other clients', () => {
  it("reads JUnit's XML", () => {
    const xml =
      '<testsuite><testcase classname="a.b.C" name="x" time="1"/><testcase classname="C" name="y">' +
      '<failure message="1 &lt; 2">trace</failure></testcase>' +
      '<testcase classname="C" name="z"><skipped message="not here"/></testcase></testsuite>'
    expect(junitResults(xml)).to.deep.equal([
      { name: 'C.x', outcome: 'passed', message: '' },
      { name: 'C.y', outcome: 'failed', message: '1 < 2' },
      { name: 'C.z', outcome: 'skipped', message: '' },
    ])
  })

  it('reads what go test prints', () => {
    const output = [
      '{"Action":"run","Test":"A"}',
      '{"Action":"output","Test":"A","Output":"oh\\n"}',
      '{"Action":"fail","Test":"A"}',
      '{"Action":"pass","Test":"B"}',
      '{"Action":"skip","Test":"C"}',
      '{"Action":"fail"}',
    ]
    expect(goResults(output.join('\n'))).to.deep.equal([
      { name: 'A', outcome: 'failed', message: 'oh\n' },
      { name: 'B', outcome: 'passed', message: '' },
      { name: 'C', outcome: 'skipped', message: '' },
    ])
  })

  it('reads what cargo test prints', () => {
    const output =
      'test a::b ... ok\ntest c ... FAILED\ntest d ... ignored\ntest e - should panic ... ok\n\n' +
      'failures:\n\n---- c stdout ----\nboom\n\nfailures:\n    c\n'
    expect(cargoResults(output)).to.deep.equal([
      { name: 'a::b', outcome: 'passed', message: '' },
      { name: 'c', outcome: 'failed', message: 'boom\n\n' },
      { name: 'd', outcome: 'skipped', message: '' },
      { name: 'e', outcome: 'passed', message: '' },
    ])
  })

  it('reports a failure that is not expected, and an expected failure that passes', () => {
    const results = junitResults(
      '<testcase classname="C" name="x"/><testcase classname="C" name="y"><error message="1">1</error></testcase>' +
        '<testcase classname="C" name="z"><error message="2">2</error></testcase>',
    )
    const limits = ['C.x', 'C.z', 'C.gone'].map(test => ({ test, reason: '' }))
    expect(judge(results, [{ test: 'C.x', reason: '', sometimes: true }]).healed).to.deep.equal([])
    const { passed, expected, failed, healed } = judge(results, limits)
    expect({ passed, expected: expected.length }).to.deep.equal({ passed: 1, expected: 1 })
    expect(failed.map(({ name }) => name)).to.deep.equal(['C.y'])
    expect(healed.map(({ test }) => test)).to.deep.equal(['C.x', 'C.gone'])
  })
})
