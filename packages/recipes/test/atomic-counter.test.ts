import { connect, type ZooKeeper } from '@zookit/client'
import { TestEnsemble } from '@zookit/testing'
import { expect } from 'chai'
import { AtomicCounter, IdGenerator } from '../src/index.ts'
import { RoundTrips } from './support/round-trips.ts'
import { failure, TestBed, until } from './support/test-bed.ts'

const N = '/numbers/n'

describe('An atomic counter', () => {
  it('counts from 0, or from an initial number, and holds more than a double can', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const counter = new AtomicCounter(zk, N)
    expect(await counter.get()).to.equal(0n)
    expect(await counter.increment()).to.equal(1n)
    expect(await counter.add(2n ** 70n)).to.equal(2n ** 70n + 1n)
    expect(await counter.decrement()).to.equal(2n ** 70n)
    expect(await counter.update(value => -value)).to.equal(-(2n ** 70n))
    expect(bed.server.dump()[N]).to.equal(String(-(2n ** 70n)))
    expect(await new AtomicCounter(zk, '/other', { initial: 40 }).add(2)).to.equal(42n)
  })

  it('is set by a client that knows it, from its present number and not from a remembered one', async () => {
    await using bed = await TestBed.start()
    const [zk, other] = [await bed.client(), await bed.client()]
    const [mine, theirs] = [new AtomicCounter(zk, N), new AtomicCounter(other, N)]
    expect(await mine.compareAndSet(0, 5)).to.equal(true)
    expect(await theirs.compareAndSet(5, 6)).to.equal(true)
    // The stale number is still 5 here.
    expect(await mine.compareAndSet(5, 7)).to.equal(false)
    expect(await theirs.add(4)).to.equal(10n)
    expect(await mine.compareAndSet(10, 11)).to.equal(true)
    expect(await theirs.get()).to.equal(11n)
  })

  it('takes one round trip if nobody else writes', async () => {
    await using bed = await TestBed.start()
    const trips = new RoundTrips()
    const zk = await bed.client({ environment: trips.environment })
    const counter = new AtomicCounter(zk, N)
    await counter.increment()
    trips.take()
    for (let i = 0; i < 5; i++) await counter.increment()
    expect(trips.take()).to.equal(5)
    expect(bed.names(N)).to.have.length(1)
  })

  it('counts exactly with concurrent writers, under a lock when there are many', async () => {
    await using bed = await TestBed.start()
    const zks = await Promise.all(Array.from({ length: 6 }, () => bed.client()))
    const counts = zks.flatMap(zk => {
      const counter = new AtomicCounter(zk, N, { tries: 2 })
      return Array.from({ length: 10 }, () => counter.increment())
    })
    const values = (await Promise.all(counts)).map(Number).sort((a, b) => a - b)
    expect(values).to.deep.equal(Array.from({ length: 60 }, (_, i) => i + 1))
    expect(bed.names(N).some(name => name.startsWith('lock'))).to.equal(true)
    const contenders = (): string[] => bed.names(`${N}/lock`)
    await until('nobody is in the line', () => contenders().length === 0)
  })

  it('counts once over a lost reply and over a lost request', async () => {
    await using bed = await TestBed.start()
    const [zk, other] = [await bed.client(), await bed.client()]
    const [counter, others] = [new AtomicCounter(zk, N), new AtomicCounter(other, N)]
    // The first write creates the stamp, the second one finds it.
    for (const value of [1n, 2n]) {
      bed.server.loseNextReply('multi')
      expect(await counter.increment()).to.equal(value)
    }
    bed.server.dropNextRequest('multi')
    expect(await counter.increment()).to.equal(3n)
    // Others have written since: the outcome is known all the same.
    for (const lose of ['loseNextReply', 'dropNextRequest'] as const) {
      bed.server[lose]('multi')
      bed.server.closeNewConnections(true)
      const counting = counter.increment()
      await until('it is cut off', () => zk.state === 'suspended')
      for (let i = 0; i < 3; i++) await others.increment()
      bed.server.closeNewConnections(false)
      await counting
    }
    expect(await counter.get()).to.equal(11n)
  })

  it('reports an unknown outcome if the session is lost with the connection', async () => {
    await using bed = await TestBed.start()
    const [zk, other] = [await bed.client(), await bed.client()]
    const [counter, others] = [new AtomicCounter(zk, N), new AtomicCounter(other, N)]
    await counter.increment()
    const lose = async (fault: 'loseNextReply' | 'dropNextRequest', meanwhile: () => Promise<unknown>) => {
      bed.server[fault]('multi')
      bed.server.closeNewConnections(true)
      const counting = counter.increment()
      counting.catch(() => {})
      await until('it is cut off', () => zk.state === 'suspended')
      await meanwhile()
      bed.server.expireSession(zk.session.id)
      bed.server.closeNewConnections(false)
      return counting
    }
    expect(await failure(lose('loseNextReply', async () => {}))).to.include({ outcome: 'unknown' })
    expect(await counter.get()).to.equal(2n)
    expect(await failure(lose('dropNextRequest', () => others.increment()))).to.include({
      outcome: 'unknown',
    })
    expect(await counter.get()).to.equal(3n)
    // Nobody has written: it was not counted, and is counted now.
    expect(await lose('dropNextRequest', async () => {})).to.equal(4n)
  })

  it('reports an unknown outcome to a caller that gives up while it is in flight, and goes on exactly', async () => {
    await using bed = await TestBed.start()
    const [zk, other] = [await bed.client(), await bed.client()]
    await new AtomicCounter(other, N).increment()
    const counter = new AtomicCounter(zk, N)
    // The first one creates the stamp, the second one finds it.
    for (const value of [3n, 5n]) {
      const stop = new AbortController()
      bed.server.clearRequests()
      bed.server.holdNextReply('multi')
      const counting = failure(counter.increment({ signal: stop.signal }))
      await until('it is on its way', () => bed.operations(zk).includes('multi'))
      const waiting = failure(counter.increment({ timeout: 10 }))
      expect(await waiting).to.include({
        code: 'REQUEST_TIMEOUT',
        operation: 'increment',
        outcome: 'rejected',
      })
      stop.abort()
      expect(await counting).to.include({ code: 'ABORTED', outcome: 'unknown' })
      bed.server.releaseReplies()
      expect(await counter.increment()).to.equal(value)
    }
    expect(await failure(counter.get({ signal: AbortSignal.abort() }))).to.include({ code: 'ABORTED' })
  })

  it('starts from the initial number when somebody has deleted the znode, stamps included', async () => {
    await using bed = await TestBed.start()
    const [zk, other] = [await bed.client(), await bed.client()]
    const [counter, others] = [new AtomicCounter(zk, N), new AtomicCounter(other, N)]
    await counter.add(5)
    await other.removeTree(N)
    await others.add(1)
    expect(await counter.add(10)).to.equal(11n)
    await other.delete(`${N}/${bed.names(N).find(name => name.includes(idOf(zk)))}`)
    expect(await counter.add(1)).to.equal(12n)
  })

  for (const known of ['read here before', 'written here in an earlier session'] as const) {
    it(`takes no other znode of the same version for the one that was ${known}`, async () => {
      await using bed = await TestBed.start()
      const [zk, other] = [await bed.client(), await bed.client()]
      const [counter, others] = [new AtomicCounter(zk, N), new AtomicCounter(other, N)]
      if (known === 'read here before') {
        await others.add(10)
        await counter.get()
      } else {
        const { id } = zk.session
        await counter.add(10)
        bed.server.expireSession(id)
        await until('it has a new session', () => zk.state === 'connected' && zk.session.id !== id)
      }
      await other.removeTree(N)
      await others.add(1)
      expect(await counter.add(5)).to.equal(6n)
    })
  }

  it('refuses an invalid number, in the znode and as an argument', async () => {
    await using bed = await TestBed.start({ seed: { word: 'seven', number: ' 7\n' } })
    const zk = await bed.client()
    expect(await failure(new AtomicCounter(zk, '/word').get())).to.include({
      code: 'INVALID_DATA',
      path: '/word',
    })
    expect(await failure(new AtomicCounter(zk, '/word').increment())).to.include({ code: 'INVALID_DATA' })
    expect(await new AtomicCounter(zk, '/number').increment()).to.equal(8n)
    expect(await failure(new AtomicCounter(zk, '/number').add(0.5))).to.include({ code: 'BAD_ARGUMENTS' })
    expect(await failure(new AtomicCounter(zk, '/number').compareAndSet(1, Number.NaN))).to.include({
      code: 'BAD_ARGUMENTS',
    })
    expect(() => new AtomicCounter(zk, '/number', { tries: 1 }))
      .to.throw()
      .with.property('code', 'BAD_ARGUMENTS')
    expect(bed.server.dump()['/number']).to.equal('8')
  })

  it('counts exactly in an ensemble whose connections are lost and whose leaders are replaced', async () => {
    await using ensemble = await TestEnsemble.start({ tickTime: 100 })
    const options = { sessionTimeout: 60_000, backoff: { initial: 2, max: 10 } }
    const zks = await Promise.all(Array.from({ length: 3 }, () => connect(ensemble.hosts, options)))
    try {
      let isOver = false
      const counts = zks.map(zk => countUntil(new AtomicCounter(zk, N, { tries: 4 }), () => isOver))
      for (let round = 0; round < 12; round++) {
        await new Promise(resolve => setTimeout(resolve, 10))
        if (round % 4 === 3) ensemble.followers[0]?.becomeLeader()
        else ensemble.members[round % 3]!.dropConnections()
      }
      isOver = true
      const all = (await Promise.all(counts)).flat()
      expect(new Set(all).size).to.equal(all.length)
      expect(await new AtomicCounter(zks[0]!, N).get()).to.equal(BigInt(all.length))
    } finally {
      await Promise.all(zks.map(zk => zk.close()))
    }
  })
})

