import { expect } from 'chai'
import { WatchWaiter } from '../src/core/watch-waiter.ts'
import { PersistentNode } from '../src/index.ts'
import { next, nextOf, typesOf } from './support/events.ts'
import { renew } from './support/renew.ts'
import { RoundTrips } from './support/round-trips.ts'
import { failure, settle, TestBed, until } from './support/test-bed.ts'

const PATH = '/kept/node'
const seed = { kept: '' }

describe('A kept znode', () => {
  it('is created in one round trip, with its data', async () => {
    await using bed = await TestBed.start({ seed })
    const trips = new RoundTrips()
    const zk = await bed.client({ environment: trips.environment })
    trips.take()
    await using node = new PersistentNode(zk, PATH, { data: 'here' })
    expect({ current: node.current, stale: node.stale }).to.deep.equal({ current: null, stale: true })
    await node.start()
    expect(trips.take()).to.equal(1)
    const { data, stat } = await zk.getData(PATH)
    expect(data!.toString()).to.equal('here')
    expect(stat.ephemeralOwner).to.equal(zk.session.id)
    expect(node.current).to.deep.equal({ path: PATH, session: zk.session.id, czxid: stat.czxid })
    expect(node.stale).to.equal(false)
    trips.take()
    await node.start()
    expect(trips.take()).to.equal(0)
  })

  it('creates its missing ancestors', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    await using node = new PersistentNode(zk, '/a/b/c', { parent: 'persistent' })
    await node.start()
    expect(bed.server.dump()).to.deep.equal({ '/a': null, '/a/b': null, '/a/b/c': null })
  })

  it('exists again after it was deleted, and reports that', async () => {
    await using bed = await TestBed.start({ seed })
    const [zk, other] = [await bed.client(), await bed.client()]
    await using node = new PersistentNode(zk, PATH, { data: 'here' })
    const changes = node.changes()
    await node.start()
    const first = node.current!.czxid
    await other.delete(PATH)
    expect(await next(changes)).to.deep.equal({ type: 'created', path: PATH, token: first, after: 'start' })
    expect(await next(changes)).to.deep.equal({ type: 'lost', path: PATH, reason: 'deleted' })
    const again = await next(changes)
    expect(again).to.include({ type: 'created', after: 'deleted' })
    expect(node.current!.czxid > first).to.equal(true)
    expect(bed.server.dump()[PATH]).to.equal('here')
  })

  it('exists again in the renewed session after its own has expired; its loss is reported before', async () => {
    await using bed = await TestBed.start({ seed })
    const zk = await bed.client()
    await using node = new PersistentNode(zk, PATH, { data: 'here', jitter: 0 })
    await node.start()
    const changes = node.changes()
    const told: string[] = []
    zk.on('state', state => told.push(state))
    const losing = next(changes).then(event => {
      told.push('lost')
      return event
    })
    await renew(bed.server, zk)
    expect(await losing).to.deep.equal({ type: 'lost', path: PATH, reason: 'expired' })
    expect(await next(changes)).to.include({ type: 'created', after: 'expired' })
    expect(told.indexOf('lost')).to.be.lessThan(told.lastIndexOf('connected'))
    expect((await zk.exists(PATH))!.ephemeralOwner).to.equal(zk.session.id)
    expect(bed.names('/kept')).to.deep.equal(['node'])
  })

  it('is stale, and still shown, without a connection', async () => {
    await using bed = await TestBed.start({ seed })
    const zk = await bed.client()
    await using node = new PersistentNode(zk, PATH)
    await node.start()
    const { current } = node
    await bed.server.refuseConnections(true)
    bed.server.dropConnections()
    await until('it is noticed', () => zk.state === 'suspended')
    expect({ current: node.current, stale: node.stale }).to.deep.equal({ current, stale: true })
    bed.server.clearRequests()
    await bed.server.refuseConnections(false)
    await until('there is a connection', () => zk.state === 'connected')
    await settle()
    expect(node.stale).to.equal(false)
    expect(bed.operations()).not.to.include('create')
  })

  it('that was deleted while there was no connection is created again', async () => {
    await using bed = await TestBed.start({ seed })
    const [zk, other] = [await bed.client(), await bed.client()]
    await using node = new PersistentNode(zk, PATH, { jitter: 0 })
    await node.start()
    const first = node.current!.czxid
    bed.server.closeNewConnections(true)
    bed.server.dropConnection(zk.session.id)
    await other.delete(PATH)
    bed.server.closeNewConnections(false)
    await until('it is back', () => node.current !== null && node.current.czxid > first)
  })

  it('has the newest data, also when it is created again', async () => {
    await using bed = await TestBed.start({ seed })
    const [zk, other] = [await bed.client(), await bed.client()]
    await using node = new PersistentNode(zk, PATH, { data: '1' })
    await node.setData('2')
    await node.start()
    expect(bed.server.dump()[PATH]).to.equal('2')
    await Promise.all([node.setData('3'), node.setData('4')])
    expect(bed.server.dump()[PATH]).to.equal('4')
    expect(node.data).to.equal('4')
    const { czxid } = node.current!
    await other.delete(PATH)
    await until('it is back', () => node.current !== null && node.current.czxid > czxid)
    expect(bed.server.dump()[PATH]).to.equal('4')
  })

  it('accepts data while it does not exist, and has it when it exists again', async () => {
    await using bed = await TestBed.start({ seed })
    const zk = await bed.client()
    await using node = new PersistentNode(zk, PATH, { data: '1', jitter: 0 })
    await node.start()
    await bed.server.refuseConnections(true)
    bed.server.dropConnections()
    await until('it is noticed', () => zk.state === 'suspended')
    expect(await failure(node.setData('2', { timeout: 5 }))).to.include({ code: 'REQUEST_TIMEOUT' })
    await bed.server.refuseConnections(false)
    await until('it is written', () => bed.server.dump()[PATH] === '2')
  })

  it('accepts data while it is being created, and while it is found to be gone', async () => {
    await using bed = await TestBed.start({ seed })
    const zk = await bed.client()
    const node = new PersistentNode(zk, PATH, { data: '1', jitter: 0 })
    const changes = node.changes()
    bed.server.holdNextReply('create')
    const starting = node.start()
    await until('it is being made', () => bed.names('/kept').length === 1)
    const writing = node.setData('2')
    bed.server.releaseReplies()
    await Promise.all([starting, writing])
    expect(bed.server.dump()[PATH]).to.equal('2')
    bed.server.answerWith('setData', -101)
    await node.setData('3')
    expect(bed.server.dump()[PATH]).to.equal('3')
    await node.close()
    expect(await typesOf(changes)).to.deep.equal(['created', 'lost', 'created'])
  })

  it('rejects waiting calls when it is closed', async () => {
    await using bed = await TestBed.start({ seed })
    const zk = await bed.client()
    const node = new PersistentNode(zk, PATH, { jitter: 0 })
    await node.start()
    await bed.server.refuseConnections(true)
    bed.server.dropConnections()
    await until('it is noticed', () => zk.state === 'suspended')
    const writing = failure(node.setData('2'))
    const closing = node.close()
    expect(await writing).to.include({ code: 'CLOSED' })
    await bed.server.refuseConnections(false)
    await closing
    expect(bed.names('/kept')).to.deep.equal([])
  })

  it('that is persistent stays as others write it, until it is created again', async () => {
    await using bed = await TestBed.start({ seed })
    const [zk, other] = [await bed.client(), await bed.client()]
    await using node = new PersistentNode(zk, PATH, { data: 'mine', mode: 'persistent' })
    await node.start()
    for (const data of ['theirs', 'again']) {
      await other.setData(PATH, data)
      await settle()
      expect(bed.server.dump()[PATH]).to.equal(data)
    }
    await other.delete(PATH)
    await until('it is back', () => bed.server.dump()[PATH] === 'mine')
  })

  it('is deleted by close, at once', async () => {
    await using bed = await TestBed.start({ seed })
    const trips = new RoundTrips()
    const zk = await bed.client({ environment: trips.environment })
    const node = new PersistentNode(zk, PATH)
    const changes = node.changes()
    await node.start()
    trips.take()
    await node.close()
    expect(trips.take()).to.equal(1)
    expect(bed.names('/kept')).to.deep.equal([])
    await node.close()
    expect(node.current).to.equal(null)
    expect(await typesOf(changes)).to.deep.equal(['created'])
    expect(await failure(node.start())).to.include({ code: 'CLOSED' })
    expect(await failure(node.setData('x'))).to.include({ code: 'CLOSED' })
    await settle()
    expect(bed.names('/kept')).to.deep.equal([])
    expect(WatchWaiter.count(zk)).to.equal(0)
  })

  it('Z3 is deleted with a guarantee: a deletion that is cut off is repeated', async () => {
    await using bed = await TestBed.start({ seed })
    const zk = await bed.client()
    const node = new PersistentNode(zk, PATH)
    await node.start()
    bed.server.dropNextRequest('delete')
    bed.server.answerWith('delete', -127)
    await node.close()
    expect(bed.names('/kept')).to.deep.equal([])
  })

  it('refuses invalid options', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const bad: [string, object][] = [
      ['kept', {}],
      ['/', {}],
      [PATH, { mode: 'container' }],
      [PATH, { jitter: -1 }],
      [PATH, { parent: 'ephemeral' }],
    ]
    for (const [path, options] of bad) {
      expect(() => new PersistentNode(zk, path, options))
        .to.throw()
        .with.property('code', 'BAD_ARGUMENTS')
    }
  })
})

