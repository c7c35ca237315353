import { Phase, type Timeline } from './timeline.ts'

/** Bytes that the kernels on both sides take before a writer has to wait. */
const WINDOW = 64 * 1024
/** The largest parcel in a network with a limited rate: such a network is never idle while much is to be sent. */
const PARCEL = 8 * 1024

/** The delays and sizes with which bytes travel in one direction of a connection. */
export interface PipeSettings {
  /** Returns the milliseconds that the next parcel takes. */
  latency(): number
  /** Returns the sizes into which so many bytes are cut; their sum is `size`. */
  cut(size: number): readonly number[]
  /** Returns the bytes per millisecond; Infinity for a network that is never the limit. */
  rate(): number
}

/** The receiving end of a pipe. */
export interface PipeEnd {
  /** Runs a delivery in the receiver's event loop. */
  schedule(at: number, run: () => void): void
  /** Takes bytes. @returns how many, 0 to be asked again after `resume`. */
  take(bytes: Buffer): number
  /** The other side has closed: in good order, or with an error. */
  onEnd(error: Error | null): void
}

interface Parcel {
  bytes: Buffer
  /** The time when the network has sent it, and how long it travels then. */
  sentAt: number
  readonly latency: number
  due: number
}

/**
 * One direction of a connection. Bytes come in order, each no earlier than the one before; the settings decide
 * how they are cut and how late they are. While the pipe is blocked they wait, as TCP's do that are sent again and again.
 */
export class Pipe {
  readonly #timeline: Timeline
  readonly #settings: PipeSettings
  readonly #end: PipeEnd
  /** Called when the kernels have taken over more of what was written, after they had not taken all: with the backlog. */
  readonly #onDrain: (backlog: number) => void
  readonly #parcels: Parcel[] = []
  #size = 0
  #lastDue = 0
  /** The time when the network has sent all that was written so far. */
  #sentAt = 0
  /** The rate of everything that is not sent yet. */
  #rate: number
  #blocked = false
  #paused = false
  #scheduled = false
  /** Counts the deliveries that were put off or brought forward. */
  #rearranged = 0
  #choked = false
  #closing: { error: Error | null; at: number } | null = null
  #done = false

  constructor(timeline: Timeline, settings: PipeSettings, end: PipeEnd, onDrain: (backlog: number) => void) {
    this.#timeline = timeline
    this.#settings = settings
    this.#end = end
    this.#onDrain = onDrain
    this.#rate = settings.rate()
  }

