import { acl, connect, type ZooKeeper } from '@zookit/client'
import { findTargets, type RealServer } from '@zookit/test-fixtures'
import { expect } from 'chai'
import { PriorityQueue, Queue, type QueueItem, type QueueOptions } from '../src/index.ts'
import { completeOne, leftOf, PATH, queueOf } from './support/queues.ts'
import { endSession, failure, TestBed, until } from './support/test-bed.ts'

const DEAD = `${PATH}/dead`

/** Takes an item and gives it back. Returns its data and the number of the attempt. */
async function tryOne(queue: Queue): Promise<string> {
  const item = await queue.take()
  await item.release()
  return `${item.data} ${item.attempts}`
}

function limited(zk: ZooKeeper, options: QueueOptions = {}): Queue {
  return queueOf(zk, { maxAttempts: 2, ...options })
}

async function drain(queue: Queue): Promise<string[]> {
  const data: string[] = []
  for (let item = await queue.tryTake(); item !== null; item = await queue.tryTake()) {
    await item.complete()
    data.push(`${item.data} ${item.attempts}`)
  }
  return data
}

describe('The attempts at an item', () => {
  it('are counted, whether the earlier ones were released, failed or died', async () => {
    await using bed = await TestBed.start()
    const [zk, other] = [await bed.client(), await bed.client()]
    const queue = queueOf(zk)
    await queue.putAll(['one', 'two'])
    expect([await tryOne(queue), await tryOne(queueOf(other))]).to.deep.equal(['one 1', 'one 2'])
    const work = (item: QueueItem): never => {
      throw new Error(`${item.data} ${item.attempts}`)
    }
    expect(await failure(queue.consume(work))).to.include({ message: 'one 3' })
    const dying = await queue.take()
    await endSession(zk, bed.server.hosts)
    expect(dying.attempts).to.equal(4)
    expect(await drain(queueOf(other))).to.deep.equal(['one 5', 'two 1'])
    expect(leftOf(bed)).to.deep.equal([0, 0, 0])
  })

  it('are not counted when a take is given up that nobody has the item of', async () => {
    await using bed = await TestBed.start()
    const [zk, other] = [await bed.client(), await bed.client()]
    await limited(other).put('one')
    await limited(zk)
      .tryTake()
      .then(item => item?.release())
    for (let times = 0; times < 3; times++) {
      const abort = new AbortController()
      bed.server.clearRequests()
      bed.server.holdNextReply('multi')
      const taking = failure(limited(zk).take({ signal: abort.signal }))
      await until('it is claimed', () => bed.operations(zk).includes('multi'))
      abort.abort()
      expect(await taking).to.include({ code: 'ABORTED' })
      bed.server.releaseReplies()
      await until('it has gone back', () => leftOf(bed).join() === '1,0,0')
    }
    expect(await drain(limited(other))).to.deep.equal(['one 2'])
  })
})

