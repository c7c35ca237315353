import { connect } from '@zookit/client'
import { TestEnsemble } from '@zookit/testing'
import { expect } from 'chai'
import { BackgroundDeleter } from '../src/core/background-deleter.ts'
import { WatchWaiter } from '../src/core/watch-waiter.ts'
import { Queue, type QueueItem } from '../src/index.ts'
import { completeOne, holdersOf, leftOf, PATH, queueOf } from './support/queues.ts'
import { abortOf, Clock, failure, isDone, settle, TestBed, until } from './support/test-bed.ts'

describe('A consumer of a queue', () => {
  it('gives its items to the others when its session ends, and cannot complete them', async () => {
    await using bed = await TestBed.start()
    const [dying, living] = [await bed.client(), await bed.client()]
    await queueOf(living).put('one')
    const item = await queueOf(dying).take()
    const waiting = queueOf(living).take()
    expect(await isDone(waiting)).to.equal(false)
    bed.server.expireSession(dying.session.id)
    const next = await waiting
    expect(String(next.data)).to.equal('one')
    await abortOf(item.signal)
    await until('it has a new session', () => dying.state === 'connected')
    expect(await failure(item.complete())).to.include({ code: 'OWNERSHIP_LOST', reason: 'expired' })
    await item.release()
    expect([next.held, ...leftOf(bed)]).to.deep.equal([true, 1, 1, 1])
    await next.complete()
    expect(leftOf(bed)).to.deep.equal([0, 0, 0])
  })

  it('cannot complete an item whose holder znode was deleted', async () => {
    await using bed = await TestBed.start()
    const [zk, other] = [await bed.client(), await bed.client()]
    await queueOf(zk).put('one')
    const item = await queueOf(zk).take()
    await other.delete(holdersOf(bed)[0]!)
    expect(await failure(item.complete())).to.include({ code: 'OWNERSHIP_LOST', reason: 'deleted' })
    expect([item.held, ...leftOf(bed)]).to.deep.equal([false, 1, 1, 0])
  })

  it('E4 is told of the loss of its items at once, and by the clock alone (B5)', async () => {
    await using bed = await TestBed.start()
    const clock = new Clock()
    const zk = await bed.client({ environment: clock.environment })
    const queue = queueOf(zk)
    await queue.putAll(['one', 'two'])
    const item = await queue.take()
    const kept = await queueOf(zk, { whenSuspended: 'keep' }).take()
    bed.server.dropConnection(zk.session.id)
    await abortOf(item.signal)
    expect([item.held, kept.held]).to.deep.equal([false, true])
    clock.advance(60_001)
    expect([kept.held, kept.signal.reason.reason]).to.deep.equal([false, 'deadline'])
  })

  it('completes an item once although the connection is lost during it', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const queue = queueOf(zk)
    await queue.putAll(['one', 'two', 'three'])
    const one = await queue.take()
    bed.server.loseNextReply('multi')
    await one.complete()
    const two = await queue.take()
    bed.server.dropNextRequest('multi')
    await two.complete()
    const three = await queue.take()
    bed.server.dropConnections()
    await abortOf(three.signal)
    await three.complete()
    expect(leftOf(bed)).to.deep.equal([0, 0, 0])
  })

  it('gets an unknown outcome of a completion when the session ends during it', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const queue = queueOf(zk)
    await queue.put('one')
    const item = await queue.take()
    bed.server.loseNextReply('multi')
    await bed.server.refuseConnections(true)
    const completing = item.complete()
    await until('it has noticed', () => zk.state !== 'connected')
    bed.server.expireSession(zk.session.id)
    await bed.server.refuseConnections(false)
    expect(await failure(completing)).to.include({ outcome: 'unknown' })
  })

  it('Z3 gives an item back until that has worked, and never takes it from the next one', async () => {
    await using bed = await TestBed.start()
    const [zk, other] = [await bed.client(), await bed.client()]
    await queueOf(zk).put('one')
    const item = await queueOf(zk).take()
    for (let times = 0; times < 2; times++) bed.server.dropNextRequest('multi')
    await item.release()
    const second = await queueOf(zk).take()
    // The answer is lost, and the next consumer has the item before the release is repeated.
    bed.server.loseNextReply('multi')
    await bed.server.refuseConnections(true)
    const releasing = second.release()
    const next = await queueOf(other).take()
    await bed.server.refuseConnections(false)
    await releasing
    expect([next.held, ...leftOf(bed)]).to.deep.equal([true, 1, 1, 1])
    await next.complete()
  })

  it('Z1 gives back what it has claimed without knowing it', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const queue = queueOf(zk)
    await queue.put('one')
    bed.server.loseNextReply('multi')
    expect(await completeOne(queue)).to.equal('one')
    await queue.put('two')
    bed.server.dropNextRequest('multi')
    expect(await completeOne(queue)).to.equal('two')
    await queue.put('three')
    bed.server.answerWith('exists', -127)
    expect(await completeOne(queue)).to.equal('three')
    await until('nothing is left', () => leftOf(bed).join() === '0,0,0')
  })

  it('Z2 goes on with the next item when one is gone and its server did not know', async () => {
    await using ensemble = await TestEnsemble.start({ tickTime: 100 })
    const options = { sessionTimeout: 60_000, closeTimeout: 1000 }
    const [lagging] = ensemble.followers
    await using zk = await connect(lagging!.hosts, options)
    await using other = await connect(ensemble.leader!.hosts, options)
    const queue = queueOf(other)
    await queue.put('one')
    await zk.sync()
    lagging!.stall()
    expect(await completeOne(queue)).to.equal('one')
    const taking = queueOf(zk).take()
    await until('it claims what has gone', () =>
      lagging!.requests().some(({ operation }) => operation === 'multi'),
    )
    lagging!.catchUp()
    expect(await isDone(taking)).to.equal(false)
    for (const part of ['items', 'claims']) {
      expect((await other.getChildren(`${PATH}/${part}`)).children, part).to.deep.equal([])
    }
    await queue.put('two')
    const next = await taking
    expect(String(next.data)).to.equal('two')
    await next.complete()
  })

  it('L2 leaves nothing behind after many items', async function () {
    this.timeout(30_000)
    await using bed = await TestBed.start({ recordRequests: false })
    const [zk, other] = [await bed.client(), await bed.client()]
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
    const [queue, producer] = [queueOf(zk), queueOf(other)]
    const stop = new AbortController()
    for (let times = 0; times < 300; times++) {
      const taking = queue.take({ signal: stop.signal, timeout: 60_000 })
      await producer.put(`${times}`)
      const item = await taking
      if (times % 3 === 0) await item.release()
      else await item.complete()
    }
    while ((await queue.size()) > 0) await completeOne(queue)
    expect(leftOf(bed)).to.deep.equal([0, 0, 0])
    expect([listening.size, BackgroundDeleter.of(zk).pending]).to.deep.equal([0, 0])
    // The remaining watches were set by the consumers that waited last.
    expect(WatchWaiter.count(zk)).to.be.below(3)
    expect(bed.server.watches().length).to.be.below(3)
  })

  it('Z7 takes in order when the numbers wrap around', async () => {
    await using bed = await TestBed.start()
    const queue = queueOf(await bed.client())
    await queue.put('first')
    bed.server.setSequence(`${PATH}/items`, 2 ** 31 - 2)
    await completeOne(queue)
    const data = ['one', 'two', 'three', 'four', 'five']
    for (const one of data) await queue.put(one)
    for (const one of data) expect(await completeOne(queue)).to.equal(one)
  })

  it('ignores children that are not items, and goes on when the queue was deleted', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
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
  it('conflict rarely, and each item goes to one of them', async () => {
    await using bed = await TestBed.start({ recordRequests: false })
    const zks = await Promise.all(Array.from({ length: 10 }, () => bed.client()))
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
    await until('nothing is left', () => leftOf(bed).join() === '0,0,0')
  })

  it('each read little when one item is put while all of them wait', async () => {
    await using bed = await TestBed.start()
    const zks = await Promise.all(Array.from({ length: 10 }, () => bed.client()))
    const queues = zks.map(zk => queueOf(zk, { jitter: 0 }))
    const taking = queues.map(queue => queue.take())
    for (const each of taking) each.catch(() => {})
    await settle()
    bed.server.clearRequests()
    await queueOf(zks[0]!).put('one')
    const item = await Promise.any(taking)
    await settle()
    const lists = bed.operations().filter(name => name.startsWith('getChildren')).length
    // Woken by the item: one listing of items and claims, and two more with watches for the consumers that were too
    // late.
    expect(lists).to.be.at.most(8 * zks.length)
    expect(bed.operations().filter(name => name === 'multi').length).to.be.at.most(zks.length)
    await item.complete()
  })
})

