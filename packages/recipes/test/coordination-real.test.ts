import { connect, type ZooKeeper } from '@zookit/client'
import { findTargets, type RealServer } from '@zookit/test-fixtures'
import { expect } from 'chai'
import {
  Barrier,
  DelayQueue,
  DoubleBarrier,
  type ItemQueue,
  Lease,
  Partitioner,
  PriorityQueue,
  Queue,
} from '../src/index.ts'
import { endSession, failure, until } from './support/test-bed.ts'

async function takeAll(queue: ItemQueue, count: number): Promise<string[]> {
  const data: string[] = []
  while (data.length < count) {
    await using item = await queue.take({ timeout: 20_000 })
    await item.complete()
    data.push(String(item.data))
  }
  return data
}

for (const target of (await findTargets()).slice(0, 1)) {
  describe(`Barriers, queues, leases and partitions, on ${target.name}`, function () {
    this.timeout(40_000)
    let server: RealServer
    let zks: ZooKeeper[] = []

    before(async () => {
      server = await target.startServer({ tickTime: 200 })
    })

    beforeEach(async () => {
      const options = { sessionTimeout: 10_000, backoff: { initial: 10, max: 50 } }
      zks = await Promise.all([0, 1, 2].map(() => connect(server.hosts, options)))
    })

    afterEach(() => Promise.all(zks.map(zk => zk.close())))

    after(() => server.stop())

    it('release together those who wait, and those who arrive and leave together', async () => {
      const barrier = new Barrier(zks[0]!, '/real/barrier')
      await barrier.set()
      const waiting = zks.map(zk => new Barrier(zk, '/real/barrier').wait())
      expect(await barrier.isSet()).to.equal(true)
      await barrier.remove()
      await Promise.all(waiting)
      for (let round = 0; round < 3; round++) {
        const entering = zks.map(zk => new DoubleBarrier(zk, '/real/double', { count: 3 }).enter())
        const [first, ...others] = await Promise.all(entering)
        const leaving = others.map(member => member.leave())
        if (round === 1) await endSession(zks[0]!, server.hosts)
        await first!.leave()
        await Promise.all(leaving)
      }
      expect((await zks[0]!.getChildren('/real/double')).children).to.deep.equal([])
    })

    it('deliver each item once, and again when its consumer has died', async () => {
      const [one, other] = [new Queue(zks[0]!, '/real/queue'), new Queue(zks[1]!, '/real/queue')]
      await one.putAll(Array.from({ length: 300 }, (_, index) => `${index}`))
      await one.put('last')
      const lost = await one.take()
      expect(String(lost.data)).to.equal('0')
      const taking = takeAll(other, 301)
      await endSession(zks[0]!, server.hosts)
      expect(await failure(lost.complete())).to.include({ code: 'OWNERSHIP_LOST' })
      const taken = await taking
      expect(new Set(taken).size).to.equal(301)
      expect(await one.tryTake()).to.equal(null)
      const urgent = new PriorityQueue(zks[0]!, '/real/urgent')
      await urgent.putAll([{ data: 'b' }, { data: 'c', priority: 7 }, { data: 'a', priority: -7 }])
      expect(await takeAll(urgent, 3)).to.deep.equal(['a', 'b', 'c'])
      const delayed = new DelayQueue(zks[0]!, '/real/delayed')
      await delayed.putAll([{ data: 'late', delay: 600 }, { data: 'soon', delay: 300 }, { data: 'now' }])
      expect(await delayed.tryTake()).not.to.equal(null)
      expect(await delayed.tryTake()).to.equal(null)
      expect(await takeAll(new DelayQueue(zks[1]!, '/real/delayed'), 2)).to.deep.equal(['soon', 'late'])
    })

    it('are held by one at a time, for a time', async () => {
      const leases = zks.map(zk => new Lease(zk, '/real/lease', { duration: 20_000, limit: 2 }))
      const held = await Promise.all(leases.map(lease => lease.tryAcquire()))
      expect(held.filter(one => one !== null)).to.have.length(2)
      const holder = held.findIndex(one => one !== null)
      await endSession(zks[holder]!, server.hosts)
      await held[holder]!.renew({ data: 'alive' })
      expect((await leases[0]!.holders()).map(({ data }) => String(data))).to.include('alive')
      await held[holder]!.renew({ duration: 300 })
      const next = leases[held.indexOf(null)]!
      await until('its time is over', async () => (await next.tryAcquire()) !== null)
      expect(held[holder]!.held).to.equal(false)
    })

    it('divide a set among the present members', async () => {
      const partitions = ['a', 'b', 'c', 'd', 'e', 'f']
      const stops = zks.map(() => new AbortController())
      const working = new Map<string, number>()
      let worst = 0
      const running = zks.map((zk, index) =>
        failure(
          new Partitioner(zk, '/real/partitions', { partitions, settle: 100 }).run(
            async ({ name }, signal) => {
              working.set(name, (working.get(name) ?? 0) + 1)
              worst = Math.max(worst, working.get(name)!)
              if (!signal.aborted) await new Promise(resolve => signal.addEventListener('abort', resolve))
              working.set(name, working.get(name)! - 1)
            },
            { signal: stops[index]!.signal },
          ),
        ),
      )
      const isAllDone = (): boolean => partitions.every(name => working.get(name) === 1)
      await until('all is worked on', isAllDone)
      stops[0]!.abort()
      await running[0]
      await until('all is worked on by two', isAllDone)
      await endSession(zks[1]!, server.hosts)
      await until('all is worked on again', isAllDone)
      for (const stop of stops) stop.abort()
      await Promise.all(running)
      expect([worst, ...working.values()]).to.deep.equal([1, 0, 0, 0, 0, 0, 0])
    })
  })
}
