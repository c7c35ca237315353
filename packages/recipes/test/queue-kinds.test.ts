import { nodeEnvironment, type ZooKeeper } from '@zookit/client'
import { expect } from 'chai'
import { DelayQueue, type ItemQueue, PriorityQueue } from '../src/index.ts'
import { completeOne, PATH } from './support/queues.ts'
import { SteppedTime } from './support/stepped-time.ts'
import { failure, isDone, settle, TestBed, until } from './support/test-bed.ts'

async function drain(queue: ItemQueue): Promise<string[]> {
  const data: string[] = []
  for (let item = await queue.tryTake(); item; item = await queue.tryTake()) {
    await item.complete()
    data.push(String(item.data))
  }
  return data
}

describe('A priority queue', () => {
  const queueOf = (zk: ZooKeeper): PriorityQueue => new PriorityQueue(zk, PATH, { jitter: 0 })

  it('delivers the lowest number first, negative ones too, and in the order of arrival within one', async () => {
    await using bed = await TestBed.start()
    const queue = queueOf(await bed.client())
    for (const [data, priority] of [
      ['ten', 10],
      ['nine', 9],
      ['minus two', -2],
      ['minus ten', -10],
      ['none', undefined],
      ['zero', 0],
      ['least', Number.MIN_SAFE_INTEGER],
      ['most', Number.MAX_SAFE_INTEGER],
      ['nine again', 9],
    ] as const) {
      await queue.put(data, { priority })
    }
    const order = ['least', 'minus ten', 'minus two', 'none', 'zero', 'nine', 'nine again', 'ten', 'most']
    expect(await drain(queue)).to.deep.equal(order)
  })

  it('delivers a more urgent item first although it arrived later, and in one batch', async () => {
    await using bed = await TestBed.start()
    const queue = queueOf(await bed.client())
    await queue.putAll([
      { data: 'b', priority: 2 },
      { data: 'c', priority: 3 },
      { data: 'd', priority: 3 },
    ])
    expect(await completeOne(queue)).to.equal('b')
    await queue.put('a', { priority: -1 })
    expect(await drain(queue)).to.deep.equal(['a', 'c', 'd'])
  })

  it('delivers the most urgent item also with other consumers', async () => {
    await using bed = await TestBed.start()
    const environment = { ...nodeEnvironment, random: () => 0.99 }
    const queue = queueOf(await bed.client({ environment }))
    const entries = Array.from({ length: 10 }, (_, index) => ({ data: `${index}`, priority: 5 }))
    await queue.putAll([...entries, { data: 'first', priority: -1 }])
    bed.server.answerWith('multi', -110, 4)
    expect(await completeOne(queue)).to.equal('first')
    expect(queue.conflicts).to.equal(4)
    // Among equal items it avoids those at which the others begin.
    expect(Number(await completeOne(queue))).to.be.above(0)
  })

  it('Z7 keeps the order within a priority when the numbers wrap around', async () => {
    await using bed = await TestBed.start()
    const queue = queueOf(await bed.client())
    await queue.put('first', { priority: -1 })
    bed.server.setSequence(`${PATH}/items`, 2 ** 31 - 2)
    for (const data of ['one', 'two', 'three', 'four']) await queue.put(data, { priority: 5 })
    expect(await drain(queue)).to.deep.equal(['first', 'one', 'two', 'three', 'four'])
  })

  it('refuses a priority that is not a whole number', async () => {
    await using bed = await TestBed.start()
    const queue = queueOf(await bed.client())
    for (const priority of [1.5, Number.NaN, Infinity]) {
      expect(await failure(queue.put('one', { priority }))).to.include({ code: 'BAD_ARGUMENTS' })
    }
    expect(await queue.size()).to.equal(0)
  })
})

