import { connect } from '@zookit/client'
import { TestEnsemble } from '@zookit/testing'
import { expect } from 'chai'
import { BackgroundDeleter } from '../src/core/background-deleter.ts'
import { type Lock, Mutex } from '../src/index.ts'
import { mutexOf, queueUp } from './support/contenders.ts'
import { failure, settle, TestBed, until } from './support/test-bed.ts'

const PATH = '/locks/job'

const brisk = { sessionTimeout: 60_000, backoff: { initial: 5, max: 20 }, closeTimeout: 1000 }

describe('A contender whose create is not answered', () => {
  it('Z1 is found by its name, and is the only one', async () => {
    await using bed = await TestBed.start({ seed: { locks: { job: '' } } })
    const zk = await bed.client()
    const { server } = bed
    server.loseNextReply('create2')
    const acquiring = mutexOf(zk).acquire()
    await until('it was sent', () => zk.state === 'suspended' || bed.names(PATH).length === 1)
    await server.refuseConnections(true)
    await settle()
    await server.refuseConnections(false)
    const lock = await acquiring
    expect(bed.names(PATH)).to.have.length(1)
    const stat = await zk.exists(lock.path)
    expect(stat).to.include({ czxid: lock.token, ephemeralOwner: zk.session.id })
    expect(bed.operations().filter(name => name === 'create2')).to.have.length(1)
    await lock.release()
    expect(bed.names(PATH)).to.deep.equal([])
  })

  it('Z2 is looked for after a sync: a follower that lags behind does not hide it', async () => {
    await using ensemble = await TestEnsemble.start({ tickTime: 100, seed: { locks: { job: '' } } })
    const [first, second] = ensemble.members
    await using zk = await connect(`${first!.hosts},${second!.hosts}`, { ...brisk, shuffle: false })
    await using reader = await connect(ensemble.leader!.hosts, brisk)
    second!.stall()
    first!.loseNextReply('create2')
    await first!.refuseConnections(true)
    let lock: Lock | undefined
    const acquiring = mutexOf(zk)
      .acquire()
      .then(acquired => {
        lock = acquired
      })
    const asked = (): string[] => second!.requests().map(({ operation }) => operation)
    await until('it asks the follower', () => asked().some(name => name !== 'connect' && name !== 'ping'))
    await settle()
    expect(lock, 'acquired from a stale follower').to.equal(undefined)
    second!.catchUp()
    await acquiring
    const { children } = await reader.getChildren(PATH)
    expect(children).to.deep.equal([lock!.path.slice(PATH.length + 1)])
    expect(asked()).not.to.include('create2')
  })

  it('is not taken for its own if another session owns it', async () => {
    await using bed = await TestBed.start({ seed: { locks: { job: '' } } })
    const { server } = bed
    const zk = await bed.client()
    const other = await bed.client()
    let impostor = ''
    server.dropNextRequest(({ operation, body }) => {
      if (operation !== 'create2') return false
      impostor = `${(body as { path: string }).path}0000000000`
      return true
    })
    await server.refuseConnections(true)
    const acquiring = mutexOf(zk).acquire()
    await until('it was sent', () => impostor !== '')
    await other.create(impostor, null, { mode: 'ephemeral' })
    await server.refuseConnections(false)
    const lock = await acquiring
    expect(lock.path).not.to.equal(impostor)
    await until('the other is gone', () => bed.names(PATH).length === 1)
    expect((await zk.exists(lock.path))?.ephemeralOwner).to.equal(zk.session.id)
  })
})

describe('A contender whose create is answered', () => {
  it('does not get the lock by a znode that another session owns', async () => {
    await using bed = await TestBed.start({ seed: { locks: { job: '' } } })
    const zk = await bed.client()
    const create = zk.createWithStat.bind(zk)
    const paths: string[] = []
    zk.createWithStat = async (...args) => {
      const { path, stat } = await create(...args)
      paths.push(path)
      return { path, stat: paths.length === 1 ? { ...stat, ephemeralOwner: 1n } : stat }
    }
    const lock = await mutexOf(zk).acquire()
    expect(paths).to.have.length(2)
    expect(lock.path).to.equal(paths[1])
  })
})

