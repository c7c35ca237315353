import type { ZooKeeper } from '@zookit/client'
import { expect } from 'chai'
import { Bell } from '../src/core/bell.ts'
import { Sweeper } from '../src/core/sweeper.ts'
import { OwnershipError, Queue, type QueueItem } from '../src/index.ts'
import { abortOf, Clock, failure, Ground, nextState, settle, until } from './support/ground.ts'
import { RoundTrips } from './support/round-trips.ts'

const PATH = '/queues/jobs'

function queueOf(zk: ZooKeeper, options = {}): Queue {
  return new Queue(zk, PATH, { jitter: 0, ...options })
}

/** What is left of a queue: how many items, claims and holders. */
function leftOf(ground: Ground): number[] {
  return ['items', 'claims', 'holders'].map(part => ground.names(`${PATH}/${part}`).length)
}

async function isDone(promise: Promise<unknown>): Promise<boolean> {
  await settle()
  return Promise.race([promise.then(() => true), settle().then(() => false)])
}

async function completeOne(queue: Queue): Promise<string> {
  const item = await queue.take()
  await item.complete()
  return String(item.data)
}

describe('A queue', () => {
  it('gives out what was put into it, first in first out, and once', async () => {
    await using ground = await Ground.lay()
    const [producer, consumer] = [queueOf(await ground.client()), queueOf(await ground.client())]
    const path = await producer.put('one')
    expect(ground.server.dump()[path]).to.equal('one')
    const paths = await producer.putAll(['two', Buffer.from('three'), null])
    expect(paths).to.have.length(3)
    expect(await producer.size()).to.equal(4)
    const taken = [await completeOne(consumer), await completeOne(consumer), await completeOne(consumer)]
    expect(taken).to.deep.equal(['one', 'two', 'three'])
    const last = await consumer.take()
    expect(last.data).to.equal(null)
    expect(await producer.tryTake()).to.equal(null)
    await last.complete()
    await last.complete()
    expect(leftOf(ground)).to.deep.equal([0, 0, 0])
    expect(await producer.size()).to.equal(0)
  })

  it('is put into in one round trip, taken from in two, and an item is completed in one', async () => {
    await using ground = await Ground.lay()
    const trips = new RoundTrips()
    const queue = queueOf(await ground.client({ environment: trips.environment }))
    await queue.put('first')
    await completeOne(queue)
    trips.take()
    await queue.put('one')
    expect(trips.take()).to.equal(1)
    const item = await queue.take()
    expect(trips.take()).to.equal(2)
    await item.complete()
    expect(trips.take()).to.equal(1)
    expect(await queue.tryTake()).to.equal(null)
    expect(trips.take()).to.equal(1)
    await queue.putAll(Array.from({ length: 100 }, (_, index) => `${index}`))
    expect(trips.take()).to.equal(1)
  })

  it('is waited for, also before it exists, and by several in their order', async () => {
    await using ground = await Ground.lay()
    const [consumer, producer] = [queueOf(await ground.client()), queueOf(await ground.client())]
    const taking = [consumer.take(), consumer.take()]
    expect(await isDone(Promise.race(taking))).to.equal(false)
    await producer.putAll(['one', 'two'])
    const items = await Promise.all(taking)
    expect(items.map(({ data }) => String(data))).to.deep.equal(['one', 'two'])
    await Promise.all(items.map(item => item.complete()))
  })

  it('shares one listing and one pair of watches among all who wait in a process', async () => {
    await using ground = await Ground.lay()
    const zk = await ground.client()
    const queue = queueOf(zk)
    await queue.put('busy')
    const item = await queue.take()
    const taking = Array.from({ length: 10 }, () => queue.take())
    await settle()
    expect(ground.server.watches().map(({ kind }) => kind)).to.deep.equal(['child', 'child'])
    ground.server.clearRequests()
    await queue.putAll(Array.from({ length: 10 }, (_, index) => `${index}`))
    const items = await Promise.all(taking)
    expect(items.map(({ data }) => String(data))).to.deep.equal('0123456789'.split(''))
    expect(ground.operations().filter(name => name.startsWith('getChildren'))).to.have.length(2)
    await Promise.all([...items, item].map(one => one.complete()))
  })

  it('gives an item back to the others when it is released, or its scope is left', async () => {
    await using ground = await Ground.lay()
    const [first, second] = [queueOf(await ground.client()), queueOf(await ground.client())]
    await first.putAll(['one', 'two'])
    const item = await first.take()
    const taken = await second.take()
    expect([String(item.data), String(taken.data)]).to.deep.equal(['one', 'two'])
    const waiting = second.take()
    expect(await isDone(waiting)).to.equal(false)
    await item.release()
    expect(item.held).to.equal(false)
    expect(item.signal.reason).to.be.instanceOf(OwnershipError)
    const again = await waiting
    expect(String(again.data)).to.equal('one')
    expect(again.token > item.token).to.equal(true)
    expect(await failure(item.complete())).to.include({ code: 'OWNERSHIP_LOST', reason: 'released' })
    await taken.complete()
    {
      await using scoped = again
      expect(scoped.held).to.equal(true)
    }
    expect(leftOf(ground)).to.deep.equal([1, 0, 0])
    {
      await using scoped = await first.take()
      await scoped.complete()
    }
    expect(leftOf(ground)).to.deep.equal([0, 0, 0])
  })

  it('guards a transaction by a claim: who has given the item back writes nothing', async () => {
    await using ground = await Ground.lay({ seed: { result: '' } })
    const [zk, other] = [await ground.client(), await ground.client()]
    await queueOf(zk).put('one')
    const item = await queueOf(zk).take()
    await item.guard(zk.transaction().setData('/result', 'mine')).commit()
    await item.release()
    const next = await queueOf(other).take()
    const late = item.guard(zk.transaction().setData('/result', 'late')).commit()
    expect(await failure(late)).to.include({ code: 'NO_NODE' })
    expect(ground.server.dump()['/result']).to.equal('mine')
    await next.complete()
  })

  it('Z4 is given up waiting for, and gives back what was claimed in the same moment', async () => {
    await using ground = await Ground.lay()
    const zk = await ground.client()
    const queue = queueOf(zk)
    const abort = new AbortController()
    const taking = queue.take({ signal: abort.signal })
    await settle()
    abort.abort()
    expect(await failure(taking)).to.include({ code: 'ABORTED', operation: 'take' })
    expect(await failure(queue.take({ timeout: 5 }))).to.include({ code: 'REQUEST_TIMEOUT' })
    await queue.put('one')
    ground.server.holdNextReply('multi')
    const late = queue.take({ timeout: 20 })
    expect(await failure(late)).to.include({ code: 'REQUEST_TIMEOUT' })
    ground.server.releaseReplies()
    await until('it has gone back', () => leftOf(ground).join() === '1,0,0')
    await until('nothing is left to do', () => Sweeper.of(zk).pending === 0)
    expect(Bell.count(zk)).to.be.below(3)
    expect(await completeOne(queue)).to.equal('one')
  })

  it('refuses arguments that make no sense, and says why it cannot be used', async () => {
    await using ground = await Ground.lay()
    const zk = await ground.client()
    for (const options of [{ maxSize: 0 }, { jitter: -1 }, { whenSuspended: 'wait' }]) {
      expect(() => queueOf(zk, options))
        .to.throw()
        .with.property('code', 'BAD_ARGUMENTS')
    }
    const queue = queueOf(zk)
    expect(await failure(queue.put(5 as unknown as string))).to.include({ code: 'BAD_ARGUMENTS' })
    expect(await failure(queue.consume(() => {}, { concurrency: 0 }))).to.include({ code: 'BAD_ARGUMENTS' })
    await queue.put('one')
    ground.server.answerWith('getChildren2', -102)
    expect(await failure(queue.take())).to.include({ code: 'NO_AUTH' })
    const item = await queue.take()
    ground.server.answerWith('multi', -102)
    expect(await failure(item.complete())).to.include({ code: 'NO_AUTH' })
    const taking = queue.take()
    taking.catch(() => {})
    await settle()
    await zk.close()
    expect(await failure(taking)).to.include({ code: 'CLOSED' })
    expect(await failure(queue.put('late'))).to.include({ code: 'CLOSED' })
  })
})

