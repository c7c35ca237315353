import { expect } from 'chai'
import { Bell } from '../src/core/bell.ts'
import { PersistentNode } from '../src/index.ts'
import { next, nextOf, typesOf } from './support/events.ts'
import { failure, Ground, settle, until } from './support/ground.ts'
import { renew } from './support/renew.ts'
import { RoundTrips } from './support/round-trips.ts'

const PATH = '/kept/node'
const seed = { kept: '' }

describe('A node that is kept', () => {
  it('is made in one round trip, with its data', async () => {
    await using ground = await Ground.lay({ seed })
    const trips = new RoundTrips()
    const zk = await ground.client({ environment: trips.environment })
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

  it('makes what is missing above it', async () => {
    await using ground = await Ground.lay()
    const zk = await ground.client()
    await using node = new PersistentNode(zk, '/a/b/c', { parent: 'persistent' })
    await node.start()
    expect(ground.server.dump()).to.deep.equal({ '/a': null, '/a/b': null, '/a/b/c': null })
  })

  it('is there again after it was deleted, and says so', async () => {
    await using ground = await Ground.lay({ seed })
    const [zk, other] = [await ground.client(), await ground.client()]
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
    expect(ground.server.dump()[PATH]).to.equal('here')
  })

  it('is there again in the renewed session after its own has expired; its loss is told before', async () => {
    await using ground = await Ground.lay({ seed })
    const zk = await ground.client()
    await using node = new PersistentNode(zk, PATH, { data: 'here', jitter: 0 })
    await node.start()
    const changes = node.changes()
    const told: string[] = []
    zk.on('state', state => told.push(state))
    const losing = next(changes).then(event => {
      told.push('lost')
      return event
    })
    await renew(ground.server, zk)
    expect(await losing).to.deep.equal({ type: 'lost', path: PATH, reason: 'expired' })
    expect(await next(changes)).to.include({ type: 'created', after: 'expired' })
    expect(told.indexOf('lost')).to.be.lessThan(told.lastIndexOf('connected'))
    expect((await zk.exists(PATH))!.ephemeralOwner).to.equal(zk.session.id)
    expect(ground.names('/kept')).to.deep.equal(['node'])
  })

  it('is stale, and still shown, without a connection', async () => {
    await using ground = await Ground.lay({ seed })
    const zk = await ground.client()
    await using node = new PersistentNode(zk, PATH)
    await node.start()
    const { current } = node
    await ground.server.refuseConnections(true)
    ground.server.dropConnections()
    await until('it is noticed', () => zk.state === 'suspended')
    expect({ current: node.current, stale: node.stale }).to.deep.equal({ current, stale: true })
    ground.server.clearRequests()
    await ground.server.refuseConnections(false)
    await until('there is a connection', () => zk.state === 'connected')
    await settle()
    expect(node.stale).to.equal(false)
    expect(ground.operations()).not.to.include('create')
  })

  it('that was deleted while there was no connection is made again', async () => {
    await using ground = await Ground.lay({ seed })
    const [zk, other] = [await ground.client(), await ground.client()]
    await using node = new PersistentNode(zk, PATH, { jitter: 0 })
    await node.start()
    const first = node.current!.czxid
    ground.server.closeNewConnections(true)
    ground.server.dropConnection(zk.session.id)
    await other.delete(PATH)
    ground.server.closeNewConnections(false)
    await until('it is back', () => node.current !== null && node.current.czxid > first)
  })

  it('has the newest data, also when it is made again', async () => {
    await using ground = await Ground.lay({ seed })
    const [zk, other] = [await ground.client(), await ground.client()]
    await using node = new PersistentNode(zk, PATH, { data: '1' })
    await node.setData('2')
    await node.start()
    expect(ground.server.dump()[PATH]).to.equal('2')
    await Promise.all([node.setData('3'), node.setData('4')])
    expect(ground.server.dump()[PATH]).to.equal('4')
    expect(node.data).to.equal('4')
    const { czxid } = node.current!
    await other.delete(PATH)
    await until('it is back', () => node.current !== null && node.current.czxid > czxid)
    expect(ground.server.dump()[PATH]).to.equal('4')
  })

  it('takes data while it is away: it has it when it is back', async () => {
    await using ground = await Ground.lay({ seed })
    const zk = await ground.client()
    await using node = new PersistentNode(zk, PATH, { data: '1', jitter: 0 })
    await node.start()
    await ground.server.refuseConnections(true)
    ground.server.dropConnections()
    await until('it is noticed', () => zk.state === 'suspended')
    expect(await failure(node.setData('2', { timeout: 5 }))).to.include({ code: 'REQUEST_TIMEOUT' })
    await ground.server.refuseConnections(false)
    await until('it is written', () => ground.server.dump()[PATH] === '2')
  })

  it('takes data while it is being made, and while it is found to be gone', async () => {
    await using ground = await Ground.lay({ seed })
    const zk = await ground.client()
    const node = new PersistentNode(zk, PATH, { data: '1', jitter: 0 })
    const changes = node.changes()
    ground.server.holdNextReply('create')
    const starting = node.start()
    await until('it is being made', () => ground.names('/kept').length === 1)
    const writing = node.setData('2')
    ground.server.releaseReplies()
    await Promise.all([starting, writing])
    expect(ground.server.dump()[PATH]).to.equal('2')
    ground.server.answerWith('setData', -101)
    await node.setData('3')
    expect(ground.server.dump()[PATH]).to.equal('3')
    await node.close()
    expect(await typesOf(changes)).to.deep.equal(['created', 'lost', 'created'])
  })

  it('rejects what still waits when it is closed', async () => {
    await using ground = await Ground.lay({ seed })
    const zk = await ground.client()
    const node = new PersistentNode(zk, PATH, { jitter: 0 })
    await node.start()
    await ground.server.refuseConnections(true)
    ground.server.dropConnections()
    await until('it is noticed', () => zk.state === 'suspended')
    const writing = failure(node.setData('2'))
    const closing = node.close()
    expect(await writing).to.include({ code: 'CLOSED' })
    await ground.server.refuseConnections(false)
    await closing
    expect(ground.names('/kept')).to.deep.equal([])
  })

  it('is left as others write it, until it is made again', async () => {
    await using ground = await Ground.lay({ seed })
    const [zk, other] = [await ground.client(), await ground.client()]
    await using node = new PersistentNode(zk, PATH, { data: 'mine' })
    await node.start()
    for (const data of ['theirs', 'again']) {
      await other.setData(PATH, data)
      await settle()
      expect(ground.server.dump()[PATH]).to.equal(data)
    }
    await other.delete(PATH)
    await until('it is back', () => ground.server.dump()[PATH] === 'mine')
  })

  it('goes with close, and at once', async () => {
    await using ground = await Ground.lay({ seed })
    const trips = new RoundTrips()
    const zk = await ground.client({ environment: trips.environment })
    const node = new PersistentNode(zk, PATH)
    const changes = node.changes()
    await node.start()
    trips.take()
    await node.close()
    expect(trips.take()).to.equal(1)
    expect(ground.names('/kept')).to.deep.equal([])
    await node.close()
    expect(node.current).to.equal(null)
    expect(await typesOf(changes)).to.deep.equal(['created'])
    expect(await failure(node.start())).to.include({ code: 'CLOSED' })
    expect(await failure(node.setData('x'))).to.include({ code: 'CLOSED' })
    await settle()
    expect(ground.names('/kept')).to.deep.equal([])
    expect(Bell.count(zk)).to.equal(0)
  })

  it('Z3 goes for certain: a deletion that is cut off is made again', async () => {
    await using ground = await Ground.lay({ seed })
    const zk = await ground.client()
    const node = new PersistentNode(zk, PATH)
    await node.start()
    ground.server.dropNextRequest('delete')
    ground.server.answerWith('delete', -127)
    await node.close()
    expect(ground.names('/kept')).to.deep.equal([])
  })

  it('refuses what it cannot be made with', async () => {
    await using ground = await Ground.lay()
    const zk = await ground.client()
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

describe('The start of a node that is kept', () => {
  it('leaves nothing behind when it is given up, whatever it waits for', async () => {
    for (const operation of ['create', 'exists', 'multi']) {
      await using ground = await Ground.lay({ seed })
      const [zk, old] = [await ground.client(), await ground.client()]
      if (operation === 'multi') await old.create(PATH, 'old', { mode: 'ephemeral' })
      ground.server.clearRequests()
      ground.server.holdNextReply(operation)
      const controller = new AbortController()
      const node = new PersistentNode(zk, PATH)
      const starting = node.start({ signal: controller.signal })
      await until('it is asked', () => ground.operations(zk).includes(operation))
      controller.abort()
      expect(await failure(starting), operation).to.include({ code: 'ABORTED' })
      ground.server.releaseReplies()
      await until('it is deleted', () => ground.names('/kept').length === 0)
      await settle()
      expect(ground.names('/kept'), operation).to.deep.equal([])
      expect(Bell.count(zk), operation).to.be.lessThan(2)
    }
  })

  it('may be tried again after it was given up; what is still being deleted is waited for', async () => {
    await using ground = await Ground.lay({ seed })
    const zk = await ground.client()
    ground.server.loseNextReply('create')
    const controller = new AbortController()
    zk.on('state', state => {
      if (state === 'suspended') controller.abort()
    })
    await using node = new PersistentNode(zk, PATH, { jitter: 0 })
    expect(await failure(node.start({ signal: controller.signal }))).to.include({ code: 'ABORTED' })
    await node.start()
    await settle()
    expect((await zk.exists(PATH))!.czxid).to.equal(node.current!.czxid)
    expect(ground.operations(zk).filter(name => name === 'create')).to.have.length(2)
  })

  it('tells when what it leaves behind must not be deleted', async () => {
    await using ground = await Ground.lay({ seed })
    const zk = await ground.client()
    const node = new PersistentNode(zk, PATH, { jitter: 0 })
    const changes = node.changes()
    ground.server.holdNextReply('create')
    ground.server.answerWith('delete', -102)
    expect(await failure(node.start({ timeout: 20 }))).to.include({ code: 'REQUEST_TIMEOUT' })
    ground.server.releaseReplies()
    expect((await nextOf(changes, 'error')).error).to.include({ code: 'NO_AUTH', operation: 'delete' })
  })

  it('goes on while somebody still waits for it', async () => {
    await using ground = await Ground.lay({ seed })
    const zk = await ground.client()
    ground.server.holdReplies()
    await using node = new PersistentNode(zk, PATH)
    const [impatient, patient] = [node.start({ timeout: 5 }), node.start()]
    expect(await failure(impatient)).to.include({ code: 'REQUEST_TIMEOUT' })
    ground.server.releaseReplies()
    await patient
    expect(ground.names('/kept')).to.deep.equal(['node'])
  })

  it('waits for a connection, and gives up in time', async () => {
    await using ground = await Ground.lay({ seed })
    const zk = await ground.client()
    await ground.server.refuseConnections(true)
    ground.server.dropConnections()
    await until('it is noticed', () => zk.state === 'suspended')
    await using node = new PersistentNode(zk, PATH, { jitter: 0 })
    expect(await failure(node.start({ timeout: 5 }))).to.include({ code: 'REQUEST_TIMEOUT' })
    const starting = node.start()
    await ground.server.refuseConnections(false)
    await starting
    expect(ground.names('/kept')).to.deep.equal(['node'])
  })

  it('fails with what cannot be helped, and can be tried again', async () => {
    await using ground = await Ground.lay({ seed })
    const zk = await ground.client()
    await using node = new PersistentNode(zk, PATH)
    ground.server.answerWith('create', -102)
    expect(await failure(node.start())).to.include({ code: 'NO_AUTH' })
    expect(await failure(node.start({ timeout: -1 }))).to.include({ code: 'BAD_ARGUMENTS' })
    await node.start()
    expect(ground.names('/kept')).to.deep.equal(['node'])
  })

  it('sits out what passes', async () => {
    await using ground = await Ground.lay({ seed })
    const zk = await ground.client()
    await using node = new PersistentNode(zk, PATH, { jitter: 0 })
    ground.server.answerWith('create', -127)
    await node.start()
    expect(ground.names('/kept')).to.deep.equal(['node'])
  })

  it('fails when the client has ended or ends', async () => {
    await using ground = await Ground.lay({ seed })
    const zk = await ground.client({ closeTimeout: 20 })
    ground.server.holdReplies()
    const node = new PersistentNode(zk, PATH)
    const starting = node.start()
    await settle()
    void zk.close()
    expect(await failure(starting)).to.include({ code: 'CLOSED' })
    expect(await failure(new PersistentNode(zk, PATH).start())).to.include({ code: 'CLOSED' })
  })
})

describe('What goes wrong with a node that is kept', () => {
  it('is told, and it is tried again', async () => {
    await using ground = await Ground.lay({ seed })
    const [zk, other] = [await ground.client(), await ground.client()]
    await using node = new PersistentNode(zk, PATH)
    await node.start()
    const changes = node.changes()
    ground.server.answerWith('create', -102)
    await other.delete(PATH)
    expect(await next(changes)).to.include({ type: 'lost' })
    const failed = await next(changes)
    expect(failed).to.include({ type: 'error' })
    expect((failed as { error: unknown }).error).to.include({ code: 'NO_AUTH' })
    expect(await next(changes)).to.include({ type: 'created', after: 'deleted' })
  })

  it('ends the changes when no session follows', async () => {
    await using ground = await Ground.lay({ seed })
    const zk = await ground.client({ renew: false })
    const node = new PersistentNode(zk, PATH)
    await node.start()
    const changes = node.changes()
    const writing = failure(until('it is over', () => zk.state === 'expired').then(() => node.setData('x')))
    ground.server.expireSession(zk.session.id)
    expect(await next(changes)).to.include({ type: 'lost', reason: 'expired' })
    expect(await failure(changes.next())).to.include({ code: 'SESSION_EXPIRED' })
    expect(await writing).to.include({ code: 'CLOSED' })
    await node.close()
  })

  it('does not outlive the client: the changes end, and close has nothing to do', async () => {
    await using ground = await Ground.lay({ seed })
    const zk = await ground.client()
    const node = new PersistentNode(zk, PATH)
    await node.start()
    const changes = node.changes()
    await zk.close()
    expect(await changes.next()).to.deep.equal({ value: undefined, done: true })
    await node.close()
  })
})
