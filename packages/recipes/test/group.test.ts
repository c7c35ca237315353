import { connect } from '@zookit/client'
import { expect } from 'chai'
import { WatchWaiter } from '../src/core/watch-waiter.ts'
import { Group, type Membership } from '../src/index.ts'
import { next, nextOf, typesOf } from './support/events.ts'
import { RoundTrips } from './support/round-trips.ts'
import { Clock, failure, settle, TestBed, until } from './support/test-bed.ts'

const PATH = '/group'
const seed = { group: '' }

function namesIn(group: Group): string[] {
  return [...group.members.current.keys()].sort()
}

describe('Joining a group', () => {
  it('takes one round trip if the group’s znode exists', async () => {
    await using bed = await TestBed.start({ seed })
    const trips = new RoundTrips()
    const zk = await bed.client({ environment: trips.environment })
    trips.take()
    const member = await new Group(zk, PATH).join({ name: 'a', data: 'here' })
    expect(trips.take()).to.equal(1)
    expect(bed.server.dump()).to.deep.equal({ '/group': '', '/group/a': 'here' })
    const stat = (await zk.exists('/group/a'))!
    expect(stat.ephemeralOwner).to.equal(zk.session.id)
    expect(member).to.include({ name: 'a', path: '/group/a', held: true, token: stat.czxid, data: 'here' })
    trips.take()
    await member.leave()
    expect(trips.take()).to.equal(1)
    expect(bed.names(PATH)).to.deep.equal([])
    expect(member).to.include({ held: false, token: null })
  })

  it('creates the group’s znode if it is missing, and again when it was deleted with its last member', async () => {
    await using bed = await TestBed.start({ containerCheckInterval: 10 })
    const zk = await bed.client()
    const group = new Group(zk, '/a/group', { data: 'one' })
    await (await group.join()).leave()
    await until('the container is gone', () => bed.server.dump()['/a/group'] === undefined)
    await using member = await group.join()
    expect(member.name).to.match(/^[0-9a-f]{8}-[0-9a-f]{4}-4/)
    expect(bed.server.dump()[member.path]).to.equal('one')
  })

  it('gives each member its own name, or the one that it asks for', async () => {
    await using bed = await TestBed.start({ seed })
    const zk = await bed.client()
    const group = new Group(zk, PATH)
    await Promise.all([group.join(), group.join(), group.join({ name: 'c' })])
    expect(new Set(bed.names(PATH)).size).to.equal(3)
    expect(bed.names(PATH)).to.include('c')
    for (const name of ['', 'a/b', '..', '.']) {
      expect(await failure(group.join({ name })), name).to.include({ code: 'BAD_ARGUMENTS' })
    }
  })

  it('Z4 leaves no znode behind when it is given up, at whatever point', async () => {
    for (const operation of ['create', 'exists']) {
      await using bed = await TestBed.start({ seed })
      const zk = await bed.client()
      bed.server.holdNextReply(operation)
      const given = new AbortController()
      const joining = failure(new Group(zk, PATH).join({ signal: given.signal }))
      await until('it is on its way', () => bed.operations(zk).includes(operation))
      given.abort()
      expect(await joining, operation).to.include({ code: 'ABORTED' })
      bed.server.releaseReplies()
      await until('it is deleted', () => bed.operations(zk).includes('delete'))
      await settle()
      expect(bed.names(PATH), operation).to.deep.equal([])
      expect(WatchWaiter.count(zk), operation).to.be.lessThan(2)
    }
  })

  it('Z9 takes over the name of the previous process; nothing happens when that one’s session ends', async () => {
    await using bed = await TestBed.start({ seed })
    const [before, zk, observer] = [await bed.client(), await bed.client(), await bed.client()]
    const group = new Group(observer, PATH)
    await new Group(before, PATH).join({ name: 'a', data: 'before' })
    await using members = group.members
    await members.start()
    await before.close({ keepSession: true })
    await using member = await new Group(zk, PATH, { jitter: 0 }).join({ name: 'a', data: 'after' })
    expect(bed.operations(zk)).not.to.include('delete')
    await until('it is seen', () => members.current.get('a')?.data?.toString() === 'after')
    const changes = members.changes()
    bed.server.expireSession(before.session.id)
    await using _last = await new Group(zk, PATH).join({ name: 'z' })
    expect(await next(changes)).to.include({ type: 'created', path: '/group/z' })
    expect(member.held).to.equal(true)
    expect(members.current.get('a')!.stat.czxid).to.equal(member.token)
  })
})

