import { acl } from '@zookit/client'
import { expect } from 'chai'
import { BackgroundDeleter } from '../src/core/background-deleter.ts'
import { WatchWaiter } from '../src/core/watch-waiter.ts'
import { OwnershipError } from '../src/index.ts'
import { completeOne, leftOf, queueOf } from './support/queues.ts'
import { RoundTrips } from './support/round-trips.ts'
import { failure, isDone, nextState, settle, TestBed, until } from './support/test-bed.ts'

describe('A queue', () => {
  it('delivers its items first in, first out, and once', async () => {
    await using bed = await TestBed.start()
    const [producer, consumer] = [queueOf(await bed.client()), queueOf(await bed.client())]
    const path = await producer.put('one')
    expect(bed.server.dump()[path]).to.equal('one')
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
    expect(leftOf(bed)).to.deep.equal([0, 0, 0])
    expect(await producer.size()).to.equal(0)
  })

  it('takes one round trip to put, two to take, and one to complete', async () => {
    await using bed = await TestBed.start()
    const trips = new RoundTrips()
    const queue = queueOf(await bed.client({ environment: trips.environment }))
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
    for (let index = 0; index < 66; index++) {
      // Listed items need no further listing as long as 64 items last.
      const next = await queue.take()
      expect([String(next.data), trips.take()]).to.deep.equal([`${index}`, index % 64 === 0 ? 2 : 1])
      await next.complete()
      trips.take()
    }
  })

  it('can be waited for, also before it exists, and by several in their order', async () => {
    await using bed = await TestBed.start()
    const [consumer, producer] = [queueOf(await bed.client()), queueOf(await bed.client())]
    const taking = [consumer.take(), consumer.take()]
    expect(await isDone(Promise.race(taking))).to.equal(false)
    await producer.putAll(['one', 'two'])
    const items = await Promise.all(taking)
    expect(items.map(({ data }) => String(data))).to.deep.equal(['one', 'two'])
    await Promise.all(items.map(item => item.complete()))
  })

  it('is read at once for a caller that does not wait, while others do', async () => {
    await using bed = await TestBed.start()
    const queue = queueOf(await bed.client())
    const taking = queue.take()
    await settle()
    expect(await queue.tryTake()).to.equal(null)
    await queue.put('one')
    expect(String((await taking).data)).to.equal('one')
  })

  it('shares one listing and one pair of watches among all waiting calls of a process', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const queue = queueOf(zk)
    await queue.put('busy')
    const item = await queue.take()
    const taking = Array.from({ length: 10 }, () => queue.take())
    await settle()
    expect(bed.server.watches().map(({ kind }) => kind)).to.deep.equal(['child', 'child'])
    bed.server.clearRequests()
    await queue.putAll(Array.from({ length: 10 }, (_, index) => `${index}`))
    const items = await Promise.all(taking)
    expect(items.map(({ data }) => String(data))).to.deep.equal('0123456789'.split(''))
    expect(bed.operations().filter(name => name.startsWith('getChildren'))).to.have.length(2)
    await Promise.all([...items, item].map(one => one.complete()))
  })

  it('gives an item back to the others when it is released, or its scope is left', async () => {
    await using bed = await TestBed.start()
    const [first, second] = [queueOf(await bed.client()), queueOf(await bed.client())]
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
    expect(await failure(item.complete())).to.include({ code: 'RELEASED', reason: 'released' })
    await taken.complete()
    {
      await using scoped = again
      expect(scoped.held).to.equal(true)
    }
    expect(leftOf(bed)).to.deep.equal([1, 0, 0])
    {
      await using scoped = await first.take()
      await scoped.complete()
    }
    expect(leftOf(bed)).to.deep.equal([0, 0, 0])
  })

  it('delivers first what was given back here, before what is listed already', async () => {
    await using bed = await TestBed.start()
    const queue = queueOf(await bed.client())
    await queue.putAll(['one', 'two', 'three'])
    await (await queue.take()).release()
    expect(await completeOne(queue)).to.equal('one')
    expect(await completeOne(queue)).to.equal('two')
  })

  it('guards a transaction by a claim: a consumer that has given the item back writes nothing', async () => {
    await using bed = await TestBed.start({ seed: { result: '' } })
    const [zk, other] = [await bed.client(), await bed.client()]
    await queueOf(zk).put('one')
    const item = await queueOf(zk).take()
    await item.guard(zk.transaction().setData('/result', 'mine')).commit()
    await item.release()
    const next = await queueOf(other).take()
    const late = item.guard(zk.transaction().setData('/result', 'late')).commit()
    expect(await failure(late)).to.include({ code: 'NO_NODE' })
    expect(bed.server.dump()['/result']).to.equal('mine')
    await next.complete()
  })

  it('Z4 has a wait that can be given up, and gives back what was claimed at the same moment', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const queue = queueOf(zk)
    const abort = new AbortController()
    const taking = queue.take({ signal: abort.signal })
    await settle()
    abort.abort()
    expect(await failure(taking)).to.include({ code: 'ABORTED', operation: 'take' })
    expect(await failure(queue.take({ timeout: 5 }))).to.include({ code: 'REQUEST_TIMEOUT' })
    await queue.put('one')
    bed.server.holdNextReply('multi')
    bed.server.clearRequests()
    const second = new AbortController()
    const late = failure(queue.take({ signal: second.signal }))
    await until('it is being claimed', () => bed.operations(zk).includes('multi'))
    second.abort()
    expect(await late).to.include({ code: 'ABORTED' })
    bed.server.releaseReplies()
    await until('it has gone back', () => leftOf(bed).join() === '1,0,0')
    await until('nothing is left to do', () => BackgroundDeleter.of(zk).pending === 0)
    expect(WatchWaiter.count(zk)).to.be.below(3)
    expect(await completeOne(queue)).to.equal('one')
    await queue.put('two')
    const { on } = zk
    let [given, refused] = [0, 0]
    for (let turns = 0; turns < 16; turns++) {
      const stop = new AbortController()
      // The item listens to the session; after this many turns its taker is gone.
      zk.on = (name, listener) => {
        let later = Promise.resolve()
        for (let turn = 0; turn < turns; turn++) later = later.then(() => {})
        void later.then(() => stop.abort())
        return on.call(zk, name, listener) as typeof zk
      }
      const item = await queue.take({ signal: stop.signal }).catch(() => null)
      zk.on = on
      if (item) given++
      else refused++
      await item?.release()
      await until('it has gone back', () => leftOf(bed).join() === '1,0,0')
    }
    expect([given > 0, refused > 0]).to.deep.equal([true, true])
  })

  it('is given back when a take is given up, also where the ACL of its items does not allow WRITE', async () => {
    await using bed = await TestBed.start()
    const [zk, other] = [await bed.client(), await bed.client()]
    const options = { acl: [acl('rcd', 'world', 'anyone')] }
    const queue = queueOf(zk, options)
    await queue.put('one')
    bed.server.holdNextReply('multi')
    const given = new AbortController()
    const taking = queue.take({ signal: given.signal })
    await until('it is claimed', () => bed.operations(zk).includes('multi'))
    given.abort()
    expect(await failure(taking)).to.include({ code: 'ABORTED' })
    bed.server.releaseReplies()
    expect(String((await queueOf(other, options).take({ timeout: 5000 })).data)).to.equal('one')
  })

  it('refuses invalid arguments, and reports why it cannot be used', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    for (const options of [{ maxSize: 0 }, { jitter: -1 }, { whenSuspended: 'wait' }]) {
      expect(() => queueOf(zk, options as object))
        .to.throw()
        .with.property('code', 'BAD_ARGUMENTS')
    }
    const queue = queueOf(zk)
    expect(await failure(queue.put(5 as unknown as string))).to.include({ code: 'BAD_ARGUMENTS' })
    expect(await failure(queue.consume(() => {}, { concurrency: 0 }))).to.include({ code: 'BAD_ARGUMENTS' })
    await queue.put('one')
    bed.server.answerWith('getChildren2', -102)
    expect(await failure(queue.take())).to.include({ code: 'NO_AUTH' })
    const item = await queue.take()
    bed.server.answerWith('multi', -102)
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
    await using bed = await TestBed.start()
    const queue = queueOf(await bed.client())
    await queue.put('first')
    bed.server.loseNextReply('create')
    const path = await queue.put('one')
    expect(bed.server.dump()[path]).to.equal('one')
    bed.server.loseNextReply('multi')
    const paths = await queue.putAll(['two', 'three'])
    expect(paths.map(each => bed.server.dump()[each])).to.deep.equal(['two', 'three'])
    expect(await queue.size()).to.equal(4)
  })

  it('Z1 reports an unknown outcome if the outcome cannot be known', async () => {
    await using bed = await TestBed.start()
    const queue = queueOf(await bed.client())
    await queue.put('first')
    bed.server.dropNextRequest('create')
    expect(await failure(queue.put('one'))).to.include({ code: 'CONNECTION_LOSS', outcome: 'unknown' })
    expect(await queue.size()).to.equal(1)
  })

  it('R3 waits for a connection, and is repeated if it certainly was not done', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client({ whenDisconnected: 'reject' })
    const queue = queueOf(zk)
    await queue.put('first')
    const noticed = nextState(zk)
    bed.server.dropConnections()
    await noticed
    await queue.put('one')
    bed.server.answerWith('create', -127)
    await queue.put('two')
    expect(await queue.size()).to.equal(3)
  })

  it('reports an unknown outcome when it is given up after it was sent', async () => {
    await using bed = await TestBed.start()
    const queue = queueOf(await bed.client())
    await queue.put('first')
    bed.server.holdNextReply('create')
    bed.server.clearRequests()
    const given = new AbortController()
    const putting = failure(queue.put('one', { signal: given.signal }))
    await until('it is on its way', () => bed.operations().includes('create'))
    given.abort()
    expect(await putting).to.include({ code: 'ABORTED', outcome: 'unknown' })
    bed.server.releaseReplies()
    expect(await queue.size()).to.equal(2)
    const abort = AbortSignal.abort()
    expect(await failure(queue.put('two', { signal: abort }))).to.include({ code: 'ABORTED' })
    expect(await queue.size()).to.equal(2)
  })

  it('waits for room in a queue that is bounded', async () => {
    await using bed = await TestBed.start()
    const [producer, consumer] = [queueOf(await bed.client(), { maxSize: 2 }), queueOf(await bed.client())]
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

  it('uses several transactions for many items', async () => {
    await using bed = await TestBed.start()
    const queue = queueOf(await bed.client())
    await queue.put('first')
    bed.server.clearRequests()
    const data = Array.from({ length: 300 }, (_, index) => `${index}`)
    await queue.putAll(data)
    expect(bed.operations()).to.deep.equal(['multi', 'multi', 'multi'])
    bed.server.clearRequests()
    await queue.putAll([Buffer.alloc(200_000), Buffer.alloc(200_000), 'small'])
    expect(bed.operations()).to.deep.equal(['create', 'multi'])
    await completeOne(queue)
    for (const expected of data.slice(0, 150)) expect(await completeOne(queue)).to.equal(expected)
    await queue.putAll([])
  })
})
