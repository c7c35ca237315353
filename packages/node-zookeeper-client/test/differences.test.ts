import { once } from 'node:events'
import { ZooKeeperError } from '@zookit/client'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { type Client, createClient, Exception, type Option, State } from '../src/index.ts'
import { closed, connected } from './support/scenario.ts'

/** Calls a method and waits for its callback. @returns the arguments of the callback. */
const called = (make: (callback: (...values: unknown[]) => void) => void): Promise<unknown[]> =>
  new Promise(resolve => make((...values) => resolve(values)))

describe('what differs from node-zookeeper-client on purpose', () => {
  let server: TestServer
  let client: Client
  const open: Client[] = []
  const newClient = (options?: Partial<Option>): Client => {
    const made = createClient(server.hosts, options)
    open.push(made)
    return made
  }

  beforeEach(async () => {
    server = await TestServer.start()
    client = newClient()
  })
  afterEach(async () => {
    await Promise.all(open.filter(each => each.getState() === State.SYNC_CONNECTED).map(closed))
    open.length = 0
    await server.stop()
  })

  it('an unknown error number is an exception with that number', async () => {
    await connected(client)
    server.answerWith({ operation: 'getData' }, -9999)
    const [error] = (await called(done => client.getData('/', done))) as [Exception]
    expect(error).to.be.instanceOf(Exception)
    expect(error.getCode()).to.equal(-9999)
    expect(await called(done => client.exists('/', done))).to.have.property('0', null)
  })

  it('an exception has the error of @zookit/client as its cause', async () => {
    await connected(client)
    const [error] = (await called(done => client.getData('/none', done))) as [Exception]
    expect(error.cause).to.be.instanceOf(ZooKeeperError).and.include({ code: 'NO_NODE', path: '/none' })
    expect(Object.keys(error)).to.not.include('cause')
  })

  it('a request that waits when the session expires is told so', async () => {
    await connected(client)
    const id = client.getSessionId().readBigInt64BE()
    await server.refuseConnections(true)
    server.dropConnections()
    await once(client, 'disconnected')
    const waiting = called(done => client.getData('/', done))
    server.expireSession(id)
    await server.refuseConnections(false)
    expect(await waiting).to.have.nested.property('[0].code', Exception.SESSION_EXPIRED)
  })

  it('a session that no server can have kept has expired', async () => {
    client = newClient({ sessionTimeout: 4000 })
    await connected(client)
    await server.stop()
    await once(client, 'expired')
    expect(await called(done => client.getData('/', done))).to.have.nested.property('[0].code')
  })

  it('a callback that throws is an uncaught exception, and holds nothing else up', async () => {
    await connected(client)
    const thrown = new Promise(resolve => {
      const listeners = process.listeners('uncaughtException')
      process.removeAllListeners('uncaughtException')
      process.once('uncaughtException', error => {
        for (const listener of listeners) process.on('uncaughtException', listener)
        resolve(error)
      })
    })
    const fault = new Error('thrown by a callback')
    client.exists('/', () => {
      throw fault
    })
    const next = called(done => client.exists('/', done))
    expect(await thrown).to.equal(fault)
    expect(await next).to.have.property('0', null)
  })

  it('connect begins a new session after close', async () => {
    await connected(client)
    const id = client.getSessionId()
    await closed(client)
    await connected(client)
    expect(client.getSessionId()).to.not.deep.equal(id)
    expect(await called(done => client.exists('/', done))).to.have.property('0', null)
  })

  it('connect begins a new session after the end of one, also from the event', async () => {
    await connected(client)
    const id = client.getSessionId()
    server.expireSession(id.readBigInt64BE())
    await once(client, 'expired')
    await connected(client)
    expect(client.getSessionId()).to.not.deep.equal(id)
    expect(await called(done => client.exists('/', done))).to.have.property('0', null)
  })

  it('close before connect ends the client', async () => {
    const waiting = called(done => client.exists('/', done))
    client.close()
    expect(await waiting).to.have.nested.property('[0].code', Exception.CONNECTION_LOSS)
  })

  it('listSubTreeBFS and removeRecursive see the whole tree', async () => {
    await connected(client)
    await called(done => client.mkdirp('/t/a/b/c', done))
    await called(done => client.mkdirp('/t/d', done))
    const [, paths] = (await called(done => client.listSubTreeBFS('/t', done))) as [null, string[]]
    expect(paths[0]).to.equal('/t')
    expect(paths.slice(1, 3).sort()).to.deep.equal(['/t/a', '/t/d'])
    expect(paths.slice(3)).to.deep.equal(['/t/a/b', '/t/a/b/c'])
    expect(await called(done => client.removeRecursive('/t', done))).to.deep.equal([null])
    expect(await called(done => client.exists('/t', done))).to.deep.equal([null, null])
  })

  it('setData writes null', async () => {
    await connected(client)
    await called(done => client.create('/n', Buffer.from('x'), done))
    expect(await called(done => client.setData('/n', null, done))).to.have.property('0', null)
    expect(await called(done => client.getData('/n', done))).to.have.property('1', undefined)
  })

  it('version 0 in a transaction is version 0', async () => {
    await connected(client)
    await called(done => client.create('/v', done))
    await called(done => client.setData('/v', null, done))
    for (const add of ['check', 'remove'] as const) {
      const answer = await called(done => client.transaction()[add]('/v', 0).commit(done))
      expect(answer).to.have.nested.property('[0].code', Exception.BAD_VERSION)
    }
  })

  it('a watcher that is no function, and options of the wrong kind, are refused at the call', () => {
    expect(() => client.getData('/', {} as never, () => {})).to.throw('watcher')
    expect(() => createClient('a:2181', { sessionTimeout: '1' as never })).to.throw('sessionTimeout')
    expect(() => createClient('a:2181', { spinDelay: -1 })).to.throw('spinDelay')
  })

  it('a connection string with a fault is an error of createClient, and IPv6 addresses are servers', () => {
    expect(() => createClient('a:x')).to.throw('port')
    expect(createClient('[::1]:2181').getState()).to.equal(State.DISCONNECTED)
  })

  it('client.zookit is the client behind it, from connect on', async () => {
    expect(() => client.zookit).to.throw('connect()')
    await connected(client)
    await client.zookit.create('/z', 'data')
    const [, data, stat] = (await called(done => client.getData('/z', done))) as [
      null,
      Buffer,
      { czxid: Buffer },
    ]
    expect(data.toString()).to.equal('data')
    expect(stat.czxid.readBigInt64BE()).to.equal((await client.zookit.exists('/z'))?.czxid)
    expect(client.getSessionId().readBigInt64BE()).to.equal(client.zookit.session.id)
  })

  it('the options sessionId and sessionPassword take a session over', async () => {
    await connected(client)
    const [sessionId, sessionPassword] = [client.getSessionId(), client.getSessionPassword()]
    await client.zookit.close({ keepSession: true })
    const other = newClient({ sessionId, sessionPassword })
    await connected(other)
    expect(other.getSessionId()).to.deep.equal(sessionId)
  })
})
