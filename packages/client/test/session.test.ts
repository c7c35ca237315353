import { inspect } from 'node:util'
import { type Environment, nodeEnvironment } from '@zookit/connection'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { type ConnectOptions, connect, type ZooKeeper, ZooKeeperError } from '../src/index.ts'
import { Cable } from './support/cable.ts'
import { describeTargets, expire, failureOf, stateOf, until } from './support/targets.ts'

/** Records every state of a client from now on. */
function statesOf(zk: ZooKeeper): string[] {
  const states: string[] = []
  zk.on('state', state => states.push(state))
  return states
}

describeTargets('connect', target => {
  it('resolves with a client that has a session', async () => {
    const zk = await target.client('', { sessionTimeout: 5000 })
    expect(zk.state).to.equal('connected')
    expect(zk.session.id).not.to.equal(0n)
    expect(zk.session.timeout).to.equal(5000)
    expect(`${zk.session.server?.host}:${zk.session.server?.port}`).to.equal(await target.hosts())
  })

  it('accepts a list of servers as well as a connect string', async () => {
    const root = await target.freshPath()
    const [host = '', port] = (await target.hosts()).split(':')
    await using zk = await connect({ servers: [{ host, port: Number(port) }], chroot: root })
    await zk.create('/a')
    expect(await (await target.client()).exists(`${root}/a`)).not.to.equal(null)
  })

  it('takes a session over by its id and password, and never returns another one', async () => {
    const first = await target.client()
    const root = await target.freshPath()
    await first.create(`${root}/mine`, null, { mode: 'ephemeral' })
    const { id, password } = first.session
    await first.close({ keepSession: true })
    const second = await target.client('', { session: { id, password } })
    expect(second.session.id).to.equal(id)
    expect((await second.exists(`${root}/mine`))?.ephemeralOwner).to.equal(id)
    const cable = new Cable()
    const { environment } = cable
    const wrong = connect(await target.hosts(), {
      session: { id, password: Buffer.alloc(16, 7) },
      environment,
    })
    expect(await failureOf(wrong)).to.include({ code: 'SESSION_EXPIRED', operation: 'connect' })
    expect(cable.open).to.equal(0)
    // ZooKeeper closes the connection that has the session before it checks the password.
    await stateOf(second, 'connected')
    expect(second.session.id).to.equal(id)
  })

  it('rejects when the server refuses a credential, and leaves nothing open', async () => {
    const cable = new Cable()
    const { environment } = cable
    const auth = [{ scheme: 'no-such-scheme', auth: 'x' }]
    const error = await failureOf(connect(await target.hosts(), { auth, environment }))
    expect(error.code).to.equal('AUTH_FAILED')
    expect(cable.open).to.equal(0)
  })
})