describe('A contender whose session is replaced', () => {
  it('Z8 never holds by the znode of the session that is ending (CURATOR-620, CURATOR-653, CURATOR-696)', async () => {
    await using bed = await TestBed.start()
    const { server } = bed
    const [holder, zk] = [await bed.client(), await bed.client({ sessionTimeout: 1000 })]
    server.freezeTime()
    const held = await mutexOf(holder).acquire()
    const [acquiring] = await queueUp(bed, [mutexOf(zk)])
    const old = zk.session.id
    // The new session begins while the old one, and its znode, still exist at the server.
    server.swapSessionIds(true)
    server.dropConnection(old)
    await until('there is a new session', () => zk.state === 'connected' && zk.session.id !== old)
    server.swapSessionIds(false)
    await until('it stands in line again', () => bed.names(PATH).length === 3)
    await held.release()
    let lock: Lock | undefined
    void acquiring!.then(acquired => {
      lock = acquired
    })
    await until('it waits for its own old znode', () =>
      server.watches().some(({ sessionId }) => sessionId === zk.session.id),
    )
    await settle()
    expect(lock, 'acquired by the dying znode').to.equal(undefined)
    expect(bed.names(PATH)).to.have.length(2)
    server.advance(1500)
    await acquiring
    expect((await zk.exists(lock!.path))?.ephemeralOwner).to.equal(zk.session.id)
  })

  it('Z9 takes its place when the old one ends, without a gap', async () => {
    await using bed = await TestBed.start()
    const { server } = bed
    server.freezeTime()
    const before = await bed.client({ sessionTimeout: 1000 })
    await mutexOf(before).acquire()
    await before.close({ keepSession: true })
    const after = await bed.client()
    const [acquiring] = await queueUp(bed, [mutexOf(after)])
    server.clearRequests()
    server.advance(1500)
    const lock = await acquiring!
    expect(bed.names(PATH)).to.deep.equal([lock.path.slice(PATH.length + 1)])
    expect(bed.operations()).to.deep.equal(['getChildren2'])
  })

  it('starts again at the end of the line when it has expired while waiting', async () => {
    await using bed = await TestBed.start()
    const clients = [await bed.client(), await bed.client(), await bed.client()]
    const [first, second, third] = await queueUp(bed, clients.map(mutexOf))
    bed.server.expireSession(clients[1]!.session.id)
    await until('it stands in line again', () => bed.names(PATH).length === 3)
    await (await first)!.release()
    await (await third)!.release()
    const lock = await second!
    expect(lock.held).to.equal(true)
    expect(bed.names(PATH)).to.have.length(1)
  })
})

describe('A release', () => {
  it('Z3 goes on until the znode is gone', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const lock = await mutexOf(zk).acquire()
    for (let times = 0; times < 3; times++) bed.server.dropNextRequest('delete')
    bed.server.answerWith('delete', -127)
    await lock.release()
    expect(bed.names(PATH)).to.deep.equal([])
    expect(lock.held).to.equal(false)
  })

  it('Z3 goes on in the background when its caller does not wait', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const lock = await mutexOf(zk).acquire()
    bed.server.holdReplies()
    const error = await failure(lock.release({ timeout: 5 }))
    expect(error).to.include({ code: 'REQUEST_TIMEOUT', name: 'ZooKeeperError' })
    expect(lock.held).to.equal(false)
    bed.server.dropConnections()
    bed.server.releaseReplies()
    await until('the znode is gone', () => bed.names(PATH).length === 0)
    await lock.release()
  })

  it('Z3 counts a deletion whose answer was lost as done', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const lock = await mutexOf(zk).acquire()
    bed.server.loseNextReply('delete')
    await lock.release()
    expect(bed.names(PATH)).to.deep.equal([])
  })

  it('Z3 ends with the session', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const lock = await mutexOf(zk).acquire()
    await bed.server.refuseConnections(true)
    bed.server.dropConnections()
    const releasing = lock.release()
    bed.server.expireSession(zk.session.id)
    await bed.server.refuseConnections(false)
    await releasing
    await until('nothing is left to do', () => BackgroundDeleter.of(zk).pending === 0)
  })

  it('reports that the znode must not be deleted', async () => {
    await using bed = await TestBed.start({ seed: { locks: { job: '' } } })
    const zk = await bed.client()
    const lock = await mutexOf(zk).acquire()
    bed.server.answerWith('delete', -102)
    expect(await failure(lock.release())).to.include({ code: 'NO_AUTH' })
  })
})

describe('The parent of the contenders', () => {
  it('is a container, created if it is missing', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const lock = await mutexOf(zk).acquire()
    const created = bed.server.requests().filter(({ operation }) => operation === 'createContainer')
    expect(created.map(({ body }) => (body as { path: string }).path)).to.deep.equal(['/locks', PATH])
    await lock.release()
  })

  it('Z8 is created again when it was deleted while somebody arrived (CURATOR-724)', async () => {
    await using bed = await TestBed.start({ seed: { locks: { job: '' } } })
    const zk = await bed.client()
    bed.server.answerWith('create2', -101)
    const lock = await mutexOf(zk).acquire()
    await lock.release()
    bed.server.answerWith('getChildren2', -101)
    const another = await mutexOf(zk).acquire()
    await until('the first one is gone', () => bed.names(PATH).length === 1)
    expect(another.held).to.equal(true)
    expect(another.path.endsWith(bed.names(PATH)[0]!)).to.equal(true)
  })

  it('is persistent if the server has no containers, which is asked once', async () => {
    await using bed = await TestBed.start({ version: '3.4' })
    const zk = await bed.client()
    const lock = await mutexOf(zk).acquire()
    expect(lock.token).to.equal((await zk.exists(lock.path))!.czxid)
    await lock.release()
    bed.server.clearRequests()
    await (await mutexOf(zk).acquire()).release()
    await (await new Mutex(zk, '/others', { jitter: 0 }).acquire()).release()
    const operations = bed.operations()
    expect(operations).not.to.include('create2')
    expect(operations).not.to.include('createContainer')
    expect(operations).not.to.include('connect')
    expect(bed.names('/locks')).to.deep.equal(['job'])
  })
})
