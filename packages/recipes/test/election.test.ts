import type { ZooKeeper } from '@zookit/client'
import type { RequestMatcher } from '@zookit/testing'
import { expect } from 'chai'
import { type ElectionView, LeaderElection, type Leadership, OwnershipError } from '../src/index.ts'
import { RoundTrips } from './support/round-trips.ts'
import { abortOf, failure, settle, TestBed, until } from './support/test-bed.ts'

const PATH = '/leader'

function electionOf(zk: ZooKeeper, data = ''): LeaderElection {
  return new LeaderElection(zk, PATH, { data, jitter: 0 })
}

/** Returns the leader and all candidates, by their data. */
function show({ leader, candidates }: ElectionView): string {
  return `${leader?.data ?? 'nobody'} of ${candidates.map(({ data }) => String(data)).join(',')}`
}

/** Znodes of a candidate. */
const EACH = 3

describe('A leader election', () => {
  it('is won by the first candidate, in one round trip, and then by the next', async () => {
    await using bed = await TestBed.start({ seed: { leader: '' } })
    const trips = new RoundTrips()
    const zk = await bed.client({ environment: trips.environment })
    const other = await bed.client()
    trips.take()
    const leadership = await electionOf(zk, 'one').campaign()
    // The second one is the watch on its own znode, which is not awaited.
    expect(trips.take()).to.be.at.most(2)
    expect(leadership.held).to.equal(true)
    const campaigning = electionOf(other, 'two').campaign()
    await until('there are two', () => bed.names(PATH).length === 2 * EACH)
    expect((await electionOf(other).leader())?.data?.toString()).to.equal('one')
    const candidates = await electionOf(zk).candidates()
    expect(candidates.map(({ session }) => session)).to.deep.equal([zk.session.id, other.session.id])
    await leadership.resign()
    const next = await campaigning
    expect([leadership.held, next.held]).to.deep.equal([false, true])
    expect(next.token > leadership.token).to.equal(true)
    await next[Symbol.asyncDispose]()
    expect(await electionOf(zk).leader()).to.equal(null)
  })

  it('uses the data of one campaign, and ends a campaign that is given up', async () => {
    await using bed = await TestBed.start()
    const [zk, other] = [await bed.client(), await bed.client()]
    await electionOf(zk, 'one').campaign({ data: 'special' })
    expect((await electionOf(zk).leader())?.data?.toString()).to.equal('special')
    const given = electionOf(other).campaign({ timeout: 10 })
    expect(await failure(given)).to.include({ code: 'REQUEST_TIMEOUT', operation: 'campaign' })
    await until('only one is left', () => bed.names(PATH).length === EACH)
  })

  it('Z8 is lost by a leader whose znode somebody deletes', async () => {
    await using bed = await TestBed.start()
    const [zk, other] = [await bed.client(), await bed.client()]
    const leadership = await electionOf(zk).campaign()
    await until('its znodes are watched', () => bed.server.watches().length === EACH)
    await other.delete(leadership.path)
    expect(await abortOf(leadership.signal)).to.include({ reason: 'deleted' })
    expect(leadership.held).to.equal(false)
  })

  it('Z8 never has two leaders that believe it, whatever happens to the connection (CURATOR-504)', async () => {
    await using bed = await TestBed.start()
    const zks = await Promise.all(Array.from({ length: 3 }, () => bed.client()))
    const stop = new AbortController()
    const leading = new Set<Leadership>()
    let terms = 0
    let most = 0
    const runs = zks.map(zk =>
      electionOf(zk).lead(
        async (signal, leadership) => {
          leading.add(leadership)
          terms++
          most = Math.max(most, [...leading].filter(one => one.held).length)
          await abortOf(signal)
          leading.delete(leadership)
        },
        { signal: stop.signal },
      ),
    )
    for (const run of runs) run.catch(() => {})
    for (let round = 1; round <= 12; round++) {
      await until('somebody leads', () => [...leading].some(one => one.held))
      const [leader] = [...leading].filter(one => one.held)
      const zk = zks.find(({ session }) => leader?.path.includes(session.id.toString(16).padStart(16, '0')))
      const session = zk!.session.id
      if (round % 3 === 0) bed.server.expireSession(session)
      else if (round % 3 === 1) bed.server.dropConnection(session)
      else bed.server.dropConnections()
      await abortOf(leader!.signal)
    }
    stop.abort()
    expect(await Promise.all(runs)).to.deep.equal([undefined, undefined, undefined])
    expect([most, terms >= 12]).to.deep.equal([1, true])
    await until('nobody is left', () => bed.names(PATH).length === 0)
  })

  it('Z9 goes to a restarted candidate when its old session has ended, and not before', async () => {
    await using bed = await TestBed.start()
    bed.server.freezeTime()
    const before = await bed.client({ sessionTimeout: 1000 })
    await electionOf(before, 'node-1').campaign()
    await before.close({ keepSession: true })
    const after = await bed.client()
    let leadership: Leadership | undefined
    const campaigning = electionOf(after, 'node-1')
      .campaign()
      .then(won => {
        leadership = won
      })
    await until('it waits', () => bed.server.watches().length === 1)
    await settle()
    expect(leadership).to.equal(undefined)
    bed.server.advance(1500)
    await campaigning
    expect(leadership!.held).to.equal(true)
    expect(bed.names(PATH)).to.have.length(EACH)
  })
})