describe('An item that was taken too often', () => {
  it('goes to the dead letters when its last consumer gives it back, and is taken there', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const queue = limited(zk)
    const [path] = await queue.putAll(['one', 'two'])
    expect([await tryOne(queue), await tryOne(queue)]).to.deep.equal(['one 1', 'one 2'])
    expect(await completeOne(queue)).to.equal('two')
    expect([await queue.tryTake(), ...leftOf(bed)]).to.deep.equal([null, 0, 0, 0])
    const dead = new Queue(zk, queue.deadLetters)
    expect([queue.deadLetters, await dead.size()]).to.deep.equal([DEAD, 1])
    const letter = await dead.take()
    expect(letter).to.include({ path: path!.replace('/items/', '/dead/items/'), attempts: 1 })
    expect(String(letter.data)).to.equal('one')
    await letter.complete()
  })

  it('goes there when its last consumer has died', async () => {
    await using bed = await TestBed.start()
    const [zk, other] = [await bed.client(), await bed.client()]
    await limited(zk).putAll(['one', 'two'])
    for (let times = 0; times < 2; times++) {
      await limited(zk).take()
      await endSession(zk, bed.server.hosts)
    }
    expect(await drain(limited(other))).to.deep.equal(['two 1'])
    expect(await drain(new Queue(other, DEAD))).to.deep.equal(['one 1'])
    expect(leftOf(bed)).to.deep.equal([0, 0, 0])
  })

  it('goes there when its work fails in a loop that goes on', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const queue = limited(zk)
    await queue.putAll(['good', 'bad', 'better'])
    const stop = new AbortController()
    const seen: string[] = []
    const consuming = queue.consume(
      item => {
        seen.push(`${item.data} ${item.attempts}`)
        if (String(item.data) === 'bad') throw new Error('impossible')
        if (String(item.data) === 'better') stop.abort()
      },
      { signal: stop.signal, onError: () => {} },
    )
    expect(await consuming).to.equal(undefined)
    expect(seen).to.deep.equal(['good 1', 'bad 1', 'bad 2', 'better 1'])
    expect(await drain(new Queue(zk, DEAD))).to.deep.equal(['bad 1'])
  })

  it('keeps its place in the order among the dead letters', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const queue = new PriorityQueue(zk, PATH, { maxAttempts: 1, jitter: 0 })
    await queue.putAll([{ data: 'late', priority: 5 }, { data: 'first', priority: -5 }, { data: 'second' }])
    const items = [await queue.take(), await queue.take(), await queue.take()]
    for (const item of items.reverse()) await item.release()
    const letters = await drain(new PriorityQueue(zk, DEAD) as unknown as Queue)
    expect(letters).to.deep.equal(['first 1', 'second 1', 'late 1'])
  })

  it('goes there once when the answer was lost, and is not lost itself', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const queue = queueOf(zk, { maxAttempts: 1 })
    await queue.putAll(['one', 'two'])
    const [one, two] = [await queue.take(), await queue.take()]
    await one.release()
    bed.server.loseNextReply('multi')
    await two.release()
    expect(await drain(new Queue(zk, DEAD))).to.deep.equal(['one 1', 'two 1'])
    expect(leftOf(bed)).to.deep.equal([0, 0, 0])
  })

  it('is given back, with a reason, where the dead letters cannot be written', async () => {
    await using bed = await TestBed.start()
    const [zk, other] = [await bed.client(), await bed.client()]
    const queue = queueOf(zk, { maxAttempts: 1 })
    await queue.put('one')
    await other.create(DEAD, null, { acl: [acl('r', 'world', 'anyone')] })
    const item = await queue.take()
    expect(await failure(item.release())).to.include({ code: 'NO_AUTH' })
    expect(leftOf(bed)).to.deep.equal([1, 0, 0])
    expect(await failure(queue.take())).to.include({ code: 'NO_AUTH' })
    expect(leftOf(bed)).to.deep.equal([1, 0, 0])
    expect(await completeOne(queueOf(zk))).to.equal('one')
  })
})

for (const target of (await findTargets()).slice(0, 1)) {
  describe(`The attempts at an item, on ${target.name}`, function () {
    this.timeout(40_000)
    let server: RealServer
    before(async () => {
      server = await target.startServer({ tickTime: 200 })
    })
    after(() => server.stop())

    it('are counted by the Stat of its znode, and lead to the dead letters', async () => {
      const options = { sessionTimeout: 10_000, backoff: { initial: 10, max: 50 } }
      await using zk = await connect(server.hosts, options)
      const queue = queueOf(zk, { maxAttempts: 3 })
      await queue.putAll(['one', 'two'])
      expect([await tryOne(queue), await tryOne(queue)]).to.deep.equal(['one 1', 'one 2'])
      await queue.take()
      await endSession(zk, server.hosts)
      expect(await drain(queue)).to.deep.equal(['two 1'])
      expect(await drain(new Queue(zk, queue.deadLetters))).to.deep.equal(['one 1'])
    })
  })
}
