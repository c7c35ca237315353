import { connect, type ZooKeeper } from '@zookit/client'
import { findTargets } from '@zookit/test-fixtures'
import { expect } from 'chai'
import { RateLimiter, type RateLimiterOptions } from '../src/index.ts'
import { Grants } from '../src/rate-limiter/grants.ts'
import { failure, isDone, settle, TestBed, until } from './support/test-bed.ts'

const targets = (await findTargets()).slice(0, 1)

const PATH = '/limits/api'
const LONG: RateLimiterOptions = { permits: 3, interval: 600_000 }

/** A grant, as the server has stamped it. */
interface Stamped {
  readonly time: number
  readonly permits: number
}

/** Records every grant of a client with the server's stamp. */
function recordGrants(zk: ZooKeeper, into: Stamped[]): void {
  const send = zk.setData.bind(zk)
  zk.setData = async (path, data, options) => {
    const stat = await send(path, data, options)
    if (path === PATH) into.push({ time: stat.mtime, permits: JSON.parse(String(data)).last })
    return stat
  }
}

/** Returns the largest number of permits in any interval. */
function mostIn(grants: readonly Stamped[], interval: number): number {
  const within = grants.map(({ time }) =>
    grants
      .filter(one => one.time >= time && one.time < time + interval)
      .reduce((sum, { permits }) => sum + permits, 0),
  )
  return Math.max(...within)
}

/** Lets clients compete for permits. @returns the grants, as the server has stamped them. */
async function compete(
  clients: readonly ZooKeeper[],
  rate: RateLimiterOptions,
  each: number,
): Promise<Stamped[]> {
  const grants: Stamped[] = []
  for (const zk of clients) recordGrants(zk, grants)
  const limiters = clients.map(zk => new RateLimiter(zk, PATH, rate))
  await Promise.all(
    limiters.flatMap(limiter => Array.from({ length: each }, (_, index) => limiter.acquire(1 + (index % 2)))),
  )
  return grants.filter(({ permits }) => permits > 0)
}

describe('A rate limiter', () => {
  it('grants the permits of an interval, and no more', async () => {
    await using bed = await TestBed.start()
    const [one, two] = [await bed.client(), await bed.client()].map(zk => new RateLimiter(zk, PATH, LONG))
    expect(await one!.available()).to.equal(3)
    await one!.acquire()
    expect(await two!.tryAcquire(2)).to.equal(true)
    expect(await one!.tryAcquire()).to.equal(false)
    expect(await two!.available()).to.equal(0)
  })

  it('never exceeds the limit while several clients compete, and serves all of them', async () => {
    await using bed = await TestBed.start()
    const clients = await Promise.all([bed.client(), bed.client(), bed.client()])
    const rate = { permits: 4, interval: 150 }
    const grants = await compete(clients, rate, 6)
    expect(grants.reduce((sum, { permits }) => sum + permits, 0)).to.equal(27)
    expect(mostIn(grants, rate.interval)).to.be.at.most(rate.permits)
    // It is reached: the test sees permits that are used.
    expect(mostIn(grants, rate.interval)).to.be.greaterThan(1)
  })

  it('serves those who wait in their order: few permits do not overtake many', async () => {
    await using bed = await TestBed.start()
    const [one, two] = [await bed.client(), await bed.client()].map(
      zk => new RateLimiter(zk, PATH, { permits: 3, interval: 400 }),
    )
    await one!.acquire(2)
    const order: string[] = []
    const many = one!.acquire(3).then(() => order.push('many'))
    await until('many wait', () => bed.names(`${PATH}/line`).length === 1)
    expect(await two!.tryAcquire()).to.equal(false)
    const few = two!.acquire(1).then(() => order.push('few'))
    await Promise.all([many, few])
    expect(order).to.deep.equal(['many', 'few'])
    expect(bed.names(`${PATH}/line`)).to.deep.equal([])
  })

  it('takes nothing from a call that is given up while it waits', async () => {
    await using bed = await TestBed.start()
    const limiter = new RateLimiter(await bed.client(), PATH, LONG)
    await limiter.acquire(2)
    const controller = new AbortController()
    const waiting = limiter.acquire(2, { signal: controller.signal })
    await until('it waits', () => bed.names(`${PATH}/line`).length === 1)
    expect(await isDone(waiting.catch(() => {}))).to.equal(false)
    controller.abort()
    expect(await failure(waiting)).to.include({ code: 'ABORTED' })
    expect(await failure(limiter.acquire(2, { timeout: 30 }))).to.include({ code: 'REQUEST_TIMEOUT' })
    await until('the line is empty', () => bed.names(`${PATH}/line`).length === 0)
    expect(await limiter.available()).to.equal(1)
    expect(await limiter.tryAcquire()).to.equal(true)
  })

  it('continues after lost connections, and knows its own grant again', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const limiter = new RateLimiter(zk, PATH, LONG)
    await limiter.acquire()
    bed.server.loseNextReply('setData')
    await limiter.acquire()
    expect(await limiter.available()).to.equal(1)
    bed.server.dropNextRequest('setData')
    await limiter.acquire()
    expect(await limiter.available()).to.equal(0)
  })

  it('tells of permits that may have been taken when it is aborted before it has found out', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const limiter = new RateLimiter(zk, PATH, LONG)
    await limiter.acquire()
    for (const call of ['acquire', 'tryAcquire'] as const) {
      const controller = new AbortController()
      await bed.server.refuseConnections(true)
      bed.server.loseNextReply('setData')
      const acquiring = failure(limiter[call](1, { signal: controller.signal }))
      await until('it has lost the answer', () => zk.state !== 'connected')
      await settle()
      controller.abort()
      expect(await acquiring).to.include({ code: 'ABORTED', outcome: 'unknown' })
      await bed.server.refuseConnections(false)
      await zk.exists('/')
    }
    expect(await limiter.available()).to.equal(0)
  })

  it('refuses more permits than an interval has, and options that leave the limit open', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const limiter = new RateLimiter(zk, PATH, LONG)
    for (const call of [limiter.acquire(4), limiter.tryAcquire(4)])
      expect(await failure(call)).to.include({ code: 'BAD_ARGUMENTS', path: PATH })
    for (const options of [{}, { permits: 3 }, { interval: 5 }])
      expect(() => new RateLimiter(zk, PATH, options as RateLimiterOptions)).to.throw('is required')
  })

  it('does not take the data of others for grants', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    await zk.ensurePath(PATH)
    for (const data of ['5', '{}', '{"grants":[[1]],"last":0,"writer":"a"}', null]) {
      await zk.setData(PATH, data)
      const error = await failure(new RateLimiter(zk, PATH, LONG).acquire())
      expect(error, String(data)).to.include({ code: 'INVALID_DATA', path: PATH })
    }
  })

  for (const target of targets) {
    it(`holds on ${target.name} too`, async function () {
      this.timeout(60_000)
      const server = await target.startServer({ tickTime: 200 })
      try {
        await using one = await connect(server.hosts)
        await using two = await connect(server.hosts)
        const rate = { permits: 4, interval: 200 }
        const grants = await compete([one, two], rate, 6)
        expect(grants.reduce((sum, { permits }) => sum + permits, 0)).to.equal(18)
        expect(mostIn(grants, rate.interval)).to.be.at.most(rate.permits)
      } finally {
        await server.stop()
      }
    })
  }
})

