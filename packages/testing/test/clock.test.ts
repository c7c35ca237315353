import { expect } from 'chai'
import { ServerClock } from '../src/clock.ts'
import type { Environment } from '../src/environment.ts'
import { Delivery, promptDelivery } from '../src/transport/delivery.ts'
import type { Transport } from '../src/transport/transport.ts'

/** A world whose time a test moves. Its timers ring one at a time. */
class ManualWorld implements Environment {
  time = 0
  timers: { due: number; callback: () => void }[] = []

  now(): number {
    return this.time
  }

  wallTime(): number {
    return 1_000_000 + this.time
  }

  random(): number {
    return 0.5
  }

  setTimer(callback: () => void, delay: number): { cancel(): void } {
    const timer = { due: this.time + delay, callback }
    this.timers.push(timer)
    return { cancel: () => this.timers.splice(this.timers.indexOf(timer), 1) }
  }

  /** Lets time pass, and rings what is due now, as an event loop does in one turn. */
  turn(milliseconds: number): void {
    this.time += milliseconds
    const due = this.timers.filter(timer => timer.due <= this.time)
    this.timers = this.timers.filter(timer => timer.due > this.time)
    for (const { callback } of due) callback()
  }
}

class FakeTransport implements Transport {
  readonly remoteAddress = ''
  readonly remotePort = 0
  readonly clientName = null
  readonly backlog = 0
  readonly writes: string[] = []
  ended = false

  write(bytes: Buffer): boolean {
    this.writes.push(bytes.toString())
    return true
  }

  pause(): void {}

  resume(): void {}

  end(): void {
    this.ended = true
  }

  destroy(): void {}
}

describe('The server clock', () => {
  it('rings alarms in order of their time, then of their making', () => {
    const world = new ManualWorld()
    const clock = new ServerClock(world)
    const rung: string[] = []
    clock.after(20, () => rung.push('c'))
    clock.after(10, () => rung.push('a'))
    clock.after(10, () => rung.push('b'))
    clock.after(5, () => rung.push('never')).cancel()
    world.turn(9)
    expect(rung).to.deep.equal([])
    world.turn(50)
    expect(rung).to.deep.equal(['a', 'b', 'c'])
    expect(world.timers).to.deep.equal([])
  })

  it('stands still while frozen, and goes on from there', () => {
    const world = new ManualWorld()
    const clock = new ServerClock(world)
    let rung = 0
    clock.after(100, () => rung++)
    world.turn(40)
    clock.freeze()
    world.turn(1000)
    expect([clock.now(), clock.wall(), rung]).to.deep.equal([40, 1_000_040, 0])
    clock.resume()
    world.turn(59)
    expect(rung).to.equal(0)
    world.turn(1)
    expect([clock.now(), clock.wall(), rung]).to.deep.equal([100, 1_000_100, 1])
  })

  it('advances through all that becomes due, each at its own time, also what is set on the way', () => {
    const clock = new ServerClock(new ManualWorld())
    const times: number[] = []
    const tick = (): void => {
      times.push(clock.now())
      clock.after(10, tick)
    }
    clock.freeze()
    clock.after(10, tick)
    clock.advance(35)
    expect(times).to.deep.equal([10, 20, 30])
    expect(clock.now()).to.equal(35)
  })

  it('can be advanced while it runs', () => {
    const world = new ManualWorld()
    const clock = new ServerClock(world)
    let rung = 0
    clock.after(100, () => rung++)
    clock.advance(60)
    expect(clock.frozen).to.equal(false)
    world.turn(39)
    expect(rung).to.equal(0)
    world.turn(1)
    expect(rung).to.equal(1)
  })

  it('asks its world only for delays that a timer can have, and keeps longer ones all the same', () => {
    const world = new ManualWorld()
    const clock = new ServerClock(world)
    let rung = 0
    clock.after(0, () => rung++)
    expect(world.timers.map(({ due }) => due)).to.deep.equal([1])
    world.turn(1)
    clock.after(2 ** 31 + 9, () => rung++)
    expect(world.timers.map(({ due }) => due - world.time)).to.deep.equal([2 ** 31 - 1])
    world.turn(2 ** 31 - 1)
    expect(rung).to.equal(1)
    world.turn(10)
    expect(rung).to.equal(2)
  })

  it('leaves no timer behind when it stops', () => {
    const world = new ManualWorld()
    const clock = new ServerClock(world)
    clock.after(100, () => {})
    clock.stop()
    expect(world.timers).to.deep.equal([])
  })
})

describe('The delivery of bytes', () => {
  it('sends one piece for each turn', () => {
    const world = new ManualWorld()
    const transport = new FakeTransport()
    const settings = { ...promptDelivery(), pieceSize: 3 }
    const delivery = new Delivery(transport, new ServerClock(world), settings)
    delivery.send(Buffer.from('abcdefg'))
    delivery.send(Buffer.from('h'))
    delivery.end()
    expect(transport.writes).to.deep.equal(['abc'])
    world.turn(1)
    expect(transport.writes).to.deep.equal(['abc', 'def'])
    for (let i = 0; i < 3; i++) world.turn(1)
    expect(transport.writes).to.deep.equal(['abc', 'def', 'g', 'h'])
    expect(transport.ended).to.equal(true)
  })

  it('keeps the order when its settings change under way', () => {
    const world = new ManualWorld()
    const transport = new FakeTransport()
    const settings = { ...promptDelivery(), delay: 100 }
    const delivery = new Delivery(transport, new ServerClock(world), settings)
    delivery.send(Buffer.from('first'))
    settings.delay = 0
    delivery.send(Buffer.from('second'))
    expect(transport.writes).to.deep.equal([])
    world.turn(100)
    expect(transport.writes.join('')).to.equal('firstsecond')
  })

  it('sends nothing after it was cancelled', () => {
    const world = new ManualWorld()
    const transport = new FakeTransport()
    const delivery = new Delivery(transport, new ServerClock(world), { ...promptDelivery(), delay: 10 })
    delivery.send(Buffer.from('x'))
    delivery.cancel()
    world.turn(10)
    expect(transport.writes).to.deep.equal([])
    expect(world.timers).to.deep.equal([])
  })
})