describe('Leading', () => {
  it('works while it is elected, and stands for election again when the work is done', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const stop = new AbortController()
    const tokens: bigint[] = []
    const run = electionOf(zk).lead(
      async (signal, leadership) => {
        expect([signal.aborted, leadership.held]).to.deep.equal([false, true])
        tokens.push(leadership.token)
        if (tokens.length < 3) return
        await abortOf(signal)
      },
      { signal: stop.signal },
    )
    run.catch(() => {})
    await until('it is the third term', () => tokens.length === 3)
    expect(tokens).to.deep.equal([...tokens].sort((a, b) => (a < b ? -1 : 1)))
    stop.abort('enough')
    expect(await run).to.equal(undefined)
    // Its own signal ends it also while it waits, and before it has begun.
    await using holder = await electionOf(zk).campaign()
    const late = new AbortController()
    const waiting = electionOf(zk).lead(() => {}, { signal: late.signal })
    await until('it waits', () => bed.names(PATH).length > 3)
    late.abort()
    expect(await waiting).to.equal(undefined)
    expect(await electionOf(zk).lead(() => {}, { signal: late.signal })).to.equal(undefined)
    await holder.resign()
    await until('nobody is left', () => bed.names(PATH).length === 0)
    expect(bed.names(PATH)).to.deep.equal([])
  })

  it('stands again after a loss, when the work has ended, whatever it throws', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const stop = new AbortController()
    let running = 0
    const reasons: string[] = []
    const run = electionOf(zk).lead(
      async signal => {
        expect(++running).to.equal(1)
        const reason = await abortOf(signal)
        await settle()
        running--
        if (OwnershipError.is(reason)) reasons.push(reason.reason)
        throw new Error('cut off in the middle')
      },
      { signal: stop.signal },
    )
    run.catch(() => {})
    for (let losses = 0; losses < 2; losses++) {
      await until('it leads', () => running === 1)
      bed.server.dropConnections()
      await until('it has lost', () => reasons.length === losses + 1)
    }
    await until('it leads again', () => running === 1)
    expect(reasons).to.deep.equal(['suspended', 'suspended'])
    stop.abort()
    expect(await run).to.equal(undefined)
    expect(running).to.equal(0)
  })

  it('resolves when the work has ended, also where no server is reachable any more', async () => {
    for (const isStoppedFirst of [true, false]) {
      await using bed = await TestBed.start()
      const zk = await bed.client()
      const stop = new AbortController()
      let isOver = false
      const work = async (signal: AbortSignal): Promise<void> => {
        await abortOf(signal)
        isOver = true
      }
      const run = electionOf(zk).lead(work, { signal: stop.signal })
      await until('it leads', () => bed.names(PATH).length === 3)
      await settle()
      await bed.server.refuseConnections(true)
      bed.server.dropConnections()
      if (isStoppedFirst) stop.abort()
      await until('the work has ended', () => isOver)
      await until('the connection is lost', () => zk.state === 'suspended')
      stop.abort()
      expect(await run).to.equal(undefined)
      await bed.server.refuseConnections(false)
      await until('nobody is left', () => bed.names(PATH).length === 0)
    }
  })

  it('ends with what the work throws while it leads', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const run = electionOf(zk).lead(() => {
      throw new RangeError('broken')
    })
    expect(await failure(run)).to.be.instanceOf(RangeError)
    expect(bed.names(PATH)).to.deep.equal([])
  })
})