describe('The grants that a rate limiter remembers', () => {
  const rate = { permits: 3, interval: 1000 }
  const at = (time: number) => ({ earliest: time, latest: time + 10 })
  const parse = (grants: unknown, last: number, mtime: number): Grants =>
    Grants.parse(
      { data: Buffer.from(JSON.stringify({ grants, last, writer: 'a' })), stat: { mtime } } as never,
      '/a',
    )

  it('have the server’s stamp for the newest, and count until an interval has certainly passed', () => {
    const grants = parse([[5000, 2]], 1, 5500)
    expect(grants.at(at(5999), rate).used).to.equal(3)
    expect(grants.at(at(6000), rate).used).to.equal(1)
    expect(grants.at(at(5600), rate).delay(1, at(5600), rate)).to.equal(400)
    expect(grants.at(at(5600), rate).delay(3, at(5600), rate)).to.equal(900)
    expect(grants.at(at(6500), rate).delay(3, at(6500), rate)).to.equal(0)
  })

  it('count from now where their time is still to come, since the clock was set back', () => {
    const grants = parse([], 3, 90_000)
    expect(grants.isAhead(at(5000))).to.equal(true)
    const present = grants.at(at(5000), rate)
    expect(present.isAhead(at(5000))).to.equal(false)
    expect(present.delay(1, at(5000), rate)).to.equal(1010)
  })

  it('take no more room than the slices of an interval, and never end early by that', () => {
    const many = Array.from({ length: 1000 }, (_, index) => [5000 + index, 1])
    const grants = parse(many, 0, 6000).at(at(5999), { permits: 5000, interval: 1000 })
    expect(JSON.parse(grants.format(1, 'b')).grants).to.have.lengthOf.at.most(65)
    expect(grants.used).to.equal(1000)
    for (let now = 6000; now < 7000; now += 50) {
      const left = grants.at(at(now), { permits: 5000, interval: 1000 }).used
      expect(left).to.be.at.least(many.filter(([time]) => time! + 1000 > now).length)
    }
  })
})
