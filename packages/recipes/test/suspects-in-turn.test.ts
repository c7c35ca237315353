import type { ZooKeeper } from '@zookit/client'
import { expect } from 'chai'
import { Barrier, Lease, type Limits, SharedValue } from '../src/index.ts'
import { failure, settle, TestBed, until } from './support/test-bed.ts'

/** So large that its write is sent one at a time once a connection was lost over it. */
const data = Buffer.alloc(2000)
const quick = { jitter: 0 }

interface Case {
  readonly operation: 'create' | 'setData'
  readonly write: (zk: ZooKeeper, path: string, limits: Limits) => Promise<unknown>
}

/** Calls whose write goes on when they end. */
const GOING_ON: Record<string, Case> = {
  'Barrier.set': {
    operation: 'create',
    write: (zk, path, limits) => new Barrier(zk, `${path}/new`, { ...quick, data }).set(limits),
  },
  'Lease.tryAcquire': {
    operation: 'setData',
    write: (zk, path, limits) => new Lease(zk, path, { ...quick, duration: 60_000, data }).tryAcquire(limits),
  },
}

/** Calls that end their write. */
const ENDING: Record<string, Case> = {
  'SharedValue.trySet': {
    operation: 'setData',
    write: (zk, path, limits) => new SharedValue(zk, `${path}/lease-0`, quick).trySet(data, 0, limits),
  },
  'SharedValue.trySet of a new znode': {
    operation: 'create',
    write: (zk, path, limits) => new SharedValue(zk, `${path}/new`, quick).trySet(data, null, limits),
  },
}

describe('A large write that waits for others after a loss', () => {
  async function start(): Promise<{ bed: TestBed; zk: ZooKeeper }> {
    const tree = { 'lease-0': '' }
    const bed = await TestBed.start({ seed: { one: tree, two: tree } })
    const zk = await bed.client()
    // Measures the clock, so that a lease needs no other write.
    await new Lease(zk, '/one', { duration: 60_000 }).holders()
    return { bed, zk }
  }
  const largeOf = (bed: TestBed): string[] => {
    const tree = Object.entries(bed.server.dump())
    return tree.filter(([, text]) => String(text).length >= data.length).map(([path]) => path)
  }

  for (const [name, { operation, write }] of Object.entries(GOING_ON)) {
    it(`is not sent when its call has ended: ${name}`, async () => {
      const { bed, zk } = await start()
      await using _ = bed
      bed.server.dropNextRequest(operation)
      const writing = ['/one', '/two'].map(path => failure(write(zk, path, { timeout: 300 })))
      await until('the loss', () => zk.state !== 'connected')
      bed.server.holdNextReply(operation)
      for (const error of await Promise.all(writing)) expect(error).to.include({ code: 'REQUEST_TIMEOUT' })
      const before = largeOf(bed)
      bed.server.releaseReplies()
      await settle()
      expect(largeOf(bed).filter(path => !before.includes(path))).to.deep.equal([])
    })
  }

  for (const [name, { operation, write }] of Object.entries(ENDING)) {
    it(`waits no longer than its call may last: ${name}`, async () => {
      const { bed, zk } = await start()
      await using _ = bed
      bed.server.dropNextRequest(operation)
      const first = write(zk, '/one', {})
      const second = failure(write(zk, '/two', { timeout: 200 }))
      await until('the loss', () => zk.state !== 'connected')
      bed.server.holdNextReply(operation)
      expect(await second).to.include({ code: 'REQUEST_TIMEOUT', outcome: 'not-sent' })
      bed.server.releaseReplies()
      await first
      expect(largeOf(bed)).to.have.length(1)
    })
  }
})
