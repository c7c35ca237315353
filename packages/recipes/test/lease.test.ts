import type { ZooKeeper } from '@zookit/client'
import { expect } from 'chai'
import { BackgroundDeleter } from '../src/core/background-deleter.ts'
import { type HeldLease, Lease, type LeaseOptions, OwnershipError } from '../src/index.ts'
import { RoundTrips } from './support/round-trips.ts'
import { SteppedTime } from './support/stepped-time.ts'
import { failure, settle, TestBed, until } from './support/test-bed.ts'

const PATH = '/leases/report'
const DURATION = 10_000

/** A server and clients whose clocks a test moves on together. */
class Scenario implements AsyncDisposable {
  readonly bed: TestBed
  readonly #times: SteppedTime[] = []

  private constructor(bed: TestBed) {
    this.bed = bed
  }

  static async start(): Promise<Scenario> {
    const bed = await TestBed.start()
    bed.server.freezeTime()
    bed.server.advance(98_765_432)
    return new Scenario(bed)
  }

  async client(options = {}): Promise<ZooKeeper> {
    const time = new SteppedTime()
    this.#times.push(time)
    return this.bed.client({ environment: time.environment, ...options })
  }

  pass(milliseconds: number): void {
    this.bed.server.advance(milliseconds)
    for (const time of this.#times) time.advance(milliseconds)
  }

  /** First line of a slot's data. */
  record(index = 0): { holder?: string; until?: number } | null {
    const text = this.bed.server.dump()[`${PATH}/lease-${index}`]
    return text ? JSON.parse(text.split('\n')[0]!) : null
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.bed[Symbol.asyncDispose]()
  }
}

function leaseOf(zk: ZooKeeper, options: Partial<LeaseOptions> = {}): Lease {
  return new Lease(zk, PATH, { duration: DURATION, jitter: 0, ...options })
}

async function take(lease: Lease, options = {}): Promise<HeldLease> {
  const held = await lease.tryAcquire(options)
  expect(held, 'a lease').not.to.equal(null)
  return held!
}

describe('A lease', () => {
  it('has one holder until its time is over, and the next one’s token is higher', async () => {
    await using scenario = await Scenario.start()
    const [one, other] = [leaseOf(await scenario.client()), leaseOf(await scenario.client())]
    const held = await take(one)
    const { signal } = held
    expect([held.held, signal.aborted, scenario.record()?.holder]).to.deep.equal([true, false, one.holder])
    expect(await other.tryAcquire()).to.equal(null)
    scenario.pass(DURATION - 1000)
    expect([held.held, await other.tryAcquire()]).to.deep.equal([true, null])
    scenario.pass(1100)
    // Nobody has asked: a timer has fired.
    expect([signal.aborted, signal.reason.reason]).to.deep.equal([true, 'lapsed'])
    expect(held.held).to.equal(false)
    const next = await take(other)
    expect(next.token > held.token).to.equal(true)
    expect(await failure(held.renew())).to.include({ code: 'OWNERSHIP_LOST', reason: 'lapsed' })
    await held.release()
    expect([next.held, scenario.record()?.holder]).to.deep.equal([true, other.holder])
  })

  it('ends for its holder not later than for anybody else', async () => {
    await using scenario = await Scenario.start()
    const [one, other] = [leaseOf(await scenario.client()), leaseOf(await scenario.client())]
    const held = await take(one)
    await other.tryAcquire()
    let next: HeldLease | null = null
    for (let times = 0; next === null && times < 40; times++) {
      scenario.pass(DURATION / 20)
      const isHeld = held.held
      next = await other.tryAcquire()
      if (next) expect(isHeld, 'held by two').to.equal(false)
    }
    expect(next).not.to.equal(null)
  })

  it('is available at once when it is released, or its scope is left', async () => {
    await using scenario = await Scenario.start()
    const [one, other] = [leaseOf(await scenario.client()), leaseOf(await scenario.client())]
    {
      await using held = await take(one)
      expect(held.held).to.equal(true)
    }
    const held = await take(other)
    await held.release()
    await held.release()
    expect([held.held, held.signal.reason.reason]).to.deep.equal([false, 'released'])
    expect(scenario.bed.server.dump()[`${PATH}/lease-0`]).to.equal(null)
    expect((await take(one)).held).to.equal(true)
  })

  it('takes two round trips when the clock is known, and one to renew', async () => {
    await using bed = await TestBed.start()
    const trips = new RoundTrips()
    const lease = leaseOf(await bed.client({ environment: trips.environment }))
    await (await take(lease)).release()
    trips.take()
    const held = await take(lease)
    expect(trips.take()).to.equal(2)
    await held.renew()
    expect(trips.take()).to.equal(1)
  })

  it('can be held by as many as there are leases', async () => {
    await using scenario = await Scenario.start()
    const zks = await Promise.all(Array.from({ length: 4 }, () => scenario.client()))
    const leases = zks.map((zk, index) =>
      leaseOf(zk, { limit: 3, data: `${index}`, holder: `host ${index}` }),
    )
    const held = await Promise.all(leases.map(lease => lease.tryAcquire()))
    expect(held.filter(one => one !== null)).to.have.length(3)
    const holders = await leases[0]!.holders()
    expect(holders.map(({ holder, data }) => `${holder}: ${data}`).sort()).to.deep.equal(
      held.flatMap((one, index) => (one ? [`host ${index}: ${index}`] : [])),
    )
    expect(holders[0]!.until.getTime()).to.be.a('number')
    await held.find(one => one !== null)!.release()
    expect(await leases[held.indexOf(null)]!.tryAcquire()).not.to.equal(null)
    expect(await new Lease(zks[0]!, '/leases/nobody', { duration: 1 }).holders()).to.deep.equal([])
  })

  it('lasts longer when it is renewed, and others read the data written with it', async () => {
    await using scenario = await Scenario.start()
    const [one, other] = [
      leaseOf(await scenario.client(), { data: 'begun' }),
      leaseOf(await scenario.client()),
    ]
    const held = await take(one)
    const { signal } = held
    const before = held.until.getTime()
    scenario.pass(6000)
    await held.renew({ data: 'half\ndone' })
    expect(held.until.getTime()).to.be.within(before + 5900, before + 6100)
    scenario.pass(6000)
    expect([held.held, await other.tryAcquire()]).to.deep.equal([true, null])
    expect((await other.holders()).map(({ data }) => String(data))).to.deep.equal(['half\ndone'])
    await held.renew({ duration: 1000 })
    expect((await other.holders()).map(({ data }) => String(data))).to.deep.equal(['half\ndone'])
    scenario.pass(1100)
    expect([signal.aborted, held.held]).to.deep.equal([true, false])
    expect(await other.tryAcquire()).not.to.equal(null)
  })

  it('outlives the session, and a restart under the same name', async () => {
    await using scenario = await Scenario.start()
    const { server } = scenario.bed
    const zk = await scenario.client()
    const held = await take(leaseOf(zk, { holder: 'host' }))
    server.expireSession(zk.session.id)
    await until('it has a new session', () => zk.state === 'connected')
    expect(held.held).to.equal(true)
    await held.renew()
    const again = await take(leaseOf(await scenario.client(), { holder: 'host' }))
    expect(again.token > held.token).to.equal(true)
    expect(await leaseOf(await scenario.client(), { holder: 'other' }).tryAcquire()).to.equal(null)
    expect(await failure(held.renew())).to.include({ code: 'OWNERSHIP_LOST', reason: 'taken' })
    expect(held.held).to.equal(false)
    await held.release()
    expect([again.held, scenario.record()?.holder]).to.deep.equal([true, 'host'])
  })

  it('L1 is left as it is by a client that is closed, which keeps no timer and no listener for it', async () => {
    await using scenario = await Scenario.start()
    const time = new SteppedTime()
    const zk = await scenario.client({ environment: time.environment })
    const held = await take(leaseOf(zk, { holder: 'host' }))
    const listening = new Set<unknown>()
    const { on, off } = zk
    zk.on = (name, listener) => {
      listening.add(listener)
      return on.call(zk, name, listener) as typeof zk
    }
    zk.off = (name, listener) => {
      listening.delete(listener)
      return off.call(zk, name, listener) as typeof zk
    }
    const released = await take(leaseOf(zk, { holder: 'host' }))
    expect(listening.size).to.equal(1)
    await released.release()
    expect(listening.size).to.equal(0)
    await held.release()
    const again = await take(leaseOf(zk, { holder: 'host' }))
    await zk.close()
    expect([again.held, again.signal.reason.reason]).to.deep.equal([false, 'closed'])
    expect([scenario.record()?.holder, time.pending]).to.deep.equal(['host', 0])
    expect(await failure(again.renew())).to.include({ code: 'OWNERSHIP_LOST', reason: 'closed' })
    expect((await take(leaseOf(await scenario.client(), { holder: 'host' }))).held).to.equal(true)
  })

  it('guards a transaction: a holder that has lost it writes nothing, also when nobody has it', async () => {
    await using scenario = await Scenario.start()
    const [zk, other] = [await scenario.client(), await scenario.client()]
    await zk.create('/result')
    const held = await take(leaseOf(zk))
    await held.renew()
    await held.guard(zk.transaction().setData('/result', 'mine')).commit()
    scenario.pass(DURATION + 100)
    await (await take(leaseOf(other))).release()
    const late = held.guard(zk.transaction().setData('/result', 'late')).commit()
    expect(await failure(late)).to.include({ code: 'BAD_VERSION' })
    expect(scenario.bed.server.dump()['/result']).to.equal('mine')
  })

  it('D1 ends by the clock alone, before any timer, when the process was stopped', async () => {
    await using scenario = await Scenario.start()
    let skew = 0
    const time = new SteppedTime()
    const environment = { ...time.environment, now: () => time.environment.now() + skew }
    const held = await take(leaseOf(await scenario.client({ environment })))
    skew = DURATION + 1000
    expect([held.held, held.signal.aborted]).to.deep.equal([false, true])
  })

  it('Z1 is taken once when the answer was lost, and renewed', async () => {
    await using scenario = await Scenario.start()
    const { server } = scenario.bed
    const lease = leaseOf(await scenario.client())
    await (await take(lease)).release()
    server.loseNextReply('setData')
    const held = await take(lease)
    expect(held.held).to.equal(true)
    server.loseNextReply('setData')
    await held.renew()
    expect(held.until.getTime()).to.equal(scenario.record()?.until)
    server.dropNextRequest('setData')
    await held.renew()
    await held.guard((await scenario.client()).transaction()).commit()
    server.loseNextReply('setData')
    await held.release()
    expect(scenario.record()).to.equal(null)
  })

  it('Z2 is looked for after a sync when the answer was lost', async () => {
    await using scenario = await Scenario.start()
    const { server } = scenario.bed
    const lease = leaseOf(await scenario.client())
    await (await take(lease)).release()
    server.loseNextReply('setData')
    server.clearRequests()
    await take(lease)
    const asked = scenario.bed.operations()
    expect(asked.indexOf('sync')).to.be.within(1, asked.lastIndexOf('getData') - 1)
    expect(asked.filter(name => name === 'setData')).to.have.length(1)
  })

  it('Z3 is released until that has worked, and Z4 when the acquisition is given up', async () => {
    await using scenario = await Scenario.start()
    const { server } = scenario.bed
    const zk = await scenario.client()
    const lease = leaseOf(zk)
    const held = await take(lease)
    for (let times = 0; times < 2; times++) server.dropNextRequest('setData')
    await held.release()
    expect(scenario.record()).to.equal(null)
    server.holdNextReply('setData')
    const abort = new AbortController()
    const taking = lease.tryAcquire({ signal: abort.signal })
    await until('it is taken', () => scenario.record() !== null)
    abort.abort()
    expect(await failure(taking)).to.include({ code: 'ABORTED', operation: 'tryAcquire' })
    server.releaseReplies()
    await until('it was given up', () => scenario.record() === null && BackgroundDeleter.of(zk).pending === 0)
  })

  it('is tried for again when somebody else was quicker, and so renewed', async () => {
    await using scenario = await Scenario.start()
    const zks = await Promise.all(Array.from({ length: 5 }, () => scenario.client()))
    const leases = zks.map(zk => leaseOf(zk, { limit: 5 }))
    const all = await Promise.all(leases.map(lease => lease.tryAcquire()))
    expect(all.filter(held => held !== null)).to.have.length(5)
    expect(new Set(all.map(held => held!.path)).size).to.equal(5)
    await Promise.all([all[0]!.renew(), all[0]!.renew(), all[0]!.renew()])
    expect(all[0]!.held).to.equal(true)
  })

  it('is not renewed any more when its time is over while the connection is lost', async () => {
    await using scenario = await Scenario.start()
    const zk = await scenario.client()
    const held = await take(leaseOf(zk))
    await scenario.bed.server.refuseConnections(true)
    scenario.bed.server.dropConnections()
    await until('it has noticed', () => zk.state !== 'connected')
    const renewing = held.renew()
    renewing.catch(() => {})
    await settle()
    scenario.pass(DURATION)
    expect(await failure(renewing))
      .to.be.instanceOf(OwnershipError)
      .and.include({ reason: 'lapsed' })
    await scenario.bed.server.refuseConnections(false)
  })

  it('treats a znode with other data as free', async () => {
    await using scenario = await Scenario.start()
    const zk = await scenario.client()
    await zk.ensurePath(PATH)
    for (const data of ['', 'no json', '{}', '[1]', '{"holder":"a","grant":"b","until":"later"}', 'null']) {
      await zk.create(`${PATH}/lease-0`, data)
      await (await take(leaseOf(zk))).release()
      await zk.delete(`${PATH}/lease-0`)
    }
  })

  it('is lost when its znode was deleted', async () => {
    await using scenario = await Scenario.start()
    const zk = await scenario.client()
    const held = await take(leaseOf(zk))
    await zk.delete(held.path)
    expect(await failure(held.renew())).to.include({ code: 'OWNERSHIP_LOST', reason: 'taken' })
    await held.release()
  })

  it('follows the clock of a new leader', async () => {
    await using scenario = await Scenario.start()
    const [zk, other] = [await scenario.client(), await scenario.client()]
    const held = await take(leaseOf(zk))
    await (await take(leaseOf(other, { limit: 2 }))).release()
    // A leader whose clock is ahead: its stamps contradict the measurement.
    scenario.bed.server.advance(DURATION * 2)
    await held.renew()
    expect(held.held).to.equal(false)
    const next = await take(leaseOf(zk))
    expect(next.held).to.equal(true)
  })

  it('is given up when its time is over before the answer arrives, three times in a row', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const lease = leaseOf(zk)
    await (await take(lease)).release()
    bed.server.clearRequests()
    bed.server.delayReplies(10)
    const error = await failure(lease.tryAcquire({ duration: 1 }))
    bed.server.delayReplies(0)
    expect(error).to.include({ code: 'REQUEST_TIMEOUT', operation: 'tryAcquire', path: PATH })
    expect(error.message).to.include('the duration of 1 ms was over before the answer arrived')
    const writes = (): number => bed.operations().filter(name => name === 'setData').length
    expect(writes()).to.be.within(3, 4)
    await until('it is given back', () => !bed.server.dump()[`${PATH}/lease-0`])
    expect(writes()).to.equal(4)
    expect((await take(lease)).held).to.equal(true)
  })

  it('refuses invalid arguments, and reports why it cannot be acquired', async () => {
    await using scenario = await Scenario.start()
    const zk = await scenario.client()
    for (const options of [
      { duration: 0 },
      { duration: Number.NaN },
      { limit: 0 },
      { limit: 1.5 },
      { holder: '' },
    ]) {
      expect(() => leaseOf(zk, options))
        .to.throw()
        .with.property('code', 'BAD_ARGUMENTS')
    }
    const lease = leaseOf(zk)
    expect(await failure(lease.tryAcquire({ duration: -1 }))).to.include({ code: 'BAD_ARGUMENTS' })
    const held = await take(lease)
    expect(await failure(held.renew({ duration: 0 }))).to.include({ code: 'BAD_ARGUMENTS' })
    scenario.bed.server.answerWith('setData', -102)
    expect(await failure(held.renew())).to.include({ code: 'NO_AUTH' })
    scenario.bed.server.answerWith('getData', -102)
    expect(await failure(lease.tryAcquire())).to.include({ code: 'NO_AUTH' })
    await zk.close()
    expect(await failure(lease.tryAcquire())).to.include({ code: 'CLOSED' })
  })
})