describe('The start of a kept znode', () => {
  it('leaves nothing behind when it is given up, whatever it waits for', async () => {
    for (const operation of ['create', 'exists', 'multi']) {
      await using bed = await TestBed.start({ seed })
      const [zk, old] = [await bed.client(), await bed.client()]
      if (operation === 'multi') await old.create(PATH, 'old', { mode: 'ephemeral' })
      bed.server.clearRequests()
      bed.server.holdNextReply(operation)
      const controller = new AbortController()
      const node = new PersistentNode(zk, PATH)
      const starting = node.start({ signal: controller.signal })
      await until('it is asked', () => bed.operations(zk).includes(operation))
      controller.abort()
      expect(await failure(starting), operation).to.include({ code: 'ABORTED' })
      bed.server.releaseReplies()
      await until('it is deleted', () => bed.names('/kept').length === 0)
      await settle()
      expect(bed.names('/kept'), operation).to.deep.equal([])
      expect(WatchWaiter.count(zk), operation).to.be.lessThan(2)
    }
  })

  it('may be repeated after it was given up, and waits for a pending deletion', async () => {
    await using bed = await TestBed.start({ seed })
    const zk = await bed.client()
    bed.server.loseNextReply('create')
    const controller = new AbortController()
    zk.on('state', state => {
      if (state === 'suspended') controller.abort()
    })
    await using node = new PersistentNode(zk, PATH, { jitter: 0 })
    expect(await failure(node.start({ signal: controller.signal }))).to.include({ code: 'ABORTED' })
    await node.start()
    await settle()
    expect((await zk.exists(PATH))!.czxid).to.equal(node.current!.czxid)
    expect(bed.operations(zk).filter(name => name === 'create')).to.have.length(2)
  })

  it('reports that what it leaves behind must not be deleted', async () => {
    await using bed = await TestBed.start({ seed })
    const zk = await bed.client()
    const node = new PersistentNode(zk, PATH, { jitter: 0 })
    const changes = node.changes()
    bed.server.holdNextReply('create')
    bed.server.answerWith('delete', -102)
    const given = new AbortController()
    const starting = failure(node.start({ signal: given.signal }))
    await until('it is on its way', () => bed.operations(zk).includes('create'))
    given.abort()
    expect(await starting).to.include({ code: 'ABORTED' })
    bed.server.releaseReplies()
    expect((await nextOf(changes, 'error')).error).to.include({ code: 'NO_AUTH', operation: 'delete' })
  })

  it('goes on while somebody still waits for it', async () => {
    await using bed = await TestBed.start({ seed })
    const zk = await bed.client()
    bed.server.holdReplies()
    await using node = new PersistentNode(zk, PATH)
    const [impatient, patient] = [node.start({ timeout: 5 }), node.start()]
    expect(await failure(impatient)).to.include({ code: 'REQUEST_TIMEOUT' })
    bed.server.releaseReplies()
    await patient
    expect(bed.names('/kept')).to.deep.equal(['node'])
  })

  it('waits for a connection, and gives up in time', async () => {
    await using bed = await TestBed.start({ seed })
    const zk = await bed.client()
    await bed.server.refuseConnections(true)
    bed.server.dropConnections()
    await until('it is noticed', () => zk.state === 'suspended')
    await using node = new PersistentNode(zk, PATH, { jitter: 0 })
    expect(await failure(node.start({ timeout: 5 }))).to.include({ code: 'REQUEST_TIMEOUT' })
    const starting = node.start()
    await bed.server.refuseConnections(false)
    await starting
    expect(bed.names('/kept')).to.deep.equal(['node'])
  })

  it('fails with an error that cannot pass, and can be repeated', async () => {
    await using bed = await TestBed.start({ seed })
    const zk = await bed.client()
    await using node = new PersistentNode(zk, PATH)
    bed.server.answerWith('create', -102)
    expect(await failure(node.start())).to.include({ code: 'NO_AUTH' })
    expect(await failure(node.start({ timeout: -1 }))).to.include({ code: 'BAD_ARGUMENTS' })
    await node.start()
    expect(bed.names('/kept')).to.deep.equal(['node'])
  })

  it('tries again after errors that pass', async () => {
    await using bed = await TestBed.start({ seed })
    const zk = await bed.client()
    await using node = new PersistentNode(zk, PATH, { jitter: 0 })
    bed.server.answerWith('create', -127)
    await node.start()
    expect(bed.names('/kept')).to.deep.equal(['node'])
  })

  it('fails when the client has ended or ends', async () => {
    await using bed = await TestBed.start({ seed })
    const zk = await bed.client({ closeTimeout: 20 })
    bed.server.holdReplies()
    const node = new PersistentNode(zk, PATH)
    const starting = node.start()
    await settle()
    void zk.close()
    expect(await failure(starting)).to.include({ code: 'CLOSED' })
    expect(await failure(new PersistentNode(zk, PATH).start())).to.include({ code: 'CLOSED' })
  })
})