describe('A put into a queue', () => {
  it('Z1 is found by its name when its answer was lost, and is not put twice', async () => {
    await using ground = await Ground.lay()
    const queue = queueOf(await ground.client())
    await queue.put('first')
    ground.server.loseNextReply('create')
    const path = await queue.put('one')
    expect(ground.server.dump()[path]).to.equal('one')
    ground.server.loseNextReply('multi')
    const paths = await queue.putAll(['two', 'three'])
    expect(paths.map(each => ground.server.dump()[each])).to.deep.equal(['two', 'three'])
    expect(await queue.size()).to.equal(4)
  })

  it('Z1 says that it is not known what has become of it where that cannot be known', async () => {
    await using ground = await Ground.lay()
    const queue = queueOf(await ground.client())
    await queue.put('first')
    ground.server.dropNextRequest('create')
    expect(await failure(queue.put('one'))).to.include({ code: 'CONNECTION_LOSS', outcome: 'unknown' })
    expect(await queue.size()).to.equal(1)
  })

  it('R3 waits for a connection, and is tried again where it certainly was not done', async () => {
    await using ground = await Ground.lay()
    const zk = await ground.client({ whenDisconnected: 'reject' })
    const queue = queueOf(zk)
    await queue.put('first')
    const noticed = nextState(zk)
    ground.server.dropConnections()
    await noticed
    await queue.put('one')
    ground.server.answerWith('create', -127)
    await queue.put('two')
    expect(await queue.size()).to.equal(3)
  })

  it('says that it may have been done when it is given up after it was sent', async () => {
    await using ground = await Ground.lay()
    const queue = queueOf(await ground.client())
    await queue.put('first')
    ground.server.holdNextReply('create')
    const error = await failure(queue.put('one', { timeout: 5 }))
    expect(error).to.include({ code: 'REQUEST_TIMEOUT', outcome: 'unknown' })
    ground.server.releaseReplies()
    expect(await queue.size()).to.equal(2)
    const abort = AbortSignal.abort()
    expect(await failure(queue.put('two', { signal: abort }))).to.include({ code: 'ABORTED' })
    expect(await queue.size()).to.equal(2)
  })

  it('waits for room in a queue that is bounded', async () => {
    await using ground = await Ground.lay()
    const [producer, consumer] = [
      queueOf(await ground.client(), { maxSize: 2 }),
      queueOf(await ground.client()),
    ]
    await producer.put('one')
    await producer.put('two')
    const putting = producer.put('three')
    expect(await isDone(putting)).to.equal(false)
    const item = await consumer.take()
    expect(await isDone(putting)).to.equal(false)
    await item.complete()
    await putting
    expect(await failure(producer.put('four', { timeout: 5 }))).to.include({ code: 'REQUEST_TIMEOUT' })
    expect(await producer.size()).to.equal(2)
  })

  it('goes in several transactions when there is much of it', async () => {
    await using ground = await Ground.lay()
    const queue = queueOf(await ground.client())
    await queue.put('first')
    ground.server.clearRequests()
    const data = Array.from({ length: 300 }, (_, index) => `${index}`)
    await queue.putAll(data)
    expect(ground.operations()).to.deep.equal(['multi', 'multi', 'multi'])
    ground.server.clearRequests()
    await queue.putAll([Buffer.alloc(200_000), Buffer.alloc(200_000), 'small'])
    expect(ground.operations()).to.deep.equal(['create', 'multi'])
    await completeOne(queue)
    for (const expected of data.slice(0, 150)) expect(await completeOne(queue)).to.equal(expected)
    await queue.putAll([])
  })
})