  /** Bytes that have not left the writer's process. */
  get backlog(): number {
    return Math.max(0, this.#size - WINDOW)
  }

  /** Sends a copy of bytes. @returns the backlog. */
  write(bytes: Uint8Array): number {
    if (this.#done || this.#closing !== null) return 0
    let at = 0
    for (const size of this.#settings.cut(bytes.length)) {
      this.#send(bytes.subarray(at, at + size))
      at += size
    }
    this.#size += bytes.length
    if (this.backlog > 0) this.#choked = true
    this.#arrange()
    return this.backlog
  }

  /** Sends bytes behind those that are under way, as fast as the network is. */
  #send(bytes: Uint8Array): void {
    const rate = this.#rate
    const parcel = rate === Number.POSITIVE_INFINITY ? bytes.length : PARCEL
    for (let at = 0; at < bytes.length; at += parcel) {
      const part = Buffer.from(bytes.subarray(at, at + parcel))
      this.#sentAt = Math.max(this.#sentAt, this.#timeline.now) + part.length / rate
      const latency = this.#settings.latency()
      this.#lastDue = Math.max(this.#lastDue, this.#sentAt + latency)
      this.#parcels.push({ bytes: part, sentAt: this.#sentAt, latency, due: this.#lastDue })
    }
  }

  /** Closes in good order: behind all that was written. */
  end(): void {
    this.#close(null)
  }

  /** Breaks the connection: what has not arrived is lost. */
  reset(error: Error): void {
    this.#parcels.length = 0
    this.#size = 0
    this.#close(error)
  }

  /** Drops everything without telling the receiver. */
  destroy(): void {
    this.#done = true
    this.#parcels.length = 0
    this.#size = 0
  }

  /** Holds the bytes that are under way, or lets them go on. */
  block(on: boolean): void {
    this.#blocked = on
    this.#arrange()
  }

  /** Sends what is not sent yet as fast as the network is from now on. Must be called whenever the rate has changed. */
  pace(): void {
    const rate = this.#settings.rate()
    if (rate === this.#rate) return
    const { now } = this.#timeline
    this.#sentAt = this.#lastDue = now
    for (const parcel of this.#parcels) {
      if (parcel.sentAt > now) {
        const left = Math.min(parcel.bytes.length, (parcel.sentAt - now) * this.#rate)
        this.#sentAt += left / rate
        parcel.sentAt = this.#sentAt
        parcel.due = this.#sentAt + parcel.latency
      }
      parcel.due = this.#lastDue = Math.max(this.#lastDue, parcel.due)
    }
    this.#rate = rate
    this.#scheduled = false
    this.#rearranged++
    this.#arrange()
  }

  /** Stops reading, or starts again. */
  pause(on: boolean): void {
    this.#paused = on
    this.#arrange()
  }

  #close(error: Error | null): void {
    if (this.#done || this.#closing !== null) return
    this.#closing = { error, at: this.#timeline.now + this.#settings.latency() }
    this.#arrange()
  }

  #arrange(): void {
    if (this.#scheduled || this.#done || this.#blocked) return
    // A reset is noticed without reading; a good-order end is read behind the bytes.
    if (this.#paused && !this.#closing?.error) return
    const due = this.#parcels[0]?.due ?? this.#closingDue
    if (due === null) return
    this.#scheduled = true
    const arrangement = this.#rearranged
    this.#end.schedule(Math.max(due, this.#timeline.now), () => {
      if (arrangement === this.#rearranged) this.#deliver()
    })
  }

  /** The time when the receiver is told of the end: behind all that was written. */
  get #closingDue(): number | null {
    return this.#closing && Math.max(this.#lastDue, this.#closing.at)
  }

  /** Delivers one read: everything that has arrived, as far as the receiver has room. */
  #deliver(): void {
    this.#scheduled = false
    if (this.#done || this.#blocked) return
    if (this.#parcels.length === 0) return this.#finish()
    if (this.#paused) return
    const arrived = this.#arrived()
    const taken = this.#end.take(arrived)
    this.#remove(taken)
    if (this.#choked) {
      this.#choked = this.backlog > 0
      this.#onDrain(this.backlog)
    }
    this.#arrange()
  }

  #arrived(): Buffer {
    const { now } = this.#timeline
    let count = 1
    while (count < this.#parcels.length && this.#parcels[count]!.due <= now) count++
    return count === 1
      ? this.#parcels[0]!.bytes
      : Buffer.concat(this.#parcels.slice(0, count).map(p => p.bytes))
  }

  #remove(size: number): void {
    this.#size -= size
    let left = size
    while (left > 0) {
      const first = this.#parcels[0]
      // A reset during the delivery has emptied the pipe.
      if (first === undefined) return void (this.#size = 0)
      if (first.bytes.length > left) {
        first.bytes = first.bytes.subarray(left)
        return
      }
      left -= first.bytes.length
      this.#parcels.shift()
    }
  }

  #finish(): void {
    const closing = this.#closing
    if (closing === null) return
    if (this.#closingDue! > this.#timeline.now) return this.#arrange()
    this.#done = true
    this.#end.onEnd(closing.error)
  }
}

/** Runs deliveries for a receiver that never stops. */
export function inWorld(timeline: Timeline): (at: number, run: () => void) => void {
  return (at, run) => void timeline.at(at, Phase.io, run)
}
