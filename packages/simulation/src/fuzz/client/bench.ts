import type { Environment, Timer, Transport, TransportHandler, TransportTarget } from '@zookit/connection'
import type { Random } from '../../../../jute/test/fuzz/mutate.ts'

interface Alarm {
  readonly at: number
  readonly callback: () => void
  cancelled: boolean
}

/** Lets every promise continuation run that is due, and those that they bring about. */
export function settled(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}

/** A connection in memory, from the server's end. */
export class MemorySocket implements Transport {
  open = true
  readonly #handler: TransportHandler
  readonly #onWrite: (bytes: Uint8Array, socket: MemorySocket) => void
  #reading = true
  #waiting: Buffer = Buffer.alloc(0)

  constructor(handler: TransportHandler, onWrite: (bytes: Uint8Array, socket: MemorySocket) => void) {
    this.#handler = handler
    this.#onWrite = onWrite
  }

  write(bytes: Uint8Array): number {
    if (this.open) this.#onWrite(bytes, this)
    return 0
  }

  resume(): void {
    this.#reading = true
    this.#pump()
  }

  destroy(): void {
    this.open = false
  }

  /** Brings bytes to the client. */
  deliver(bytes: Buffer): void {
    this.#waiting = this.#waiting.length === 0 ? bytes : Buffer.concat([this.#waiting, bytes])
    this.#pump()
  }

  /** Closes the connection from the server's end. */
  close(): void {
    if (!this.open) return
    this.open = false
    this.#handler.onClose(null)
  }

  #pump(): void {
    while (this.open && this.#reading && this.#waiting.length > 0) {
      const space = this.#handler.space()
      const size = Math.min(space.length, this.#waiting.length)
      this.#waiting.copy(space, 0, 0, size)
      this.#waiting = this.#waiting.subarray(size)
      this.#reading = this.#handler.onBytes(size)
    }
  }
}

/** The environment of a client under attack: no socket, and a clock that stands until it is moved. */
export class Bench implements Environment {
  /** The newest connection. */
  socket: MemorySocket | null = null
  readonly #random: Random
  readonly #onOpen: () => (bytes: Uint8Array, socket: MemorySocket) => void
  #time = 0
  #alarms: Alarm[] = []

  /** @param onOpen is told of each connection, and returns what takes its bytes. */
  constructor(random: Random, onOpen: () => (bytes: Uint8Array, socket: MemorySocket) => void) {
    this.#random = random
    this.#onOpen = onOpen
  }

  now(): number {
    return this.#time
  }

  wallTime(): number {
    return this.#time
  }

  bootTime(): number {
    return this.#time
  }

  random(): number {
    return this.#random.below(1 << 20) / (1 << 20)
  }

  setTimer(callback: () => void, delay: number): Timer {
    const alarm = { at: this.#time + Math.max(delay, 1), callback, cancelled: false }
    this.#alarms.push(alarm)
    return { cancel: () => void (alarm.cancelled = true) }
  }

  defer(callback: () => void): void {
    setImmediate(callback)
  }

  resolve(host: string): string[] {
    return [host]
  }

  resolveSrv(): Promise<never> {
    return Promise.reject(new Error('no SRV records here'))
  }

  open(_target: TransportTarget, handler: TransportHandler): Transport {
    const socket = new MemorySocket(handler, this.#onOpen())
    this.socket = socket
    this.defer(() => {
      if (socket.open) handler.onOpen()
    })
    return socket
  }

  /** Moves the clock to the next timer and runs it. @returns false if there is none. */
  step(): boolean {
    this.#alarms = this.#alarms.filter(alarm => !alarm.cancelled)
    if (this.#alarms.length === 0) return false
    const next = this.#alarms.reduce((first, alarm) => (alarm.at < first.at ? alarm : first))
    next.cancelled = true
    this.#time = Math.max(this.#time, next.at)
    next.callback()
    return true
  }

  /** Moves the clock on and runs the timers on the way. */
  advance(milliseconds: number): void {
    const end = this.#time + milliseconds
    while (this.#alarms.some(alarm => !alarm.cancelled && alarm.at <= end)) this.step()
    this.#time = end
  }
}