describe('A delay queue', () => {
  interface Scenario {
    bed: TestBed
    time: SteppedTime
    queue: DelayQueue
    /** Moves the clocks of the server and the client on. */
    pass(milliseconds: number): void
  }

  /** Returns a server whose clock stands still, and differs from every other. */
  async function start(): Promise<Scenario & AsyncDisposable> {
    const bed = await TestBed.start()
    bed.server.freezeTime()
    bed.server.advance(123_456_789)
    const time = new SteppedTime()
    const queue = new DelayQueue(
      await bed.client({ environment: time.environment, sessionTimeout: 600_000 }),
      PATH,
      { jitter: 0 },
    )
    const pass = (milliseconds: number): void => {
      bed.server.advance(milliseconds)
      time.advance(milliseconds)
    }
    return { bed, time, queue, pass, [Symbol.asyncDispose]: () => bed[Symbol.asyncDispose]() }
  }

  it('delivers an item when it is due, and waits for that without polling', async () => {
    await using scenario = await start()
    const { queue, bed } = scenario
    await queue.putAll([{ data: 'late', delay: 8000 }, { data: 'soon', delay: 4000 }, { data: 'now' }])
    expect(await completeOne(queue)).to.equal('now')
    expect(await queue.tryTake()).to.equal(null)
    const taking = queue.take()
    expect(await isDone(taking)).to.equal(false)
    bed.server.clearRequests()
    scenario.pass(3000)
    expect(await isDone(taking)).to.equal(false)
    expect(bed.operations()).to.deep.equal([])
    scenario.pass(1100)
    const item = await taking
    expect(String(item.data)).to.equal('soon')
    await item.complete()
    expect(await queue.tryTake()).to.equal(null)
    scenario.pass(4100)
    expect(await drain(queue)).to.deep.equal(['late'])
  })

  it('uses the clock of the server, whatever that of the process shows', async () => {
    await using scenario = await start()
    const { queue, bed } = scenario
    const zk = await bed.client()
    const { mtime } = (await zk.createWithStat('/stamp')).stat
    await queue.put('past', { due: new Date(mtime - 1) })
    await queue.put('future', { due: mtime + 5000 })
    await queue.put('older', { due: mtime - 86_400_000 })
    expect(await drain(queue)).to.deep.equal(['older', 'past'])
    scenario.pass(6000)
    expect(await drain(queue)).to.deep.equal(['future'])
  })

  it('is woken by an item that is put later and due earlier', async () => {
    await using scenario = await start()
    const { queue } = scenario
    await queue.put('late', { delay: 60_000 })
    const taking = queue.take()
    expect(await isDone(taking)).to.equal(false)
    await queue.put('now')
    expect(String((await taking).data)).to.equal('now')
  })

  it('B5 is not ahead of the server’s clock after a suspension of the machine', async () => {
    await using scenario = await start()
    const { queue, bed, time } = scenario
    await queue.put('early')
    await drain(queue)
    bed.server.advance(30_000)
    time.suspend(30_000)
    await queue.put('late', { delay: 5000 })
    scenario.pass(4000)
    // Another client measures the clock itself.
    expect(await new DelayQueue(await bed.client(), PATH).tryTake()).to.equal(null)
    scenario.pass(1100)
    expect(await completeOne(new DelayQueue(await bed.client(), PATH))).to.equal('late')
  })

  it('measures the clock once a minute at most, and leaves nothing behind', async () => {
    await using scenario = await start()
    const { queue, bed } = scenario
    for (const data of ['one', 'two', 'three']) await queue.put(data)
    await drain(queue)
    const measured = (): number => bed.operations().filter(name => name === 'create2').length
    // Once more than it was measured: the first time the parent did not exist.
    expect(measured()).to.equal(2)
    expect(bed.names(PATH).sort()).to.deep.equal(['claims', 'items'])
    scenario.pass(59_000)
    await queue.put('four')
    expect(measured()).to.equal(2)
    scenario.pass(2000)
    await queue.put('five')
    expect(measured()).to.equal(3)
  })

  it('Z1 measures the clock again when the answer was lost', async () => {
    await using scenario = await start()
    const { queue, bed } = scenario
    await queue.put('one', { due: 0 })
    bed.server.loseNextReply('create2')
    await queue.put('two', { delay: 0 })
    expect(await drain(queue)).to.deep.equal(['one', 'two'])
    expect(bed.names(PATH).sort()).to.deep.equal(['claims', 'items'])
  })

  it('keeps no timer when nobody waits any more', async () => {
    await using scenario = await start()
    const { queue, time } = scenario
    await queue.put('late', { delay: 60_000 })
    expect(await queue.tryTake()).to.equal(null)
    await settle()
    const before = time.pending
    const abort = new AbortController()
    const taking = queue.take({ signal: abort.signal })
    taking.catch(() => {})
    await until('it waits for the time', () => time.pending === before + 1)
    abort.abort()
    expect(await failure(taking)).to.include({ code: 'ABORTED' })
    await until('no timer is left', () => time.pending === before)
  })

  it('refuses invalid times', async () => {
    await using scenario = await start()
    for (const options of [
      { delay: -1 },
      { delay: Number.NaN },
      { due: new Date('never') },
      { delay: 1, due: 1 },
    ]) {
      expect(await failure(scenario.queue.put('one', options))).to.include({ code: 'BAD_ARGUMENTS' })
    }
  })
})
