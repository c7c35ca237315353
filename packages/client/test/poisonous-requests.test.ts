import { connect, type ZooKeeper, type ZooKeeperError } from '@zookit/client'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'

const LIMIT = 20_000
const big = Buffer.alloc(LIMIT * 1.5, 'x')
const retry = 50

/** The kinds of request that are longer than the server takes. */
const REQUESTS: Record<string, (zk: ZooKeeper) => Promise<unknown>> = {
  setData: zk => zk.setData('/a', big, { retry }),
  create: zk => zk.create('/b', big, { retry }),
  transaction: zk => zk.transaction().setData('/a', big).commit({ retry }),
  'multi of small parts': zk =>
    zk.multi(
      Array.from(
        { length: 1000 },
        () => ({ type: 'check', path: '/a'.padEnd(30, 'a'), version: 0 }) as const,
      ),
      { retry },
    ),
  multiRead: zk =>
    zk.multiRead(
      Array.from({ length: 1000 }, () => ({ type: 'getData', path: '/a'.padEnd(30, 'a') }) as const),
      { retry },
    ),
}

async function failureOf(promise: Promise<unknown>): Promise<ZooKeeperError> {
  return promise.then(
    () => expect.fail('it was not rejected'),
    error => error,
  )
}

describe('A request with retry that is too large for the server', () => {
  let server: TestServer
  let zk: ZooKeeper
  let losses = 0
  beforeEach(async () => {
    server = await TestServer.start({ maxBuffer: LIMIT, seed: { a: 'old' } })
    zk = await connect(server.hosts, { backoff: { initial: 1, max: 2 } })
    losses = 0
    zk.on('state', state => {
      if (state === 'suspended') losses++
    })
  })
  afterEach(async () => {
    await zk.close()
    await server.stop()
  })

  for (const [name, send] of Object.entries(REQUESTS)) {
    it(`costs two connections, and fails with the reason: ${name}`, async () => {
      const error = await failureOf(send(zk))
      expect(error).to.include({ code: 'REQUEST_TOO_LARGE', retryable: false, outcome: 'unknown' })
      expect(error.message)
        .to.include('jute.maxbuffer')
        .and.to.match(/of \d{5} bytes/)
      expect(losses).to.equal(2)
    })
  }

  it('costs five connections where others are always in front of it', async () => {
    const asking = (async () => {
      while (losses < 40 && zk.state !== 'closed') await zk.getData('/a', { retry }).catch(() => {})
    })()
    const crowd = Array.from({ length: 20 }, () => zk.getData('/a', { retry }))
    const error = await failureOf(zk.setData('/a', big, { retry }))
    expect(error.code).to.equal('REQUEST_TOO_LARGE')
    expect(losses).to.be.within(2, 5)
    await Promise.all(crowd)
    losses = 40
    await asking
  })

  it('leaves small requests alone, whatever the connection does', async () => {
    for (let times = 0; times < 8; times++) server.dropNextRequest('setData')
    await zk.setData('/a', 'small', { retry })
    expect(losses).to.equal(8)
  })

  it('keeps the outcome of an attempt that was applied', async () => {
    server.loseNextReply('setData')
    server.dropNextRequest('setData')
    const error = await failureOf(zk.setData('/a', Buffer.alloc(2000), { retry }))
    expect(error).to.include({ code: 'REQUEST_TOO_LARGE', outcome: 'unknown' })
    expect(server.dump()['/a']).not.to.equal('old')
  })
})
