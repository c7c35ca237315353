import { acl, type ZooKeeper } from '@zookit/client'
import { expect } from 'chai'
import { BackgroundDeleter } from '../src/core/background-deleter.ts'
import { WatchWaiter } from '../src/core/watch-waiter.ts'
import { type BarrierMember, DoubleBarrier } from '../src/index.ts'
import { failure, isDone, settle, TestBed, until } from './support/test-bed.ts'

const PATH = '/barriers/round'

function barrierOf(zk: ZooKeeper, count: number): DoubleBarrier {
  return new DoubleBarrier(zk, PATH, { count, jitter: 0 })
}

/** Arrives, and waits until the znode exists. */
async function come(bed: TestBed, barrier: DoubleBarrier, options = {}): Promise<Promise<BarrierMember>[]> {
  const count = bed.names(PATH).length + 1
  const entering = barrier.enter(options)
  entering.catch(() => {})
  await until('it has come', () => bed.names(PATH).length === count)
  await settle()
  return [entering]
}

async function clients(bed: TestBed, count: number): Promise<ZooKeeper[]> {
  return Promise.all(Array.from({ length: count }, () => bed.client()))
}

describe('A double barrier', () => {
  it('lets nobody in before all have arrived, and nobody out before all have left', async () => {
    await using bed = await TestBed.start()
    const [first, second, third] = (await clients(bed, 3)).map(zk => barrierOf(zk, 3))
    const entering = [...(await come(bed, first!, { data: 'one' })), ...(await come(bed, second!))]
    expect(await isDone(Promise.race(entering))).to.equal(false)
    const members = await Promise.all([...entering, third!.enter()])
    expect(members.map(member => member.held)).to.deep.equal([true, true, true])
    expect((await third!.members()).map(({ data }) => String(data))).to.deep.equal(['one', 'null', 'null'])
    const leaving = members.slice(0, 2).map(member => member.leave())
    expect(await isDone(Promise.race(leaving))).to.equal(false)
    await Promise.all([...leaving, members[2]!.leave()])
    expect(bed.names(PATH)).to.deep.equal([])
  })

  it('makes a late member wait for the next round', async () => {
    await using bed = await TestBed.start()
    const barriers = (await clients(bed, 4)).map(zk => barrierOf(zk, 2))
    const round = await Promise.all(barriers.slice(0, 2).map(barrier => barrier.enter()))
    const [late] = await come(bed, barriers[2]!)
    const leaving = Promise.all(round.map(member => member.leave()))
    await leaving
    expect(await isDone(late!)).to.equal(false)
    const next = await barriers[3]!.enter()
    expect((await late!).held).to.equal(true)
    await Promise.all([next.leave(), (await late!).leave()])
  })

  it('does not make a round wait for members of an earlier one that are still inside', async () => {
    await using bed = await TestBed.start()
    const barriers = (await clients(bed, 4)).map(zk => barrierOf(zk, 2))
    const [straggler, other] = await Promise.all(barriers.slice(0, 2).map(barrier => barrier.enter()))
    await other!.release()
    const next = await Promise.all(barriers.slice(2).map(barrier => barrier.enter()))
    await Promise.all(next.map(member => member.leave()))
    expect([straggler!.held, bed.names(PATH).length]).to.deep.equal([true, 1])
    await straggler!.leave()
  })

  it('tells a member that was cut off on arrival its round, when others have arrived since', async () => {
    await using bed = await TestBed.start()
    const zks = await clients(bed, 6)
    const barriers = zks.map(zk => barrierOf(zk, 2))
    const [entering] = await come(bed, barriers[0]!)
    await bed.server.refuseConnections(true)
    bed.server.dropConnection(zks[0]!.session.id)
    await until('it has noticed', () => zks[0]!.state !== 'connected')
    await (await barriers[1]!.enter()).release()
    const others = await Promise.all(barriers.slice(2, 4).map(barrier => barrier.enter()))
    others.push(...(await Promise.all(barriers.slice(4).map(barrier => barrier.enter()))))
    await bed.server.refuseConnections(false)
    const member = await entering!
    await member.leave()
    expect(others.map(({ held }) => held)).to.deep.equal([true, true, true, true])
  })

  it('does not move the gate back when somebody else has moved it on', async () => {
    await using bed = await TestBed.start()
    const [first, second] = await clients(bed, 2)
    const [entering] = await come(bed, barrierOf(first!, 2))
    bed.server.answerWith(({ operation }) => {
      const gate = bed.server.dump()[PATH]
      if (operation === 'multi' && gate === null) bed.server.seed({ barriers: { round: '0 1 7' } })
      return false
    }, -4)
    await Promise.all([entering, barrierOf(second!, 2).enter()])
    await until('nothing is left to do', () => BackgroundDeleter.of(second!).pending === 0)
    await settle()
    expect(bed.server.dump()[PATH]).to.equal('0 1 7')
  })

  it('can be used again and again: no round is incomplete', async () => {
    await using bed = await TestBed.start()
    const zks = await clients(bed, 3)
    const come = new Map<number, number>()
    const gone = new Map<number, number>()
    const plus = (counts: Map<number, number>, round: number): number => {
      counts.set(round, (counts.get(round) ?? 0) + 1)
      return counts.get(round)!
    }
    await Promise.all(
      zks.map(async zk => {
        const barrier = barrierOf(zk, 3)
        for (let round = 0; round < 15; round++) {
          plus(come, round)
          const member = await barrier.enter()
          expect(come.get(round), `come to round ${round}`).to.equal(3)
          plus(gone, round)
          await member.leave()
          expect(gone.get(round), `gone from round ${round}`).to.equal(3)
        }
      }),
    )
    expect(bed.names(PATH)).to.deep.equal([])
    for (const zk of zks) expect(BackgroundDeleter.of(zk).pending).to.equal(0)
  })

  it('is left although a member has died inside', async () => {
    await using bed = await TestBed.start()
    const zks = await clients(bed, 3)
    const members = await Promise.all(zks.map(zk => barrierOf(zk, 3).enter()))
    const leaving = members.slice(1).map(member => member.leave())
    expect(await isDone(Promise.race(leaving))).to.equal(false)
    bed.server.expireSession(zks[0]!.session.id)
    await Promise.all(leaving)
    expect(members[0]!.held).to.equal(false)
    await members[0]!.leave()
  })

  it('does not count a member that died before all had arrived', async () => {
    await using bed = await TestBed.start()
    const [dying, ...others] = await Promise.all([bed.client({ renew: false }), bed.client(), bed.client()])
    const [lost] = await come(bed, barrierOf(dying!, 2))
    bed.server.expireSession(dying!.session.id)
    expect(await failure(lost!)).to.include({ code: 'SESSION_EXPIRED' })
    const [entering] = await come(bed, barrierOf(others[0]!, 2))
    expect(await isDone(entering!)).to.equal(false)
    await Promise.all([entering, barrierOf(others[1]!, 2).enter()])
  })

  it('E4 lets a member arrive again in a new session, at the end', async () => {
    await using bed = await TestBed.start()
    const [zk, other] = await clients(bed, 2)
    const [entering] = await come(bed, barrierOf(zk!, 2))
    const [old] = bed.names(PATH)
    bed.server.expireSession(zk!.session.id)
    await until('it has come again', () => bed.names(PATH).length === 1 && bed.names(PATH)[0] !== old)
    const members = await Promise.all([entering, barrierOf(other!, 2).enter()])
    expect(members.map(member => member!.held)).to.deep.equal([true, true])
  })

  it('lets a member in that the gate has let in, although its session ended before it knew', async () => {
    await using bed = await TestBed.start()
    const [zk, other] = await clients(bed, 2)
    const [entering] = await come(bed, barrierOf(zk!, 2))
    await bed.server.refuseConnections(true)
    bed.server.dropConnection(zk!.session.id)
    await until('it has noticed', () => zk!.state !== 'connected')
    const inside = await barrierOf(other!, 2).enter()
    bed.server.expireSession(zk!.session.id)
    await bed.server.refuseConnections(false)
    const member = await entering!
    expect([member.held, member.signal.reason.reason]).to.deep.equal([false, 'expired'])
    await Promise.all([member.leave(), inside.leave()])
    expect(bed.names(PATH)).to.deep.equal([])
  })

  it('Z4 leaves no znode behind when an arrival is given up', async () => {
    await using bed = await TestBed.start()
    const [zk, other] = await clients(bed, 2)
    const abort = new AbortController()
    const [entering] = await come(bed, barrierOf(zk!, 2), { signal: abort.signal })
    abort.abort()
    expect(await failure(entering!)).to.include({ code: 'ABORTED', operation: 'enter' })
    const timed = barrierOf(zk!, 2).enter({ timeout: 5 })
    expect(await failure(timed)).to.include({ code: 'REQUEST_TIMEOUT', operation: 'enter' })
    await until('their znodes are gone', () => bed.names(PATH).length === 0)
    const [waiting] = await come(bed, barrierOf(other!, 2))
    expect(await isDone(waiting!)).to.equal(false)
  })

  it('Z1 is created, and entered once, when the answer to the first create was lost', async () => {
    await using bed = await TestBed.start()
    const [zk] = await clients(bed, 1)
    bed.server.loseNextReply('create2')
    const member = await barrierOf(zk!, 1).enter()
    expect([member.held, bed.names(PATH).length]).to.deep.equal([true, 1])
    await member.leave()
  })

  for (const [what, fault] of [
    ['its answer is lost', (bed: TestBed) => bed.server.loseNextReply('multi')],
    ['it is lost on the way', (bed: TestBed) => bed.server.dropNextRequest('multi')],
    ['somebody seems to have gone', (bed: TestBed) => bed.server.answerWith('multi', -101)],
    ['somebody else seems to have opened', (bed: TestBed) => bed.server.answerWith('multi', -103)],
  ] as const) {
    it(`Z1 opens although ${what}`, async () => {
      await using bed = await TestBed.start()
      const zks = await clients(bed, 2)
      fault(bed)
      const members = await Promise.all(zks.map(zk => barrierOf(zk, 2).enter()))
      await Promise.all(members.map(member => member.leave()))
      expect(bed.names(PATH)).to.deep.equal([])
      await until('nothing is left to do', () => zks.every(zk => BackgroundDeleter.of(zk).pending === 0))
    })
  }

  it('opens for the present members when one leaves at the moment in which it opens', async () => {
    await using bed = await TestBed.start()
    const first = await bed.client({ renew: false })
    const [second, third, fourth] = await clients(bed, 3)
    const [dying] = await come(bed, barrierOf(first, 3))
    const [waiting] = await come(bed, barrierOf(second!, 3))
    // The third member sees three, and the first of them leaves before the third one's transaction arrives.
    let isStruck = false
    bed.server.answerWith(({ operation, sessionId }) => {
      if (operation === 'multi' && sessionId === third!.session.id && !isStruck) {
        isStruck = true
        bed.server.expireSession(first.session.id)
      }
      return false
    }, -4)
    const opening = barrierOf(third!, 3).enter()
    await until('it has tried', () => isStruck)
    expect(await failure(dying!)).to.include({ code: 'SESSION_EXPIRED' })
    expect(await isDone(Promise.race([waiting, opening]))).to.equal(false)
    const last = barrierOf(fourth!, 3).enter()
    await Promise.all([waiting, opening, last])
  })

  it('Z7 works where the numbers wrap around', async () => {
    await using bed = await TestBed.start()
    const zks = await clients(bed, 2)
    await zks[0]!.ensurePath(PATH)
    bed.server.setSequence(PATH, 2 ** 31 - 3)
    for (let round = 0; round < 4; round++) {
      const members = await Promise.all(zks.map(zk => barrierOf(zk, 2).enter()))
      await Promise.all(members.map(member => member.leave()))
    }
    expect(bed.server.dump()[PATH]).to.match(/^(-\d+ )?-\d+$/)
  })

  it('wakes few: an arrival wakes nobody that waits, and a departure wakes one or two', async () => {
    await using bed = await TestBed.start()
    const count = 12
    const zks = await clients(bed, count)
    const entering: Promise<BarrierMember>[] = []
    for (const zk of zks.slice(1)) entering.push(...(await come(bed, barrierOf(zk, count))))
    bed.server.clearRequests()
    await settle()
    expect(bed.operations()).to.deep.equal([])
    entering.push(barrierOf(zks[0]!, count).enter())
    const members = await Promise.all(entering)
    bed.server.clearRequests()
    for (const member of members.slice(1)) void member.leave()
    await until('all have gone but one', () => bed.names(PATH).length === 1)
    await settle()
    const lists = bed.operations().filter(name => name === 'getChildren2').length
    expect(lists).to.be.below(5 * count)
    await members[0]!.leave()
    for (const zk of zks) expect(WatchWaiter.count(zk)).to.be.below(4)
  })

  it('refuses an invalid count, and reports that its znodes must not be created', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    for (const count of [0, 1.5, Number.NaN]) {
      expect(() => barrierOf(zk, count))
        .to.throw()
        .with.property('code', 'BAD_ARGUMENTS')
    }
    await zk.ensurePath(PATH)
    bed.server.answerWith('create2', -102)
    expect(await failure(barrierOf(zk, 1).enter())).to.include({ code: 'NO_AUTH' })
    const member = await barrierOf(zk, 1).enter()
    await zk.close()
    expect(await failure(member.leave())).to.include({ code: 'CLOSED' })
  })

  it('tells the last member to arrive that it must not move the gate, and keeps nobody waiting with it', async () => {
    await using bed = await TestBed.start()
    const zks = await clients(bed, 3)
    await zks[0]!.ensurePath(PATH)
    await zks[0]!.setAcl(PATH, [acl('rcd', 'world', 'anyone')])
    const [first] = await come(bed, barrierOf(zks[0]!, 2))
    expect(await failure(barrierOf(zks[1]!, 2).enter())).to.include({ code: 'NO_AUTH' })
    await until('its znode is gone', () => bed.names(PATH).length === 1)
    expect(await isDone(first!)).to.equal(false)
  })
})
