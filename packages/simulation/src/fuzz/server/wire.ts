import {
  type Accept,
  type Environment,
  type Listener,
  TestServer,
  type TestServerOptions,
  type Timer,
} from '@zookit/testing'
import type { Random } from '../../../../jute/test/fuzz/mutate.ts'

/** The receiver of a connection's bytes, as the server makes it. */
type Receiver = NonNullable<ReturnType<Accept>>

interface Alarm {
  readonly at: number
  readonly callback: () => void
}

/** The environment of a server under attack: no socket, and a clock that stands until it is moved. */
export class Stage implements Environment {
  accept: Accept | null = null
  /** Makes the place at which the server takes connections: `connect`. */
  readonly listen = (accept: Accept): Listener => {
    this.accept = accept
    const done = (): Promise<void> => Promise.resolve()
    const place = { host: '10.0.0.1', port: 2181, hosts: '10.0.0.1:2181', listening: true }
    return { ...place, open: done, refuse: done, close: done }
  }
  readonly #random: Random
  #time = 0
  #alarms: Alarm[] = []
  #ports = 40_000

  constructor(random: Random) {
    this.#random = random
  }

  /** Starts a server on this stage. */
  start(options: TestServerOptions): Promise<TestServer> {
    return TestServer.start({ ...options, environment: this })
  }

  now(): number {
    return this.#time
  }

  wallTime(): number {
    return Date.UTC(2026, 0, 1) + this.#time
  }

  random(): number {
    return this.#random.below(1 << 20) / (1 << 20)
  }

  setTimer(callback: () => void, delay: number): Timer {
    const alarm = { at: this.#time + Math.max(delay, 1), callback }
    this.#alarms.push(alarm)
    return { cancel: () => void (this.#alarms = this.#alarms.filter(each => each !== alarm)) }
  }

  /** Moves the clock on and runs the timers on the way. */
  advance(milliseconds: number): void {
    const end = this.#time + milliseconds
    for (;;) {
      const due = this.#alarms.filter(alarm => alarm.at <= end)
      if (due.length === 0) break
      const next = due.reduce((first, alarm) => (alarm.at < first.at ? alarm : first))
      this.#alarms = this.#alarms.filter(alarm => alarm !== next)
      this.#time = Math.max(this.#time, next.at)
      next.callback()
    }
    this.#time = end
  }

  /** Opens a connection. @param onBytes takes what the server sends. */
  connect(onBytes: (bytes: Buffer) => void): Wire {
    return new Wire(this.accept!, this.#ports++, onBytes)
  }
}

/** A connection in memory, from the client's end. */
export class Wire {
  open = true
  readonly #receiver: Receiver | null

  constructor(accept: Accept, port: number, onBytes: (bytes: Buffer) => void) {
    const close = (): void => this.#close()
    this.#receiver = accept({
      remoteAddress: '10.0.0.2',
      remotePort: port,
      clientName: null,
      backlog: 0,
      write(bytes) {
        onBytes(bytes)
        return true
      },
      pause() {},
      resume() {},
      end: close,
      destroy: close,
    })
  }

  /** Brings bytes to the server. */
  send(bytes: Uint8Array): void {
    if (this.open) this.#receiver?.receive(bytes)
  }

  /** Closes the connection from the client's end. */
  close(): void {
    this.#close()
  }

  #close(): void {
    if (!this.open) return
    this.open = false
    this.#receiver?.onClose()
  }
}