describe('A consumer of a queue', () => {
  it('gives its items to the others when its session ends, and cannot complete them', async () => {
    await using ground = await Ground.lay()
    const [dying, living] = [await ground.client(), await ground.client()]
    await queueOf(living).put('one')
    const item = await queueOf(dying).take()
    const waiting = queueOf(living).take()
    expect(await isDone(waiting)).to.equal(false)
    ground.server.expireSession(dying.session.id)
    const next = await waiting
    expect(String(next.data)).to.equal('one')
    await abortOf(item.signal)
    await until('it has a new session', () => dying.state === 'connected')
    expect(await failure(item.complete())).to.include({ code: 'OWNERSHIP_LOST', reason: 'expired' })
    await item.release()
    expect([next.held, ...leftOf(ground)]).to.deep.equal([true, 1, 1, 1])
    await next.complete()
    expect(leftOf(ground)).to.deep.equal([0, 0, 0])
  })

  it('cannot complete an item of which somebody has taken the holder away', async () => {
    await using ground = await Ground.lay()
    const [zk, other] = [await ground.client(), await ground.client()]
    await queueOf(zk).put('one')
    const item = await queueOf(zk).take()
    const [holder] = ground.names(`${PATH}/holders`)
    await other.delete(`${PATH}/holders/${holder}`)
    expect(await failure(item.complete())).to.include({ code: 'OWNERSHIP_LOST', reason: 'deleted' })
    expect([item.held, ...leftOf(ground)]).to.deep.equal([false, 1, 1, 0])
  })

  it('E4 is told of the loss of its items at once, and by the clock alone (B5)', async () => {
    await using ground = await Ground.lay()
    const clock = new Clock()
    const zk = await ground.client({ environment: clock.environment })
    const queue = queueOf(zk)
    await queue.putAll(['one', 'two'])
    const item = await queue.take()
    const kept = await queueOf(zk, { whenSuspended: 'keep' }).take()
    ground.server.dropConnection(zk.session.id)
    await abortOf(item.signal)
    expect([item.held, kept.held]).to.deep.equal([false, true])
    clock.advance(60_001)
    expect([kept.held, kept.signal.reason.reason]).to.deep.equal([false, 'deadline'])
  })

  it('completes an item although the connection is lost over it, once', async () => {
    await using ground = await Ground.lay()
    const zk = await ground.client()
    const queue = queueOf(zk)
    await queue.putAll(['one', 'two', 'three'])
    const [one, two, three] = [await queue.take(), await queue.take(), await queue.take()]
    ground.server.loseNextReply('multi')
    await one.complete()
    ground.server.dropNextRequest('multi')
    await two.complete()
    ground.server.dropConnections()
    await abortOf(three.signal)
    await three.complete()
    expect(leftOf(ground)).to.deep.equal([0, 0, 0])
  })

  it('is told that it is not known whether an item was completed when the session ends over it', async () => {
    await using ground = await Ground.lay()
    const zk = await ground.client()
    const queue = queueOf(zk)
    await queue.put('one')
    const item = await queue.take()
    ground.server.loseNextReply('multi')
    await ground.server.refuseConnections(true)
    const completing = item.complete()
    await until('it has noticed', () => zk.state !== 'connected')
    ground.server.expireSession(zk.session.id)
    await ground.server.refuseConnections(false)
    expect(await failure(completing)).to.include({ outcome: 'unknown' })
  })

  it('Z3 gives an item back until that has worked, and never takes it from the next one', async () => {
    await using ground = await Ground.lay()
    const [zk, other] = [await ground.client(), await ground.client()]
    await queueOf(zk).put('one')
    const item = await queueOf(zk).take()
    for (let times = 0; times < 2; times++) ground.server.dropNextRequest('multi')
    await item.release()
    const second = await queueOf(zk).take()
    // The answer is lost, the next one has the item before the release is tried again.
    ground.server.loseNextReply('multi')
    await ground.server.refuseConnections(true)
    const releasing = second.release()
    const next = await queueOf(other).take()
    await ground.server.refuseConnections(false)
    await releasing
    expect([next.held, ...leftOf(ground)]).to.deep.equal([true, 1, 1, 1])
    await next.complete()
  })

  it('Z1 gives back what it has claimed without knowing it', async () => {
    await using ground = await Ground.lay()
    const zk = await ground.client()
    const queue = queueOf(zk)
    await queue.put('one')
    ground.server.loseNextReply('multi')
    expect(await completeOne(queue)).to.equal('one')
    await queue.put('two')
    ground.server.dropNextRequest('multi')
    expect(await completeOne(queue)).to.equal('two')
    await queue.put('three')
    ground.server.answerWith('exists', -127)
    expect(await completeOne(queue)).to.equal('three')
    await until('nothing is left', () => leftOf(ground).join() === '0,0,0')
  })

  it('Z7 takes in order where the numbers wrap around', async () => {
    await using ground = await Ground.lay()
    const queue = queueOf(await ground.client())
    await queue.put('first')
    ground.server.setSequence(`${PATH}/items`, 2 ** 31 - 2)
    await completeOne(queue)
    const data = ['one', 'two', 'three', 'four', 'five']
    for (const one of data) await queue.put(one)
    for (const one of data) expect(await completeOne(queue)).to.equal(one)
  })

  it('ignores children that are no items, and goes on when the queue was deleted', async () => {
    await using ground = await Ground.lay()
    const zk = await ground.client()
    const queue = queueOf(zk)
    await queue.put('one')
    await zk.create(`${PATH}/items/readme`, 'not an item')
    await zk.create(`${PATH}/items/plain-item-0000000000`, 'of somebody else')
    expect(await completeOne(queue)).to.match(/one|somebody/)
    expect(await completeOne(queue)).to.match(/one|somebody/)
    expect(await queue.tryTake()).to.equal(null)
    const taking = queue.take()
    await settle()
    await zk.removeTree(PATH)
    await queue.put('two')
    expect(String((await taking).data)).to.equal('two')
  })
})