describe('A member of a group', () => {
  it('E4 is told of its loss before any event of a new session, and then that it has joined again', async () => {
    await using bed = await TestBed.start({ seed })
    const zk = await bed.client()
    await using member = await new Group(zk, PATH, { jitter: 0 }).join({ name: 'a', data: 'here' })
    const changes = member.changes()
    const { token } = member
    const told: string[] = []
    zk.on('state', state => told.push(`${state} ${member.held}`))
    const losing = next(changes).then(event => told.push(event!.type))
    bed.server.expireSession(zk.session.id)
    await losing
    const { after, token: renewed } = await nextOf(changes, 'created')
    const [connected] = told.filter(text => text.startsWith('connected'))
    expect(told.slice(0, 4)).to.have.members(['suspended false', 'expired false', 'connecting false', 'lost'])
    expect(told.indexOf('lost')).to.be.lessThan(told.indexOf(connected!))
    expect(after).to.equal('expired')
    expect(renewed > token!).to.equal(true)
    expect(member).to.include({ held: true, token: renewed })
    expect(bed.server.dump()['/group/a']).to.equal('here')
  })

  it('D1 does not count itself in after it was stopped for longer than its session may last', async () => {
    await using bed = await TestBed.start({ seed })
    const clock = new Clock()
    const zk = await bed.client({ environment: clock.environment, sessionTimeout: 10_000 })
    await using member = await new Group(zk, PATH).join()
    expect(member.held).to.equal(true)
    clock.advance(20_000)
    expect({ state: zk.state, held: member.held }).to.deep.equal({ state: 'connected', held: false })
  })

  it('is not held without a connection, and is held again with one, without joining again', async () => {
    await using bed = await TestBed.start({ seed })
    const zk = await bed.client()
    await using member = await new Group(zk, PATH).join()
    const { token } = member
    bed.server.dropConnections()
    await until('it is noticed', () => !member.held)
    await until('it is certain again', () => member.held)
    expect(member.token).to.equal(token)
  })

  it('can change its data', async () => {
    await using bed = await TestBed.start({ seed })
    const zk = await bed.client()
    const member = await new Group(zk, PATH).join({ name: 'a', data: '1' })
    await member.setData('2')
    expect(bed.server.dump()['/group/a']).to.equal('2')
    expect(member.data).to.equal('2')
    await member.leave()
    expect(await failure(member.setData('3'))).to.include({ code: 'CLOSED', operation: 'setData' })
  })

  it('Z3 leaves with a guarantee, and only once; the changes end', async () => {
    await using bed = await TestBed.start({ seed })
    const zk = await bed.client()
    let member: Membership
    {
      await using joined = await new Group(zk, PATH).join()
      member = joined
      bed.server.dropNextRequest('delete')
    }
    expect(bed.names(PATH)).to.deep.equal([])
    bed.server.clearRequests()
    await member.leave()
    expect(bed.operations()).to.deep.equal([])
    expect(await typesOf(member.changes())).to.deep.equal([])
  })
})

describe('The members of a group', () => {
  it('are a live list with their data', async () => {
    await using bed = await TestBed.start({ seed })
    const [one, two, observer] = [await bed.client(), await bed.client(), await bed.client()]
    const group = new Group(observer, PATH)
    await using members = group.members
    await members.start()
    expect(namesIn(group)).to.deep.equal([])
    await using _a = await new Group(one, PATH).join({ name: 'a', data: 'A' })
    const b = await new Group(two, PATH).join({ name: 'b' })
    await until('both are seen', () => members.current.size === 2)
    expect(members.current.get('a')!.data!.toString()).to.equal('A')
    expect(members.current.get('b')!.stat.ephemeralOwner).to.equal(two.session.id)
    await b.leave()
    await until('one is seen to leave', () => members.current.size === 1)
    expect(members.stale).to.equal(false)
  })

  it('Z12 lose one that crashes after its session timeout and a tick, and get one back that is still alive', async () => {
    await using bed = await TestBed.start({ seed })
    const { server } = bed
    const [observer, living] = [await bed.client(), await bed.client()]
    server.freezeTime()
    const crashing = await connect(server.hosts, { sessionTimeout: 1000 })
    await new Group(crashing, PATH).join({ name: 'crashing' })
    await using member = await new Group(living, PATH, { jitter: 0 }).join({ name: 'living' })
    const group = new Group(observer, PATH)
    await using members = group.members
    await members.start()
    await crashing.close({ keepSession: true })
    server.advance(999)
    await settle()
    expect(namesIn(group)).to.deep.equal(['crashing', 'living'])
    server.advance(101)
    await until('it is seen to go', () => !members.current.has('crashing'))
    const { token } = member
    server.expireSession(living.session.id)
    await until('it is back', () => (members.current.get('living')?.stat.czxid ?? 0n) > token!)
  })
})