describe('connect, without a server', () => {
  const HOSTS = '127.0.0.1:2181'

  it('gives up after connectTimeout with the last failure, and leaves nothing open', async () => {
    const cable = new Cable()
    cable.pull()
    const { environment } = cable
    const backoff = { initial: 1, max: 2 }
    const error = await failureOf(connect(HOSTS, { connectTimeout: 50, environment, backoff }))
    expect(error).to.include({ code: 'CONNECT_FAILED', operation: 'connect', retryable: true })
    expect(error.message).to.match(/not connected within 50 ms; the last failure: .*not plugged in/)
    expect(error.cause).to.include({ code: 'CONNECT_FAILED' })
    const { opened } = cable
    expect(opened).to.be.above(0)
    cable.plug()
    await new Promise(resolve => setTimeout(resolve, 20))
    expect([cable.open, cable.opened]).to.deep.equal([0, opened])
  })

  it('names the last failure of each server, and is not retryable if none of them can heal', async () => {
    const cable = new Cable()
    cable.pull()
    const options = { connectTimeout: 100, environment: cable.environment, backoff: { initial: 1, max: 2 } }
    const error = await failureOf(connect('127.0.0.1:1,127.0.0.2:2', options))
    expect(error.message).to.match(
      /each server: [^;]*127\.0\.0\.[12]:[12]: [^;]*; [^;]*127\.0\.0\.[12]:[12]: [^;]*$/,
    )
    const lasting = new ZooKeeperError('SSL_CONNECTION_ERROR', { message: 'wrong name', retryable: false })
    const asked = { ...nodeEnvironment, resolve: () => Promise.reject(lasting) }
    const never = await failureOf(connect('a,b', { ...options, environment: asked }))
    expect(never).to.include({ code: 'CONNECT_FAILED', retryable: false })
  })

  it('is aborted by its signal, before the first attempt and during one', async () => {
    const cable = new Cable()
    cable.pull()
    const { environment } = cable
    const reason = new Error('enough')
    const early = await failureOf(connect(HOSTS, { signal: AbortSignal.abort(reason), environment }))
    expect(early).to.include({ code: 'ABORTED', name: 'AbortError', cause: reason })
    expect(cable.opened).to.equal(0)
    const controller = new AbortController()
    const connecting = failureOf(connect(HOSTS, { signal: controller.signal, environment }))
    await until('it has tried', () => cable.opened > 0)
    controller.abort(reason)
    expect(await connecting).to.include({ code: 'ABORTED', name: 'AbortError', cause: reason })
    expect(cable.open).to.equal(0)
  })

  it('refuses to send a password in clear text to another machine', async () => {
    await using server = await TestServer.start({ sasl: { user: 'hunter2' } })
    // The address is far away; what is dialled there comes out on this machine.
    const environment: Environment = {
      ...nodeEnvironment,
      open: (target, handler) => nodeEnvironment.open({ ...target, address: '127.0.0.1' }, handler),
    }
    const far = `192.0.2.1:${server.port}`
    const identities: ConnectOptions[] = [
      { auth: [{ scheme: 'digest', auth: 'user:hunter2' }] },
      { sasl: { mechanism: 'DIGEST-MD5', username: 'user', password: 'hunter2' } },
    ]
    for (const identity of identities) {
      const error = await failureOf(connect(far, { ...identity, environment }))
      expect(error.code).to.equal('INSECURE_AUTH')
      expect(inspect(error)).not.to.include('hunter2')
      expect(server.sessions()).to.deep.equal([])
    }
    expect(server.requests().map(({ operation }) => operation)).not.to.include.members(['auth', 'sasl'])
  })
})

