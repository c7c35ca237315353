import { expect } from 'chai'
import { Broadcast } from '../src/core/broadcast.ts'
import { failure } from './support/test-bed.ts'

function numbers(): Broadcast<number> {
  return new Broadcast<number>('/path', () => -1)
}

async function all(events: AsyncIterable<number>): Promise<number[]> {
  const taken: number[] = []
  for await (const event of events) taken.push(event)
  return taken
}

describe('A broadcast of events', () => {
  it('reaches all listeners, from the moment of the call on and in order', async () => {
    const broadcast = numbers()
    broadcast.emit(0)
    const first = broadcast.listen()
    broadcast.emit(1)
    const second = broadcast.listen()
    broadcast.emit(2)
    broadcast.end()
    expect(await all(first)).to.deep.equal([1, 2])
    expect(await all(second)).to.deep.equal([2])
    expect(await all(broadcast.listen())).to.deep.equal([])
  })

  it('W9 tells a slow listener that it has missed some, and keeps no more than its buffer', async () => {
    const broadcast = numbers()
    const slow = broadcast.listen({ buffer: 2 })
    for (const event of [1, 2, 3, 4]) broadcast.emit(event)
    broadcast.end()
    expect(await all(slow)).to.deep.equal([-1, 4])
  })

  it('gives each waiting `next` its own event, and the end to the others', async () => {
    const broadcast = numbers()
    const listener = broadcast.listen()
    const waiting = [listener.next(), listener.next(), listener.next()]
    broadcast.emit(1)
    broadcast.end()
    const done = { value: undefined, done: true }
    expect(await Promise.all(waiting)).to.deep.equal([{ value: 1, done: false }, done, done])
  })

  it('ends with an error once, after the earlier events', async () => {
    const broadcast = numbers()
    const listener = broadcast.listen()
    broadcast.emit(1)
    broadcast.end({ error: new Error('over') })
    broadcast.end()
    expect(await listener.next()).to.deep.equal({ value: 1, done: false })
    expect(await failure(listener.next())).to.include({ message: 'over' })
    expect(await listener.next()).to.deep.equal({ value: undefined, done: true })
    expect(await failure(all(broadcast.listen()))).to.include({ message: 'over' })
  })

  it('forgets listeners that have left the loop or were aborted', async () => {
    const broadcast = numbers()
    const controller = new AbortController()
    const left = broadcast.listen()
    const aborted = broadcast.listen({ signal: controller.signal })
    broadcast.emit(1)
    for await (const event of left) {
      expect(event).to.equal(1)
      break
    }
    expect(broadcast.listeners).to.equal(1)
    controller.abort('enough')
    expect(broadcast.listeners).to.equal(0)
    expect(await left.next()).to.deep.equal({ value: undefined, done: true })
    expect(await aborted.next()).to.deep.equal({ value: 1, done: false })
    expect(await failure(aborted.next())).to.include({ code: 'ABORTED', cause: 'enough' })
    const late = broadcast.listen({ signal: controller.signal })
    expect(await failure(late.next())).to.include({ code: 'ABORTED' })
  })

  it('refuses a buffer without room', () => {
    for (const buffer of [0, 1.5, Number.NaN]) {
      expect(() => numbers().listen({ buffer }))
        .to.throw('buffer')
        .with.property('code', 'BAD_ARGUMENTS')
    }
  })
})
