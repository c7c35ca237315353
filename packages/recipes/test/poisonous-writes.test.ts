import { type ZooKeeper, ZooKeeperError } from '@zookit/client'
import { expect } from 'chai'
import { SuspectWrite } from '../src/core/suspect-write.ts'
import {
  Barrier,
  Config,
  Group,
  LeaderElection,
  Lease,
  Mutex,
  PersistentNode,
  Queue,
  Semaphore,
  ServiceRegistry,
  SharedValue,
} from '../src/index.ts'
import { failure, TestBed, until } from './support/test-bed.ts'

const quick = { jitter: 0 }
/** Bytes that a server with a `jute.maxbuffer` of 20 000 closes the connection over. */
const data = Buffer.alloc(30_000, 'x')
const text = String(data)

/** The methods that wait for a new connection after a loss, with data that the server does not take. */
const WORKS: Record<string, (zk: ZooKeeper) => Promise<unknown>> = {
  Mutex: zk => new Mutex(zk, '/mutex', quick).acquire({ data }),
  Semaphore: zk => new Semaphore(zk, '/semaphore', { size: 1, ...quick }).acquire({ data }),
  LeaderElection: zk => new LeaderElection(zk, '/leader', quick).campaign({ data }),
  Group: zk => new Group(zk, '/group', quick).join({ data }),
  PersistentNode: zk => new PersistentNode(zk, '/kept', { data, ...quick }).start(),
  ServiceRegistry: zk => new ServiceRegistry(zk, '/services', quick).publish({ name: 'web', payload: text }),
  Barrier: zk => new Barrier(zk, '/barrier', { data, ...quick }).set(),
  Queue: zk => new Queue(zk, '/queue', quick).put(data),
  'renew of a lease': async zk => {
    const lease = await new Lease(zk, '/lease', { duration: 60_000, ...quick }).tryAcquire()
    return lease!.renew({ data })
  },
  Lease: zk => new Lease(zk, '/lease', { duration: 60_000, ...quick }).tryAcquire({ data }),
  SharedValue: zk => new SharedValue(zk, '/value', quick).update(() => data),
  Config: zk => new Config(zk, '/config', quick).set(text),
  'Config of a subtree': zk => new Config(zk, '/tree', { subtree: true, ...quick }).set({ a: text }),
}

describe('A write that is too large for the server', () => {
  for (const [name, work] of Object.entries(WORKS)) {
    it(`fails with a reason, after a few connections: ${name}`, async () => {
      await using bed = await TestBed.start({ maxBuffer: 20_000 })
      const zk = await bed.client()
      let losses = 0
      zk.on('state', state => {
        if (state === 'suspended') losses++
      })
      const error = await failure(work(zk))
      // A put is looked up after the first loss, and not repeated where it may have been taken.
      const codes = name === 'Queue' ? ['REQUEST_TOO_LARGE', 'CONNECTION_LOSS'] : ['REQUEST_TOO_LARGE']
      expect(codes).to.include(error.code)
      if (error.code === 'REQUEST_TOO_LARGE') {
        expect(error.message).to.include('jute.maxbuffer')
        expect(error).to.include({ retryable: false, outcome: 'unknown' })
      }
      expect(losses).to.be.at.most(2)
      expect(await zk.exists('/')).not.to.equal(null)
    })
  }

  it('takes no other large write with it that is in flight at the same time', async () => {
    await using bed = await TestBed.start({ maxBuffer: 20_000 })
    const zk = await bed.client()
    const good = Buffer.alloc(10_000)
    const bad = failure(new SharedValue(zk, '/bad', quick).update(() => data))
    const sound = Array.from({ length: 5 }, (_, index) =>
      new SharedValue(zk, `/good-${index}`, quick).update(() => good),
    )
    for (const { value } of await Promise.all(sound)) expect(value).to.equal(good)
    expect((await bad).code).to.equal('REQUEST_TOO_LARGE')
  })

  it('is given up after a few more connections if others are in front of it each time', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const suspect = new SuspectWrite(zk)
    const codes: (string | undefined)[] = []
    while (codes.length < 10 && !codes.includes('REQUEST_TOO_LARGE')) {
      bed.server.holdNextReply('exists')
      const older = failure(zk.exists('/'))
      bed.server.clearRequests()
      const writing = failure(suspect.send(() => zk.setData('/', data)))
      await until('both have come', () => bed.operations(zk).includes('setData'))
      bed.server.dropConnection(zk.session.id)
      bed.server.releaseReplies()
      codes.push((await writing).code)
      expect(await older).to.include({ code: 'CONNECTION_LOSS', olderUnanswered: 0 })
    }
    expect(codes).to.deep.equal([...Array(4).fill('CONNECTION_LOSS'), 'REQUEST_TOO_LARGE'])
  })

  it('is not blamed for connections that the network loses', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const suspect = new SuspectWrite(zk)
    const lost = new ZooKeeperError('CONNECTION_LOSS', { outcome: 'unknown' })
    for (let times = 0; times < 10; times++) {
      expect(await failure(suspect.send(() => Promise.reject(lost)))).to.equal(lost)
    }
  })

  it('is not concluded from connections that are lost with small writes', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    for (let times = 0; times < 6; times++) bed.server.dropNextRequest('create2')
    expect((await new Mutex(zk, '/mutex', quick).acquire({ data: 'small' })).held).to.equal(true)
  })
})

describe('setData of a kept znode with data that no server takes', () => {
  for (const [what, impossible, code] of [
    ['too large for the server', data, 'REQUEST_TOO_LARGE'],
    ['too large for any', Buffer.alloc(2_000_000), 'BAD_ARGUMENTS'],
  ] as const) {
    it(`is rejected, and the data that was there stays: ${what}`, async () => {
      await using bed = await TestBed.start({ maxBuffer: 20_000 })
      const zk = await bed.client()
      await using node = new PersistentNode(zk, '/kept', { data: 'first', ...quick })
      await node.start()
      expect((await failure(node.setData(impossible))).code).to.equal(code)
      expect(bed.server.dump()).to.include({ '/kept': 'first' })
      await node.setData('second')
      expect(bed.server.dump()).to.include({ '/kept': 'second' })
      bed.server.expireSession(zk.session.id)
      await until(
        'it is back',
        () => node.current !== null && !node.stale && bed.server.dump()['/kept'] === 'second',
      )
    })
  }
})