describe('A failure of a kept znode', () => {
  it('is reported, and the attempt is repeated', async () => {
    await using bed = await TestBed.start({ seed })
    const [zk, other] = [await bed.client(), await bed.client()]
    await using node = new PersistentNode(zk, PATH)
    await node.start()
    const changes = node.changes()
    bed.server.answerWith('create', -102)
    await other.delete(PATH)
    expect(await next(changes)).to.include({ type: 'lost' })
    const failed = await next(changes)
    expect(failed).to.include({ type: 'error' })
    expect((failed as { error: unknown }).error).to.include({ code: 'NO_AUTH' })
    expect(await next(changes)).to.include({ type: 'created', after: 'deleted' })
  })

  it('ends the changes if no session follows', async () => {
    await using bed = await TestBed.start({ seed })
    const zk = await bed.client({ renew: false })
    const node = new PersistentNode(zk, PATH)
    await node.start()
    const changes = node.changes()
    const writing = failure(until('it is over', () => zk.state === 'expired').then(() => node.setData('x')))
    bed.server.expireSession(zk.session.id)
    expect(await next(changes)).to.include({ type: 'lost', reason: 'expired' })
    expect(await failure(changes.next())).to.include({ code: 'SESSION_EXPIRED' })
    expect(await writing).to.include({ code: 'CLOSED' })
    await node.close()
  })

  it('does not outlive the client: the changes end, and close has nothing to do', async () => {
    await using bed = await TestBed.start({ seed })
    const zk = await bed.client()
    const node = new PersistentNode(zk, PATH)
    await node.start()
    const changes = node.changes()
    await zk.close()
    expect(await changes.next()).to.deep.equal({ value: undefined, done: true })
    await node.close()
  })
})
