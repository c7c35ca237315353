import { expect } from 'chai'
import { ServerClock } from '../src/clock.ts'
import type { Environment } from '../src/environment.ts'
import { Delivery, promptDelivery } from '../src/transport/delivery.ts'
import type { Transport } from '../src/transport/transport.ts'

/** An environment whose time a test moves. Its timers fire one at a time. */
class ManualEnvironment implements Environment {
  time = 0
  timers: { due: number; callback: () => void }[] = []

  now(): number {
    return this.time
  }

  wallTime(): number {
    return 1_000_000 + this.time
  }

  /** Returns a number in [0, 1). */
  random(): number {
    return 0.5
  }

  setTimer(callback: () => void, delay: number): { cancel(): void } {
    const timer = { due: this.time + delay, callback }
    this.timers.push(timer)
    return { cancel: () => this.timers.splice(this.timers.indexOf(timer), 1) }
  }

  /** Moves time forward and fires the due timers, as an event loop does in one turn. */
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
  it('fires alarms in order of their time, then of their creation', () => {
    const world = new ManualEnvironment()
    const clock = new ServerClock(world)
    const fired: string[] = []
    clock.after(20, () => fired.push('c'))
    clock.after(10, () => fired.push('a'))
    clock.after(10, () => fired.push('b'))
    clock.after(5, () => fired.push('never')).cancel()
    world.turn(9)
    expect(fired).to.deep.equal([])
    world.turn(50)
    expect(fired).to.deep.equal(['a', 'b', 'c'])
    expect(world.timers).to.deep.equal([])
  })

  it('stands still while frozen, and continues from there', () => {
    const world = new ManualEnvironment()
    const clock = new ServerClock(world)
    let fired = 0
    clock.after(100, () => fired++)
    world.turn(40)
    clock.freeze()
    world.turn(1000)
    expect([clock.now(), clock.wall(), fired]).to.deep.equal([40, 1_000_040, 0])
    clock.resume()
    world.turn(59)
    expect(fired).to.equal(0)
    world.turn(1)
    expect([clock.now(), clock.wall(), fired]).to.deep.equal([100, 1_000_100, 1])
  })

  it('fires every alarm that becomes due while it advances, each at its own time, also new ones', () => {
    const clock = new ServerClock(new ManualEnvironment())
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
    const world = new ManualEnvironment()
    const clock = new ServerClock(world)
    let fired = 0
    clock.after(100, () => fired++)
    clock.advance(60)
    expect(clock.frozen).to.equal(false)
    world.turn(39)
    expect(fired).to.equal(0)
    world.turn(1)
    expect(fired).to.equal(1)
  })

  it('uses only delays that a timer can have, and keeps longer ones nevertheless', () => {
    const world = new ManualEnvironment()
    const clock = new ServerClock(world)
    let fired = 0
    clock.after(0, () => fired++)
    expect(world.timers.map(({ due }) => due)).to.deep.equal([1])
    world.turn(1)
    clock.after(2 ** 31 + 9, () => fired++)
    expect(world.timers.map(({ due }) => due - world.time)).to.deep.equal([2 ** 31 - 1])
    world.turn(2 ** 31 - 1)
    expect(fired).to.equal(1)
    world.turn(10)
    expect(fired).to.equal(2)
  })

  it('leaves no timer behind when it stops', () => {
    const world = new ManualEnvironment()
    const clock = new ServerClock(world)
    clock.after(100, () => {})
    clock.stop()
    expect(world.timers).to.deep.equal([])
  })
})

describe('The delivery of bytes', () => {
  it('sends one piece for each turn', () => {
    const world = new ManualEnvironment()
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

  it('keeps the order when its settings change', () => {
    const world = new ManualEnvironment()
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
    const world = new ManualEnvironment()
    const transport = new FakeTransport()
    const delivery = new Delivery(transport, new ServerClock(world), { ...promptDelivery(), delay: 10 })
    delivery.send(Buffer.from('x'))
    delivery.cancel()
    world.turn(10)
    expect(transport.writes).to.deep.equal([])
    expect(world.timers).to.deep.equal([])
  })
})
