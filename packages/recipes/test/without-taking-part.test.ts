import { expect } from 'chai'
import { LeaderElection, Mutex, ServiceDiscovery, ServiceRegistry } from '../src/index.ts'
import { failure, settle, TestBed, until } from './support/test-bed.ts'

const quick = { jitter: 0 }

describe('A mutex', () => {
  it('tells whether it is locked, and how many are ahead, to who does not take part: one round trip', async () => {
    await using bed = await TestBed.start()
    const [zk, other] = [await bed.client(), await bed.client()]
    const mutex = new Mutex(zk, '/locks/job', quick)
    expect([await mutex.isLocked(), await mutex.count()]).to.deep.equal([false, 0])
    const held = await new Mutex(other, '/locks/job', quick).acquire()
    const waiting = new Mutex(other, '/locks/job', quick).acquire()
    await until('it waits', () => bed.names('/locks/job').length === 2)
    bed.server.clearRequests()
    expect([await mutex.isLocked(), await mutex.count()]).to.deep.equal([true, 2])
    expect(bed.operations(zk)).to.deep.equal(['getChildren2', 'getChildren2'])
    await held.release()
    await (await waiting).release()
    expect(await mutex.isLocked()).to.equal(false)
    expect(await failure(mutex.isLocked({ signal: AbortSignal.abort() }))).to.include({ code: 'ABORTED' })
  })
})

describe('An election', () => {
  for (const [layout, name] of [
    ['LeaderLatch', /-latch-\d{10}$/],
    ['LeaderSelector', /-lock-\d{10}$/],
    ['kazoo', /__lock__\d{10}$/],
  ] as const) {
    it(`names its candidates as ${layout} reads them, and counts all`, async () => {
      await using bed = await TestBed.start()
      const zk = await bed.client()
      const election = new LeaderElection(zk, '/leader', { ...quick, layout })
      const leadership = await election.campaign()
      expect(bed.names('/leader')).to.have.length(1)
      expect(bed.names('/leader')[0]).to.match(name)
      for (const marker of ['abc-latch-', 'abc-lock-', 'abc__lock__']) {
        await zk.create(`/leader/${marker}`, null, { mode: 'ephemeral-sequential' })
      }
      const candidates = await election.candidates()
      expect(candidates).to.have.length(4)
      expect(candidates[0]!.token).to.equal(leadership.token)
      await leadership.resign()
    })
  }

  it('refuses a layout that there is not', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const wrong = { layout: 'Latch' } as never
    expect(() => new LeaderElection(zk, '/leader', wrong))
      .to.throw()
      .with.property('code', 'BAD_ARGUMENTS')
  })

  it('is led once, and not stood for again, without requeue', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    let terms = 0
    await new LeaderElection(zk, '/leader', quick).lead(() => void terms++, { requeue: false })
    await settle()
    expect([terms, bed.names('/leader')]).to.deep.equal([1, []])
  })
})

describe('A query for the instances of a service', () => {
  it('reads them once, with a filter, and leaves nothing at the server', async () => {
    await using bed = await TestBed.start()
    const [zk, other] = [await bed.client(), await bed.client()]
    const discovery = new ServiceDiscovery<{ zone: string }>(zk, '/services', quick)
    expect(await discovery.instances('web')).to.deep.equal([])
    await using registry = new ServiceRegistry<{ zone: string }>(other, '/services', quick)
    await registry.publish({ name: 'web', id: 'b', payload: { zone: 'eu' } })
    await registry.publish({ name: 'web', id: 'a', payload: { zone: 'us' } })
    await registry.publish({ name: 'web', id: 'c', payload: { zone: 'eu' }, enabled: false })
    await other.create('/services/web/none', 'nonsense')
    const ids = (all: readonly { id: string }[]): string[] => all.map(({ id }) => id)
    expect(ids(await discovery.instances('web'))).to.deep.equal(['a', 'b'])
    const european = await discovery.instances('web', { filter: ({ payload }) => payload.zone === 'eu' })
    expect(ids(european)).to.deep.equal(['b', 'c'])
    expect(bed.server.watches().filter(({ sessionId }) => sessionId === zk.session.id)).to.deep.equal([])
  })
})
