import type { ZooKeeper } from '@zookit/client'
import { expect } from 'chai'
import { BackgroundDeleter } from '../src/core/background-deleter.ts'
import {
  type Handle,
  LeaderElection,
  MultiLock,
  Mutex,
  Queue,
  ReadWriteLock,
  type RecipeOptions,
  ReentrantMutex,
  Semaphore,
} from '../src/index.ts'
import { abortOf, Clock, failure, settle, TestBed, until } from './support/test-bed.ts'

type Acquire = (zk: ZooKeeper, options?: RecipeOptions) => Promise<Handle>

const LOCKS: Record<string, Acquire> = {
  'a mutex': (zk, options) => new Mutex(zk, '/lock', options).acquire(),
  'a re-entrant mutex': (zk, options) => new ReentrantMutex(zk, '/lock', options).acquire(),
  'a writer': (zk, options) => new ReadWriteLock(zk, '/lock', options).write.acquire(),
  'a semaphore': (zk, options) => new Semaphore(zk, '/lock', { ...options, size: 1 }).acquire(),
  'the leadership': (zk, options) => new LeaderElection(zk, '/lock', options).campaign(),
  'several locks': (zk, options) =>
    new MultiLock(zk, [new Mutex(zk, '/lock/a', options), new Mutex(zk, '/lock/b', options)]).acquire(),
}

describe('What was lost with the connection', () => {
  for (const [name, acquire] of Object.entries(LOCKS)) {
    it(`can be acquired again, ${name}, though its holder has forgotten it and the session lives`, async () => {
      await using bed = await TestBed.start()
      const [zk, other] = [await bed.client(), await bed.client()]
      const { id } = zk.session
      const { signal, token } = await acquire(zk)
      const waiting = acquire(other)
      await settle()
      bed.server.dropConnection(id)
      await abortOf(signal)
      const next = await waiting
      expect(next.token > token).to.equal(true)
      await next.release()
      const again = await acquire(zk)
      expect([again.held, zk.session.id]).to.deep.equal([true, id])
    })

    it(`stays held, ${name}, where it outlasts the connection, and can be acquired after its deadline`, async () => {
      await using bed = await TestBed.start()
      const clock = new Clock()
      const zk = await bed.client({ environment: clock.environment })
      const other = await bed.client()
      const { id } = zk.session
      const handle = await acquire(zk, { whenSuspended: 'keep' })
      const waiting = acquire(other)
      bed.server.dropConnection(id)
      await until('it is back', () => zk.state === 'connected')
      await settle()
      expect(handle.held).to.equal(true)
      clock.advance(zk.session.timeout + 1)
      expect(handle.held).to.equal(false)
      expect((await waiting).held).to.equal(true)
    })
  }

  it('can be taken again, an item of a queue, though its consumer has forgotten it and the session lives', async () => {
    await using bed = await TestBed.start()
    const [zk, other] = [await bed.client(), await bed.client()]
    const { id } = zk.session
    await new Queue(zk, '/queue').put('one')
    const item = await new Queue(zk, '/queue').take()
    const waiting = new Queue(other, '/queue').take()
    bed.server.dropConnection(id)
    await abortOf(item.signal)
    const next = await waiting
    expect([String(next.data), next.token > item.token, zk.session.id]).to.deep.equal(['one', true, id])
    expect(await failure(item.complete())).to.include({ code: 'OWNERSHIP_LOST', reason: 'suspended' })
    await next.complete()
    expect(bed.names('/queue/items')).to.deep.equal([])
  })

  it('is completed all the same, an item of a queue, where its completion has begun by then, or the loop that works on it has not ended', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const queue = new Queue(zk, '/queue')
    await queue.putAll(['one', 'two'])
    const item = await queue.take()
    const dropped = bed.server.dropNextRequest('multi')
    await item.complete()
    dropped.cancel()
    const ended = new AbortController()
    const attempts: number[] = []
    const consuming = queue.consume(
      async ({ attempts: count, signal }) => {
        attempts.push(count)
        bed.server.dropConnection(zk.session.id)
        await abortOf(signal)
        await until('it is connected again', () => zk.state === 'connected')
      },
      { signal: ended.signal },
    )
    consuming.catch(() => {})
    await until('nothing is left', () => bed.names('/queue/items').length === 0)
    ended.abort()
    await consuming
    expect(attempts).to.deep.equal([1])
  })

  it('is released once, whoever releases it', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const lock = await new Mutex(zk, '/lock').acquire()
    bed.server.clearRequests()
    bed.server.dropConnections()
    await abortOf(lock.signal)
    await lock.release()
    await until('nothing is left to do', () => BackgroundDeleter.of(zk).pending === 0)
    expect(bed.operations(zk).filter(name => name === 'delete')).to.have.length(1)
    expect(bed.names('/lock')).to.deep.equal([])
  })
})
