import { expect } from 'chai'
import { EventQueue } from '../src/event-queue.ts'

describe('A queue of events', () => {
  const make = (limit = 3) => new EventQueue<string>(limit, () => 'overflow')
  const failure = new Error('lost')

  /** Returns the results of the next calls of `next`: values, `done`, or an error's message. */
  async function take(queue: EventQueue<string>, count: number): Promise<string[]> {
    const taken: string[] = []
    for (let i = 0; i < count; i++) {
      taken.push(
        await queue.next().then(
          ({ value, done }) => (done ? 'done' : value),
          error => error.message,
        ),
      )
    }
    return taken
  }

  it('hands out waiting values in order, and then new ones', async () => {
    const queue = make()
    queue.push('a')
    queue.push('b')
    expect(await take(queue, 2)).to.deep.equal(['a', 'b'])
    const waiting = [queue.next(), queue.next()]
    queue.push('c')
    queue.push('d')
    expect(await Promise.all(waiting)).to.deep.equal([
      { value: 'c', done: false },
      { value: 'd', done: false },
    ])
  })

  it('W9 replaces all waiting events by one when there is one too many', async () => {
    const queue = make(3)
    for (const value of ['a', 'b', 'c', 'd', 'e']) queue.push(value)
    queue.end()
    expect(await take(queue, 3)).to.deep.equal(['overflow', 'e', 'done'])
  })

  it('ends after the waiting values, with the error once if there is one', async () => {
    const queue = make()
    queue.push('a')
    queue.end({ error: failure })
    queue.end()
    queue.push('b')
    expect(await take(queue, 3)).to.deep.equal(['a', 'lost', 'done'])
  })

  it('settles every waiting call when it ends', async () => {
    const good = make()
    const waiting = [good.next(), good.next()]
    good.end()
    expect(await Promise.all(waiting)).to.deep.equal([
      { value: undefined, done: true },
      { value: undefined, done: true },
    ])
    const bad = make()
    const settled = Promise.allSettled([bad.next(), bad.next()])
    bad.end({ error: failure })
    expect((await settled).map(({ status }) => status)).to.deep.equal(['rejected', 'fulfilled'])
    expect(await take(bad, 1)).to.deep.equal(['done'])
  })

  it('ends every waiting call at once when its consumer leaves it', async () => {
    let left = 0
    const queue = new EventQueue<string>(
      3,
      () => 'overflow',
      () => void left++,
    )
    const waiting = [queue.next(), queue.next()]
    await queue.return()
    expect(await Promise.all(waiting)).to.deep.equal([
      { value: undefined, done: true },
      { value: undefined, done: true },
    ])
    queue.push('a')
    expect([...(await take(queue, 1)), left]).to.deep.equal(['done', 1])
  })

  it('drops the waiting values and the error when it is abandoned', async () => {
    const queue = make()
    queue.push('a')
    queue.end({ error: failure })
    queue.abandon()
    expect(await take(queue, 1)).to.deep.equal(['done'])
  })
})