describe('Many consumers of a queue', () => {
  it('come into each other’s way seldom, and each item goes to one of them', async () => {
    await using ground = await Ground.lay({ recordRequests: false })
    const zks = await Promise.all(Array.from({ length: 10 }, () => ground.client()))
    const queues = zks.map(zk => queueOf(zk, { jitter: 50 }))
    const taken: string[] = []
    const stop = new AbortController()
    const total = 300
    const consuming = queues.map(queue =>
      queue
        .consume(
          item => {
            taken.push(String(item.data))
            if (taken.length === total) stop.abort()
          },
          { signal: stop.signal },
        )
        .catch(() => {}),
    )
    await queues[0]!.putAll(Array.from({ length: total }, (_, index) => `${index}`))
    await Promise.all(consuming)
    expect(new Set(taken).size).to.equal(total)
    expect(taken).to.have.length(total)
    const conflicts = queues.reduce((sum, queue) => sum + queue.conflicts, 0)
    expect(conflicts, 'conflicts').to.be.within(1, total)
    await until('nothing is left', () => leftOf(ground).join() === '0,0,0')
  })

  it('each read little when one item is put before all of them', async () => {
    await using ground = await Ground.lay()
    const zks = await Promise.all(Array.from({ length: 10 }, () => ground.client()))
    const queues = zks.map(zk => queueOf(zk, { jitter: 0 }))
    const taking = queues.map(queue => queue.take())
    for (const each of taking) each.catch(() => {})
    await settle()
    ground.server.clearRequests()
    await queueOf(zks[0]!).put('one')
    const item = await Promise.any(taking)
    await settle()
    const lists = ground.operations().filter(name => name.startsWith('getChildren')).length
    // Woken by the item: one look at items and claims, and two more with watches for those who have come too late.
    expect(lists).to.be.at.most(8 * zks.length)
    expect(ground.operations().filter(name => name === 'multi').length).to.be.at.most(zks.length)
    await item.complete()
  })
})