describeTargets('A client', target => {
  it('keeps its session through a lost connection, and announces both', async () => {
    const { zk, cable } = await target.cabledClient()
    const { id } = zk.session
    const states = statesOf(zk)
    await zk.create('/me', null, { mode: 'ephemeral' })
    cable.cut()
    expect(zk.state).to.equal('suspended')
    expect(zk.session.server).to.equal(null)
    expect((await zk.exists('/me'))?.ephemeralOwner).to.equal(id)
    expect(zk.session.id).to.equal(id)
    expect(states).to.deep.equal(['suspended', 'connected'])
  })

  it('E2 has a new session after the old one expired, announced in that order', async () => {
    const { zk, cable } = await target.cabledClient()
    const { id } = zk.session
    await zk.create('/me', null, { mode: 'ephemeral' })
    const states = statesOf(zk)
    cable.pull()
    const pending = failureOf(zk.getData('/'))
    await expire(target, zk)
    expect(await pending).to.include({ code: 'SESSION_EXPIRED', path: '/' })
    await stateOf(zk, 'connected')
    expect(states).to.deep.equal(['suspended', 'expired', 'connecting', 'connected'])
    expect(zk.session.id).not.to.equal(id)
    expect(await zk.exists('/me')).to.equal(null)
  })

  it('E1 without `renew` ends when its session expires', async () => {
    const { zk, cable } = await target.cabledClient({ renew: false })
    cable.pull()
    const pending = failureOf(zk.getData('/'))
    await expire(target, zk)
    expect((await pending).code).to.equal('SESSION_EXPIRED')
    expect(zk.state).to.equal('expired')
    expect((await failureOf(zk.exists('/'))).code).to.equal('SESSION_EXPIRED')
    expect(cable.open).to.equal(0)
  })

  it('X4 accepts nothing once it is closed, and says that it is closed', async () => {
    const zk = await target.freshClient()
    const created = zk.create('/me', null, { mode: 'ephemeral' })
    const closed = zk.close()
    const calls: Promise<unknown>[] = [
      zk.exists('/'),
      zk.create('/a'),
      zk.multi([]),
      zk.addAuth('digest', 'a:b'),
      zk.whoAmI(),
    ]
    calls.push(zk.ensurePath('/a'), zk.removeTree('/a'), zk.walk('/').next(), zk.watch('/').ready)
    for (const error of await Promise.all(calls.map(failureOf)))
      expect(error).to.include({ code: 'CLOSED', outcome: 'not-sent' })
    expect(await created).to.equal('/me')
    await closed
    expect(zk.state).to.equal('closed')
    await zk.close()
  })

  it('X1 has its ephemerals removed at once when its scope is left', async () => {
    const root = await target.freshPath()
    const hosts = await target.hosts()
    {
      await using zk = await connect(`${hosts}${root}`)
      await zk.create('/me', null, { mode: 'ephemeral' })
    }
    expect(await (await target.client(root)).exists('/me')).to.equal(null)
  })

  it('R3 waits for a connection or refuses requests without one, by option', async () => {
    const patient = await target.cabledClient()
    patient.cable.pull()
    const waiting = patient.zk.exists('/')
    patient.cable.plug()
    expect(await waiting).not.to.equal(null)
    const { zk, cable } = await target.cabledClient({ whenDisconnected: 'reject' })
    cable.cut()
    expect(await failureOf(zk.exists('/'))).to.include({
      code: 'NOT_CONNECTED',
      outcome: 'not-sent',
      path: '/',
    })
    await stateOf(zk, 'connected')
    expect(await zk.exists('/')).not.to.equal(null)
  })

  it('A8 does not show its secrets to inspection', async () => {
    const zk = await target.client('', { auth: [{ scheme: 'digest', auth: 'user:hunter2' }] })
    const { password, ...shown } = zk.session
    expect(password).to.have.length(16)
    expect(shown).to.have.all.keys('id', 'timeout', 'certainUntil', 'server')
    const views = [
      inspect(zk, { depth: 9, showHidden: true }),
      inspect(zk.session, { depth: 9, showHidden: true }),
    ]
    for (const view of views) {
      expect(view).not.to.include('hunter2')
      expect(view).not.to.include(inspect(password).slice(8, 40))
    }
  })

  it('reports listeners that throw, and goes on', async () => {
    const zk = await target.freshClient()
    const failures: unknown[] = []
    zk.on('listenerError', error => failures.push(error))
    const problem = new Error('oops')
    await zk.exists('/a', {
      watch: () => {
        throw problem
      },
    })
    await zk.create('/a')
    await zk.sync()
    expect(failures).to.deep.equal([problem])
    expect(await zk.exists('/a')).not.to.equal(null)
  })
})

describeTargets('An async listener', target => {
  it('reports its rejection as an exception of a plain one', async () => {
    const zk = await target.freshClient()
    const failures: unknown[] = []
    zk.on('listenerError', error => failures.push(error))
    const problem = new Error('oops')
    const late = new Error('late')
    await zk.exists('/a', {
      watch: async () => {
        throw problem
      },
    })
    zk.on('closing', async () => {
      await Promise.resolve()
      throw late
    })
    await zk.create('/a')
    await zk.sync()
    expect(failures).to.deep.equal([problem])
    await zk.close()
    expect(failures).to.deep.equal([problem, late])
  })
})

describeTargets('updateServers', target => {
  it('moves a client to another server with the same session and its requests answered', async () => {
    const zk = await target.freshClient()
    const { id } = zk.session
    const states = statesOf(zk)
    const [, port] = (await target.hosts()).split(':')
    const created = zk.create('/a')
    zk.updateServers([{ host: 'localhost', port: Number(port) }])
    expect(await created).to.equal('/a')
    await stateOf(zk, 'connected')
    expect(states).to.deep.equal(['suspended', 'connected'])
    expect(zk.session).to.deep.include({ id, server: { host: 'localhost', port: Number(port) } })
  })

  it('stays connected if the server is in the new list', async () => {
    const zk = await target.freshClient()
    const states = statesOf(zk)
    zk.updateServers(await target.hosts())
    await zk.sync()
    expect(states).to.deep.equal([])
  })
})