describe('Consuming a queue', () => {
  it('works on the given number at a time, and completes what was done', async () => {
    await using bed = await TestBed.start()
    const queue = queueOf(await bed.client())
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
    expect(await consuming).to.equal(undefined)
    expect([most, working]).to.deep.equal([3, 0])
    expect(leftOf(bed)).to.deep.equal([0, 0, 0])
  })

  it('has any number of workers without a warning', async () => {
    await using bed = await TestBed.start()
    const queue = queueOf(await bed.client())
    const warnings: string[] = []
    const onWarning = ({ name }: Error): void => void warnings.push(name)
    process.on('warning', onWarning)
    const stop = new AbortController()
    const consuming = queue.consume(() => {}, { concurrency: 20, signal: stop.signal })
    await settle()
    stop.abort()
    await consuming
    await settle()
    process.off('warning', onWarning)
    expect(warnings).to.deep.equal([])
  })

  it('ends when the work fails, and gives the item back', async () => {
    await using bed = await TestBed.start()
    const queue = queueOf(await bed.client())
    await queue.putAll(['one', 'two'])
    const consuming = queue.consume(
      () => {
        throw new RangeError('broken')
      },
      { concurrency: 2 },
    )
    expect(await failure(consuming)).to.be.instanceOf(RangeError)
    expect(leftOf(bed)).to.deep.equal([2, 0, 0])
  })

  it('goes on if its failures are handled', async () => {
    await using bed = await TestBed.start()
    const queue = queueOf(await bed.client())
    const dead = new Queue(await bed.client(), '/queues/dead')
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
    await queue.consume(work, { signal: stop.signal, onError })
    expect(seen).to.deep.equal(['good', 'bad', 'last'])
    expect([await queue.size(), await dead.size()]).to.deep.equal([0, 1])
  })

  it('finishes what it works on when it is ended, and takes no more', async () => {
    await using bed = await TestBed.start()
    const queue = queueOf(await bed.client())
    await queue.putAll(['one', 'two'])
    const stop = new AbortController()
    const consuming = queue.consume(
      async () => {
        stop.abort()
        await settle()
      },
      { signal: stop.signal },
    )
    expect(await consuming).to.equal(undefined)
    expect(leftOf(bed)).to.deep.equal([1, 0, 0])
    const aborted = queue.consume(() => {}, { signal: stop.signal })
    expect(await aborted).to.equal(undefined)
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

  it('goes on with the next item when one was lost during the work', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const queue = queueOf(zk)
    await queue.put('one')
    const stop = new AbortController()
    let times = 0
    const consuming = queue.consume(
      async (_item, signal) => {
        if (++times === 2) return stop.abort()
        bed.server.expireSession(zk.session.id)
        await abortOf(signal)
        throw new RangeError('a consequence')
      },
      { signal: stop.signal },
    )
    expect(await consuming).to.equal(undefined)
    expect([times, ...leftOf(bed)]).to.deep.equal([2, 0, 0, 0])
  })
})