describe('An observer of an election', () => {
  it('sees the leader and the candidates now, and at each change', async () => {
    await using bed = await TestBed.start()
    const [zk, a, b] = [await bed.client(), await bed.client(), await bed.client()]
    const views = electionOf(zk).observe()
    const next = async (): Promise<string> => show((await views.next()).value as ElectionView)
    expect(await next()).to.equal('nobody of ')
    const one = await electionOf(a, 'one').campaign()
    expect(await next()).to.equal('one of one')
    const campaigning = electionOf(b, 'two').campaign()
    expect(await next()).to.equal('one of one,two')
    await one.resign()
    expect(await next()).to.equal('two of two')
    bed.server.clearRequests()
    bed.server.dropConnection(zk.session.id)
    await (await campaigning).resign()
    expect(await next()).to.equal('nobody of ')
    await views.return()
  })

  it('reads each candidate once, and sees the parent come and go', async () => {
    await using bed = await TestBed.start({ containerCheckInterval: 5 })
    const [zk, a] = [await bed.client(), await bed.client()]
    const views = electionOf(zk).observe()
    const next = async (): Promise<string> => show((await views.next()).value as ElectionView)
    expect(await next()).to.equal('nobody of ')
    for (let round = 0; round < 2; round++) {
      const one = await electionOf(a, 'one').campaign()
      expect(await next()).to.equal('one of one')
      bed.server.clearRequests()
      const two = await electionOf(a, 'two')
        .campaign({ timeout: 50 })
        .catch(() => null)
      expect(two).to.equal(null)
      await until('it has gone', () => bed.names(PATH).length === EACH)
      await one.resign()
      for (let view = await next(); view !== 'nobody of '; view = await next());
      const reads = bed.operations(zk).filter(name => name === 'getData')
      expect(reads.length).to.be.at.most(1)
      await until('the parent is reaped', () => !(PATH in bed.server.dump()))
    }
    await views.return()
  })

  it('ends with its signal, and with the client', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const stop = new AbortController()
    const stopped = electionOf(zk).observe({ signal: stop.signal })
    const closed = electionOf(zk).observe()
    await Promise.all([stopped.next(), closed.next()])
    const waiting = stopped.next()
    stop.abort()
    expect(await failure(waiting)).to.include({ code: 'ABORTED' })
    const last = closed.next()
    await zk.close()
    expect(await last).to.deep.equal({ value: undefined, done: true })
  })

  it('leaves out a candidate that has gone since it was listed, and is told when it may not read one', async () => {
    await using bed = await TestBed.start()
    const [zk, a] = [await bed.client(), await bed.client()]
    const leadership = await electionOf(a, 'one').campaign()
    const isRead: RequestMatcher = ({ operation, sessionId }) =>
      operation === 'getData' && sessionId === zk.session.id
    bed.server.answerWith(isRead, 'NO_NODE')
    const { value } = await electionOf(zk).observe().next()
    expect(show(value as ElectionView)).to.equal('nobody of ')
    bed.server.answerWith(isRead, 'NO_AUTH')
    expect(await failure(electionOf(zk).observe().next())).to.include({ code: 'NO_AUTH' })
    await leadership.resign()
  })

  it('sees a candidate that arrives between the list and its answer', async () => {
    await using bed = await TestBed.start({ seed: { leader: '' } })
    const [zk, a] = [await bed.client(), await bed.client()]
    const views = electionOf(zk).observe()
    bed.server.holdNextReply(({ sessionId }) => sessionId === zk.session.id)
    const first = views.next()
    await until('it has asked', () => bed.operations(zk).includes('getChildren2'))
    await settle()
    const campaigning = electionOf(a, 'one').campaign()
    await until('the candidate is there', () => bed.names(PATH).length === EACH)
    bed.server.releaseReplies()
    await campaigning
    expect(show((await first).value as ElectionView)).to.equal('nobody of ')
    expect(show((await views.next()).value as ElectionView)).to.equal('one of one')
    await views.return()
  })

  it('goes on after a lost connection, and sees what has changed meanwhile', async () => {
    await using bed = await TestBed.start({ seed: { leader: '' } })
    const [zk, a] = [await bed.client(), await bed.client()]
    const views = electionOf(zk).observe()
    bed.server.holdNextReply(({ sessionId }) => sessionId === zk.session.id)
    const first = views.next()
    await until('it has asked', () => bed.operations(zk).includes('getChildren2'))
    bed.server.dropConnection(zk.session.id)
    bed.server.releaseReplies()
    expect(show((await first).value as ElectionView)).to.equal('nobody of ')
    const second = views.next()
    await settle()
    bed.server.closeNewConnections(true)
    bed.server.dropConnection(zk.session.id)
    await electionOf(a, 'one').campaign()
    bed.server.closeNewConnections(false)
    expect(show((await second).value as ElectionView)).to.equal('one of one')
    bed.server.expireSession(zk.session.id)
    await electionOf(a, 'two')
      .campaign({ timeout: 10 })
      .catch(() => {})
    const [leader] = await electionOf(a).candidates()
    await a.delete(leader!.path)
    let last = ''
    while (last !== 'nobody of ') last = show((await views.next()).value as ElectionView)
    await views.return()
  })

  it('W9 gets at most one view of the changes while nobody reads', async () => {
    await using bed = await TestBed.start()
    const [zk, a] = [await bed.client(), await bed.client()]
    const views = electionOf(zk).observe()
    await views.next()
    for (const name of ['one', 'two', 'three']) await (await electionOf(a, name).campaign()).resign()
    const last = await electionOf(a, 'last').campaign()
    expect(show((await views.next()).value as ElectionView)).to.equal('last of last')
    await last.resign()
    await views.return()
  })
})