describe('Consuming a queue', () => {
  it('works on as many at a time as it is told to, and completes what was done', async () => {
    await using ground = await Ground.lay()
    const queue = queueOf(await ground.client())
    await queue.putAll(Array.from({ length: 20 }, (_, index) => `${index}`))
    const stop = new AbortController()
    let [working, most, done] = [0, 0, 0]
    const consuming = queue.consume(
      async (item, signal) => {
        expect([item.held, signal.aborted]).to.deep.equal([true, false])
        most = Math.max(most, ++working)
        await settle()
        working--
        if (++done === 20) stop.abort()
      },
      { concurrency: 3, signal: stop.signal },
    )
    expect(await failure(consuming)).to.include({ code: 'ABORTED', operation: 'consume' })
    expect([most, working]).to.deep.equal([3, 0])
    expect(leftOf(ground)).to.deep.equal([0, 0, 0])
  })

  it('ends when the work fails, and gives the item back', async () => {
    await using ground = await Ground.lay()
    const queue = queueOf(await ground.client())
    await queue.putAll(['one', 'two'])
    const consuming = queue.consume(
      () => {
        throw new RangeError('broken')
      },
      { concurrency: 2 },
    )
    expect(await failure(consuming)).to.be.instanceOf(RangeError)
    expect(leftOf(ground)).to.deep.equal([2, 0, 0])
  })

  it('goes on when somebody sees to its failures', async () => {
    await using ground = await Ground.lay()
    const queue = queueOf(await ground.client())
    const dead = new Queue(await ground.client(), '/queues/dead')
    await queue.putAll(['good', 'bad', 'last'])
    const stop = new AbortController()
    const seen: string[] = []
    const work = (item: QueueItem): void => {
      seen.push(String(item.data))
      if (String(item.data) === 'bad') throw new RangeError('broken')
      if (String(item.data) === 'last') stop.abort()
    }
    const onError = async (error: unknown, item: QueueItem): Promise<void> => {
      expect(error).to.be.instanceOf(RangeError)
      await dead.put(item.data)
      await item.complete()
    }
    await failure(queue.consume(work, { signal: stop.signal, onError }))
    expect(seen).to.deep.equal(['good', 'bad', 'last'])
    expect([await queue.size(), await dead.size()]).to.deep.equal([0, 1])
  })

  it('finishes what it works on when it is ended, and takes no more', async () => {
    await using ground = await Ground.lay()
    const queue = queueOf(await ground.client())
    await queue.putAll(['one', 'two'])
    const stop = new AbortController()
    const consuming = queue.consume(
      async () => {
        stop.abort()
        await settle()
      },
      { signal: stop.signal },
    )
    expect(await failure(consuming)).to.include({ code: 'ABORTED' })
    expect(leftOf(ground)).to.deep.equal([1, 0, 0])
    const aborted = queue.consume(() => {}, { signal: stop.signal })
    expect(await failure(aborted)).to.include({ code: 'ABORTED' })
    const broken = new AbortController()
    const failing = queue.consume(
      async () => {
        broken.abort()
        throw new RangeError('broken')
      },
      { signal: broken.signal },
    )
    expect(await failure(failing)).to.be.instanceOf(RangeError)
  })

  it('goes on with the next item when one was lost over the work', async () => {
    await using ground = await Ground.lay()
    const zk = await ground.client()
    const queue = queueOf(zk)
    await queue.put('one')
    const stop = new AbortController()
    let times = 0
    const consuming = queue.consume(
      async (_item, signal) => {
        if (++times === 2) return stop.abort()
        ground.server.expireSession(zk.session.id)
        await abortOf(signal)
        throw new RangeError('a consequence')
      },
      { signal: stop.signal },
    )
    expect(await failure(consuming)).to.include({ code: 'ABORTED' })
    expect([times, ...leftOf(ground)]).to.deep.equal([2, 0, 0, 0])
  })
})
