import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '@zookit/client'
import { Mutex } from '@zookit/recipes'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { ProcessTree } from '../src/commands/scripts/process-tree.ts'
import { exitMeanings } from '../src/program/exit-codes.ts'
import { spawnProgram } from './support/process.ts'
import { start, told, zookit } from './support/program.ts'

/** A program that says that it runs, and ends on SIGTERM with 3. */
const POLITE = ['sh', '-c', 'trap "echo term; exit 3" TERM; echo running; while :; do sleep 0.05; done']
/** A program that does not end on SIGTERM. */
const STUBBORN = ['sh', '-c', 'trap "echo deaf" TERM; echo running; while :; do sleep 0.05; done']

describe('A command that runs a program while something is held', function () {
  this.timeout(60_000)
  let server: TestServer
  beforeEach(async () => {
    server = await TestServer.start({ tickTime: 200 })
  })
  afterEach(() => server.stop())

  const at = (...words: string[]): string[] => ['--hosts', server.hosts, ...words]

  for (const words of [['lock'], ['elect'], ['semaphore', '--size', '1']]) {
    it(`gives it the token and the path, passes its exit code on, and releases: ${words[0]}`, async () => {
      const script = 'echo $ZOOKIT_TOKEN $ZOOKIT_PATH; exit 7'
      const { result } = spawnProgram(at(...words, '/held', '--', 'sh', '-c', script))
      const { code, out, err } = await result
      expect({ code, err }).to.deep.equal({ code: 7, err: '' })
      expect(out).to.match(/^\d+ \/held\/\S+\n$/)
      expect(Object.keys(server.dump()).filter(path => path.startsWith('/held/'))).to.deep.equal([])
      expect(server.sessions()).to.deep.equal([])
    })

    it(`ends with 124 and does not run it while somebody else holds it: ${words[0]}`, async () => {
      const holder = spawnProgram(at(...words, '/held', '--', ...POLITE))
      await holder.seen('running')
      const wait = words[0] === 'elect' ? '200' : '0'
      const { code, out, err } = await zookit(
        at(...words, '--wait', wait, '/held', '--', 'sh', '-c', 'echo no'),
      )
      expect({ code, out }).to.deep.equal({ code: 124, out: '' })
      expect(err).to.contain('--wait MS')
      holder.child.kill('SIGTERM')
      expect((await holder.result).code).to.equal(3)
    })
  }

  it('gives it SIGTERM when ownership is lost, and ends with 122', async () => {
    const holder = spawnProgram(at('lock', '/held', '--', ...POLITE))
    await holder.seen('running')
    server.expireSession(server.sessions()[0]!.id)
    const { code, out, err } = await holder.result
    expect({ code, out }).to.deep.equal({ code: 122, out: 'running\nterm\n' })
    expect(err).to.contain('ownership was lost')
  })

  it('gives it SIGKILL when SIGTERM is not enough', async () => {
    const holder = spawnProgram(at('lock', '--grace', '300', '/held', '--', ...STUBBORN))
    await holder.seen('running')
    server.dropConnections()
    const { code, out } = await holder.result
    expect({ code, out }).to.deep.equal({ code: 122, out: 'running\ndeaf\n' })
  })

  it('ends all that the program has started, too, also what outlives it', async () => {
    const script =
      '(trap "" TERM; exec sleep 3600) & echo $!; sleep 3600 & echo $!; echo both; wait; echo never'
    const holder = spawnProgram(at('lock', '--grace', '300', '/held', '--', 'sh', '-c', script))
    await holder.seen('both\n')
    server.expireSession(server.sessions()[0]!.id)
    const { code, out } = await holder.result
    expect(code).to.equal(122)
    const [first, second, ...rest] = out.trim().split('\n')
    expect(rest).to.deep.equal(['both'])
    for (const pid of [first, second]) expect(new ProcessTree(Number(pid)).isRunning).to.equal(false)
  })

  it('ends the program where the processes of the machine cannot be listed', async () => {
    const script = 'trap "echo term; exit 3" TERM; echo running; while :; do /bin/sleep 0.05; done'
    const other = 'Object.defineProperty(process, "platform", { value: "aix" })'
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(other)}`, PATH: '' }
    const holder = spawnProgram(at('lock', '/held', '--', '/bin/sh', '-c', script), env)
    await holder.seen('running')
    server.expireSession(server.sessions()[0]!.id)
    const { code, out } = await holder.result
    expect({ code, out }).to.deep.equal({ code: 122, out: 'running\nterm\n' })
  })

  it('stands again after a lost leadership if it is asked to: elect --again', async () => {
    const holder = spawnProgram(at('elect', '--again', '/held', '--', ...POLITE))
    await holder.seen('running')
    server.expireSession(server.sessions()[0]!.id)
    await holder.seen('running\nterm\nrunning')
    holder.child.kill('SIGTERM')
    expect((await holder.result).code).to.equal(3)
  })

  it('tells of a lost connection while it waits, and goes on: lock', async () => {
    await using zk = await connect(server.hosts)
    // Without `keep` the holder deletes its znode when it is connected again, and the program may run at once.
    await using _holder = await new Mutex(zk, '/held', { whenSuspended: 'keep' }).acquire()
    const waiting = start(at('lock', '/held', '--', 'true'))
    while (server.sessions().length < 2 || Object.keys(server.dump()).length < 3) await sleep(5)
    await server.stop()
    while (!waiting.err().includes('connection lost, connecting again\n')) await sleep(5)
    await server.restart()
    while (!waiting.err().includes('connected again\n')) await sleep(5)
    waiting.signal('SIGINT')
    expect((await waiting.result).code).to.equal(130)
  })

  it('has a code of its own for a program that is not there, and for one that cannot be run', async () => {
    const missing = await zookit(at('lock', '/held', '--', '/nonexistent/program'))
    expect([missing.code, missing.err]).to.deep.equal([
      127,
      "zookit lock: there is no program '/nonexistent/program'\n  Is it in PATH?\n",
    ])
    expect((await zookit(at('lock', '/held', '--', '/etc/passwd'))).code).to.equal(126)
    expect((await zookit(at('lock', 'held', '--', 'true'))).code).to.equal(2)
  })

  for (const words of ['lock', 'elect', 'semaphore --size 1']) {
    it(`has a code of its own for a server that is not there, which the program is unlikely to have: ${words}`, async () => {
      const line = ['--hosts', '127.0.0.1:1', '--timeout', '200', ...words.split(' '), '/held', '--', 'true']
      const { code, err } = await zookit(line)
      expect(code).to.equal(125)
      expect(err).to.match(/CONNECT_FAILED .*\n {2}The program was not run\. Is a server running there\?/)
      const { error } = JSON.parse((await zookit(['--json', ...line])).err)
      expect(error).to.include({ code: 'CONNECT_FAILED', outcome: 'not-sent', exitCode: 125 })
    })
  }
})

describe('zookit wait-for', () => {
  let server: TestServer
  beforeEach(async () => {
    server = await TestServer.start({ seed: { app: 'v1' } })
  })
  afterEach(() => server.stop())
  const at = (...words: string[]): string[] => ['--hosts', server.hosts, ...words]
  const waiting = async (): Promise<void> => {
    while (server.watches().length === 0) await new Promise(resolve => setTimeout(resolve, 5))
  }

  it('ends at once where there is nothing to wait for', async () => {
    expect(await zookit(at('wait-for', '/app'))).to.deep.equal({ code: 0, out: '', err: '' })
    expect((await zookit(at('wait-for', '--gone', '/x'))).code).to.equal(0)
    expect((await zookit(at('--json', 'wait-for', '--data', '^v', '/app'))).out).to.equal(
      '{"path":"/app","exists":true,"data":"v1"}\n',
    )
  })

  it('waits until the znode exists, has the data, or is gone, over a lost connection too', async () => {
    for (const [options, lines] of [
      [['/new'], [['create', '/new']]],
      [
        ['--data', 'v3', '/app'],
        [
          ['set', '/app', 'v2'],
          ['set', '/app', 'v3'],
        ],
      ],
      [
        ['--gone', '/app'],
        [
          ['set', '/app', 'v4'],
          ['delete', '/app'],
        ],
      ],
    ] as const) {
      const running = start(at('wait-for', ...options))
      await waiting()
      server.dropConnections()
      for (const line of lines) expect((await zookit(at(...line))).code).to.equal(0)
      expect((await running.result).code, options.join(' ')).to.equal(0)
    }
  })

  it('waits on where the session has expired and no server answers within --timeout', async () => {
    const running = start(at('--timeout', '100', '--session-timeout', '200', 'wait-for', '/new'))
    await waiting()
    await server.refuseConnections(true)
    server.expireSession(server.sessions()[0]!.id)
    server.dropConnections()
    await told(running, 'the session expired')
    const late = new Promise<'waits'>(resolve => setTimeout(resolve, 400, 'waits'))
    expect(await Promise.race([running.result, late])).to.equal('waits')
    await server.refuseConnections(false)
    await waiting()
    await zookit(at('create', '/new'))
    expect((await running.result).code).to.equal(0)
  })

  it('ends with 124 after the time given, and with 130 on Ctrl-C', async () => {
    expect((await zookit(at('wait-for', '--wait', '50', '/new'))).code).to.equal(124)
    const running = start(at('wait-for', '/new'))
    await waiting()
    running.signal('SIGINT')
    expect((await running.result).code).to.equal(130)
  })

  it('refuses an invalid regular expression', async () => {
    expect((await zookit(at('wait-for', '--data', '(', '/app'))).code).to.equal(2)
  })
})

describe('zookit serve', () => {
  for (const words of [[], ['--voters', '3']]) {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      it(`serves until ${signal}, and ends with 0: ${words.join(' ') || 'one server'}`, async () => {
        const running = start(['serve', '--port', '0', '--json', ...words])
        await running.seen('\n')
        const { hosts } = JSON.parse(running.out())
        expect((await zookit(['--hosts', hosts, 'ls'])).out).to.equal('[zookeeper]\n')
        running.signal(signal)
        expect((await running.result).code).to.equal(0)
      })
    }
  }

  it('ends with 0 as the table of the exit codes says of servers', () => {
    for (const name of ['interrupted', 'terminated'] as const)
      expect(exitMeanings[name]).to.match(/Not so `serve`, .*and end with 0\./)
  })

  it('says what to do where it cannot listen, and refuses unknown releases', async () => {
    await using server = await TestServer.start()
    const { code, err } = await zookit(['serve', '--port', String(server.port)])
    expect(code).to.equal(3)
    expect(err).to.match(/EADDRINUSE.*\n {2}Take another port/)
    expect((await zookit(['serve', '--release', '4', '--port', '0'])).code).to.equal(2)
  })
})

describe('zookit conform', function () {
  this.timeout(30_000)

  it('ends with 0 where all cases pass, and with 1 where one does not', async () => {
    await using server = await TestServer.start({ version: '3.8.0' })
    const run = (...words: string[]) => zookit(['--hosts', server.hosts, 'conform', ...words])
    const passed = await run('--only', '^framing')
    expect(passed).to.include({ code: 0, err: '' })
    expect(passed.out).to.match(/framing/)
    const failed = await run('--profile', '3.9', '--only', 'zxid of the change')
    expect(failed.code).to.equal(1)
    expect(failed.out).to.contain('expected: the zxid')
    expect((await run('--profile', 'x')).code).to.equal(2)
  })
})