async function countUntil(counter: AtomicCounter, isOver: () => boolean): Promise<bigint[]> {
  const values: bigint[] = []
  while (!isOver()) values.push(await counter.increment())
  return values
}

function idOf(zk: ZooKeeper): string {
  return BigInt.asUintN(64, zk.session.id).toString(16).padStart(16, '0')
}

describe('An id generator', () => {
  it('generates each id once, over all clients, with one request for a block', async () => {
    await using bed = await TestBed.start()
    const zks = await Promise.all(Array.from({ length: 3 }, () => bed.client()))
    const generators = zks.map(zk => new IdGenerator(zk, N, { block: 10 }))
    const ids = await Promise.all(generators.flatMap(ids => Array.from({ length: 25 }, () => ids.next())))
    expect(new Set(ids).size).to.equal(75)
    expect(generators.map(({ reserved }) => reserved)).to.deep.equal([5, 5, 5])
    expect(bed.server.dump()[N]).to.equal('91')
    for (let i = 0; i < 3; i++) {
      const own = ids.slice(i * 25, i * 25 + 25)
      expect(own).to.deep.equal([...own].sort((a, b) => (a < b ? -1 : 1)))
    }
  })

  it('needs no connection while its block lasts', async () => {
    await using bed = await TestBed.start()
    const trips = new RoundTrips()
    const zk = await bed.client({ environment: trips.environment })
    const ids = new IdGenerator(zk, N, { block: 3, first: 100 })
    expect(await ids.next()).to.equal(100n)
    trips.take()
    bed.server.closeNewConnections(true)
    bed.server.dropConnections()
    await until('it is suspended', () => zk.state === 'suspended')
    expect([await ids.next(), await ids.next()]).to.deep.equal([101n, 102n])
    expect(await failure(ids.next({ timeout: 10 }))).to.include({
      code: 'REQUEST_TIMEOUT',
      operation: 'next',
    })
    bed.server.closeNewConnections(false)
    expect(await ids.next()).to.equal(103n)
  })

  it('does not use a block that it may have reserved already', async () => {
    await using bed = await TestBed.start()
    const [zk, other] = [await bed.client(), await bed.client()]
    const [mine, theirs] = [new IdGenerator(zk, N, { block: 10 }), new IdGenerator(other, N, { block: 10 })]
    const ids = [await mine.next()]
    for (let i = 1; i < 10; i++) ids.push(await mine.next())
    bed.server.loseNextReply('multi')
    bed.server.closeNewConnections(true)
    const next = mine.next()
    await until('it is cut off', () => zk.state === 'suspended')
    ids.push(await theirs.next())
    bed.server.expireSession(zk.session.id)
    bed.server.closeNewConnections(false)
    ids.push(await next)
    expect(new Set(ids).size).to.equal(12)
    expect(ids.at(-1)).to.equal(31n)
  })

  it('refuses an invalid block, and ends with its client', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    expect(() => new IdGenerator(zk, N, { block: 0 }))
      .to.throw()
      .with.property('code', 'BAD_ARGUMENTS')
    await zk.close()
    expect(await failure(new IdGenerator(zk, N).next())).to.include({ code: 'CLOSED' })
  })
})
