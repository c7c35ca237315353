import { expect } from 'chai'
import { BackgroundDeleter } from '../src/core/background-deleter.ts'
import { WatchWaiter } from '../src/core/watch-waiter.ts'
import type { PartitionerView } from '../src/index.ts'
import {
  allAcquired,
  lockedOf,
  members,
  NAMES,
  namesOf,
  obey,
  PATH,
  partitionerOf,
} from './support/partitions.ts'
import { abortOf, failure, settle, TestBed, until } from './support/test-bed.ts'

describe('A partitioner', () => {
  it('gives everything to one member, and divides it when others come and go', async () => {
    await using bed = await TestBed.start()
    const [first, second, third] = (await members(bed, 3)).map(obey)
    await first!.start()
    await first!.start()
    expect(namesOf(first!)).to.deep.equal([...NAMES].sort())
    expect([first!.current.state, first!.stale]).to.deep.equal(['acquired', false])
    await Promise.all([second!.start(), third!.start()])
    await allAcquired([first!, second!, third!])
    expect([first!, second!, third!].map(one => one.current.partitions.length)).to.deep.equal([4, 4, 4])
    expect(third!.current.members).to.deep.equal(['m0', 'm1', 'm2'])
    await second!.close()
    expect(second!.current).to.deep.include({ state: 'released', partitions: [] })
    await allAcquired([first!, third!])
    await Promise.all([first!.close(), third!.close()])
    await until('nothing is left', () => bed.names(`${PATH}/members`).length + lockedOf(bed).length === 0)
  })

  it('asks only for partitions that move, and nobody gets them before they were released', async () => {
    await using bed = await TestBed.start()
    const [first, second] = await members(bed, 2)
    await first!.start()
    const before = first!.current.partitions
    const starting = second!.start()
    await until('it is divided', () => first!.current.members.length === 2 && namesOf(first!).length === 6)
    await settle()
    const moving = before.filter(({ signal }) => signal.aborted)
    expect(moving).to.have.length(6)
    expect(moving.map(({ held }) => held)).to.deep.equal(Array.from({ length: 6 }, () => true))
    expect(moving[0]!.signal.reason).to.include({ code: 'OWNERSHIP_LOST', reason: 'reassigned' })
    expect(first!.current.partitions.every(one => before.includes(one))).to.equal(true)
    expect(second!.current).to.deep.include({ state: 'allocating', partitions: [] })
    for (const one of moving.slice(1)) await one.release()
    await until('it has five', () => namesOf(second!).length === 5)
    expect(second!.current.state).to.equal('allocating')
    const tokens = new Map(moving.map(({ name, token }) => [name, token]))
    for (const { name, token } of second!.current.partitions) expect(token > tokens.get(name)!).to.equal(true)
    await moving[0]!.release()
    await starting
    await allAcquired([first!, second!])
    await Promise.all([first!.close(), second!.close()])
  })

  it('gives what a member had to the others when its session ends, and it comes back', async () => {
    await using bed = await TestBed.start()
    const zks = [await bed.client(), await bed.client()]
    const partitioners = zks.map((zk, index) => obey(partitionerOf(zk, { member: `m${index}` })))
    await Promise.all(partitioners.map(one => one.start()))
    await allAcquired(partitioners)
    const lost = partitioners[0]!.current.partitions
    await bed.server.refuseConnections(true)
    const old = zks[0]!.session.id
    bed.server.dropConnection(old)
    await until('it has noticed', () => lost.every(({ held }) => !held))
    expect([partitioners[0]!.stale, namesOf(partitioners[0]!)]).to.deep.equal([true, []])
    bed.server.expireSession(old)
    await until('the other one has all', () => namesOf(partitioners[1]!).length === NAMES.length)
    await bed.server.refuseConnections(false)
    await allAcquired(partitioners)
    expect(partitioners[0]!.current.partitions.some(one => lost.includes(one))).to.equal(false)
    await Promise.all(partitioners.map(one => one.close()))
  })

  it('keeps its partitions when a connection is lost and restored, under new tokens', async () => {
    await using bed = await TestBed.start()
    // Members that start together need not release anything.
    const [first, second] = await members(bed, 2, { settle: 200 })
    await Promise.all([first!.start(), second!.start()])
    await allAcquired([first!, second!])
    const before = [namesOf(first!), namesOf(second!)]
    const tokens = first!.current.partitions.map(({ token }) => token)
    const noticed = first!.current.partitions.map(({ signal }) => abortOf(signal))
    bed.server.dropConnections()
    await Promise.all(noticed)
    await allAcquired([first!, second!])
    expect([namesOf(first!), namesOf(second!)]).to.deep.equal(before)
    expect(first!.current.partitions.some(({ token }) => tokens.includes(token))).to.equal(false)
    await Promise.all([first!.close(), second!.close()])
  })

  it('does not wait any more for a partition that is assigned to another member', async () => {
    await using bed = await TestBed.start()
    const [first, second, third] = await members(bed, 3)
    await first!.start()
    expect(namesOf(first!)).to.have.length(12)
    const starting = [failure(second!.start())]
    await until('the second one waits', () => lockedOf(bed).length === 12 + 6)
    starting.push(failure(third!.start()))
    await until('both wait for their share', () => lockedOf(bed).length === 12 + 4 + 4)
    await settle()
    expect(lockedOf(bed)).to.have.length(12 + 4 + 4)
    await Promise.all([second!.close(), third!.close(), ...starting])
    await until('only the first one is left', () => lockedOf(bed).length === 12)
    await first!.close()
  })

  it('releases also the partitions it was asked for when it is closed', async () => {
    await using bed = await TestBed.start()
    const [first, second] = await members(bed, 2)
    await first!.start()
    const starting = second!.start()
    await until('it is asked', () => namesOf(first!).length === 6)
    await first!.close()
    await starting
    await allAcquired([second!])
    await second!.close()
  })

  it('releases a partition by itself that is asked for before anybody has seen it', async () => {
    await using bed = await TestBed.start()
    const [first, second] = await members(bed, 2)
    const starting = first!.start()
    await until('it has all', () => lockedOf(bed).length === 12)
    await starting
    await settle()
    await second!.start()
    expect([namesOf(first!).length, namesOf(second!).length]).to.deep.equal([6, 6])
    await Promise.all([first!.close(), second!.close()])
  })

  it('joins again when its znode was deleted', async () => {
    await using bed = await TestBed.start()
    const [first] = await members(bed, 1)
    await first!.start()
    const [name] = bed.names(`${PATH}/members`)
    await (await bed.client()).delete(`${PATH}/members/${name}`)
    const isBack = (): boolean => bed.names(`${PATH}/members`).some(one => one !== name)
    await until('it has joined again', isBack)
    await allAcquired([first!])
    await first!.close()
  })

  it('Z8 joins again at once although the znode of its ending session exists', async () => {
    await using bed = await TestBed.start()
    bed.server.freezeTime()
    const zk = await bed.client()
    const partitioner = partitionerOf(zk)
    await partitioner.start()
    const old = zk.session.id
    bed.server.swapSessionIds(true)
    bed.server.dropConnection(old)
    await until('there is a new session', () => zk.state === 'connected' && zk.session.id !== old)
    bed.server.swapSessionIds(false)
    await until('it has joined', () => bed.names(`${PATH}/members`).length === 2)
    expect(partitioner.current.members).to.have.length(1)
    bed.server.expireSession(old)
    await allAcquired([partitioner])
    await partitioner.close()
  })

  it('waits until the members have stayed the same for a while, and not for ever', async () => {
    await using bed = await TestBed.start()
    const [first, second] = await members(bed, 2, { settle: 150 })
    await first!.start()
    const zk = await bed.client()
    let isDivided = false
    const starting = second!.start().catch(() => {})
    void until('it is divided', () => namesOf(first!).length < 12).then(() => {
      isDivided = true
    })
    let flaps = 0
    while (!isDivided && flaps < 20_000) {
      // A member that comes and goes all the time.
      const name = `${PATH}/members/_c_00000000-0000-4000-8000-000000000000-0000000000000000-flap-member-`
      const path = await zk.create(name, null, { mode: 'ephemeral-sequential' })
      await settle()
      await zk.delete(path)
      flaps++
    }
    expect(isDivided).to.equal(true)
    expect(flaps).to.be.above(5)
    for (const one of [first!, second!]) await one.close()
    await starting
  })

  it('shows each change, or the newest one to a slow reader', async () => {
    await using bed = await TestBed.start()
    const [first, second] = (await members(bed, 2)).map(obey)
    const changes = first!.changes()
    expect((await changes.next()).value).to.deep.include({ state: 'released', partitions: [] })
    const seen: PartitionerView[] = []
    const reading = (async () => {
      for await (const view of first!.changes()) {
        seen.push(view)
        await settle()
      }
    })()
    await first!.start()
    await second!.start()
    await allAcquired([first!, second!])
    await first!.close()
    await reading
    expect(seen.at(-1)!.state).to.equal('released')
    expect(seen.map(({ state }) => state)).to.include.members(['allocating', 'acquired'])
    expect((await changes.next()).value).to.deep.include({ state: 'released' })
    expect((await changes.next()).done).to.equal(true)
    const abort = AbortSignal.abort()
    const aborted = second!.changes({ signal: abort })
    await aborted.next()
    expect(await failure(aborted.next())).to.include({ code: 'ABORTED' })
    await second!.close()
  })

  it('distinguishes names, whatever characters they have', async () => {
    await using bed = await TestBed.start()
    const partitions = ['a/b', '.', '..', 'ä', 'a b', '%2F', 'lock-0000000001', '__proto__', 'a/b']
    const [first] = await members(bed, 1, { partitions, member: 'host-member-1/ä' })
    await first!.start()
    expect(namesOf(first!)).to.deep.equal([...new Set(partitions)].sort())
    expect(first!.current.members).to.deep.equal(['host-member-1/ä'])
    await first!.close()
  })

  it('does not take two members for one whose name is both of theirs, and no name that it cannot read for one', async () => {
    await using bed = await TestBed.start()
    const [first] = (await members(bed, 1)).map(obey)
    await first!.start()
    const zk = await bed.client()
    const pathOf = (name: string): string =>
      `${PATH}/members/_c_11111111-1111-4111-8111-111111111111-00000000000000ff-${name}-member-0000000099`
    await zk.create(pathOf('%zz'))
    await zk.create(pathOf('m1%2Cm2'))
    await until('one has come', () => first!.current.members.join(' ') === 'm0 m1,m2')
    const change = zk.transaction().delete(pathOf('m1%2Cm2')).create(pathOf('m1')).create(pathOf('m2'))
    await change.commit()
    await until('two are in its place', () => first!.current.members.join(' ') === 'm0 m1 m2')
    await first!.close()
  })

  it('divides by a given function', async () => {
    await using bed = await TestBed.start()
    const assign = (names: readonly string[], who: readonly string[]): Map<string, readonly string[]> =>
      new Map([[who.at(-1)!, names]])
    const [first, second] = (await members(bed, 2, { assign })).map(obey)
    await Promise.all([first!.start(), second!.start()])
    await until('one has all', () => namesOf(second!).length === NAMES.length)
    expect(namesOf(first!)).to.deep.equal([])
    await Promise.all([first!.close(), second!.close()])
  })

  it('counts a member once that has come back under its name', async () => {
    await using bed = await TestBed.start()
    const [old, zk] = [await bed.client(), await bed.client()]
    const before = partitionerOf(old, { member: 'host' })
    await before.start()
    const after = partitionerOf(zk, { member: 'host' })
    const starting = after.start()
    await until('it has come', () => bed.names(`${PATH}/members`).length === 2)
    await until('it sees itself', () => after.current.members.length === 1)
    expect(after.current.members).to.deep.equal(['host'])
    bed.server.expireSession(old.session.id)
    await before.close()
    await starting
    expect(namesOf(after)).to.deep.equal([...NAMES].sort())
    await after.close()
  })

  it('Z4 leaves nothing running when its start is given up, and is not begun again', async () => {
    await using bed = await TestBed.start()
    const [holder, zk] = [await bed.client(), await bed.client()]
    const holding = partitionerOf(holder)
    await holding.start()
    expect(namesOf(holding)).to.have.length(12)
    const partitioner = partitionerOf(zk)
    expect(await failure(partitioner.start({ timeout: 100 }))).to.include({ code: 'REQUEST_TIMEOUT' })
    await until('its znodes are gone', () => bed.names(`${PATH}/members`).length === 1)
    await until('its locks are gone', () => lockedOf(bed).length === NAMES.length)
    expect(await failure(partitioner.start())).to.include({ code: 'CLOSED' })
    const abort = AbortSignal.abort()
    expect(await failure(partitionerOf(zk).start({ signal: abort }))).to.include({ code: 'ABORTED' })
    await until('nothing is left to do', () => BackgroundDeleter.of(zk).pending === 0)
    expect(WatchWaiter.count(zk)).to.be.below(NAMES.length + 2)
  })

  it('fails with an error that cannot pass, and shows it', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    await zk.ensurePath(`${PATH}/members`)
    bed.server.answerWith('create2', -102)
    const partitioner = partitionerOf(zk)
    expect(await failure(partitioner.start())).to.include({ code: 'NO_AUTH' })
    expect(partitioner.current.state).to.equal('failed')
    const lost = partitionerOf(zk)
    await lost.start()
    const views: PartitionerView[] = []
    const reading = (async () => {
      for await (const view of lost.changes()) views.push(view)
    })()
    await zk.close()
    await reading
    expect([views.at(-1)!.state, (views.at(-1)!.error as { code: string }).code]).to.deep.equal([
      'failed',
      'CLOSED',
    ])
    await lost.close()
  })

  it('refuses invalid arguments', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const bad = [
      { settle: -1 },
      { partitions: [''] },
      { partitions: 'ab' },
      { member: '' },
      { member: '\ud800' },
    ]
    for (const options of bad) {
      expect(() => partitionerOf(zk, options as object))
        .to.throw()
        .with.property('code', 'BAD_ARGUMENTS')
    }
  })
})
