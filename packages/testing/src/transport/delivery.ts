import type { ServerClock } from '../clock.ts'
import type { Timer } from '../environment.ts'
import type { Transport } from './transport.ts'

/** The faults of sending: bytes that are late, held, or in pieces. */
export interface DeliverySettings {
  /** True while nothing is sent. */
  held: boolean
  /** Milliseconds by which each byte is delayed. */
  delay: number
  /** Milliseconds during which bytes are gathered into one write. */
  gather: number
  /** The most bytes in one write; 0 for no limit. */
  pieceSize: number
  /** Milliseconds between two pieces. */
  pieceGap: number
}

/** Returns settings that send bytes at once and whole. */
export function promptDelivery(): DeliverySettings {
  return { held: false, delay: 0, gather: 0, pieceSize: 0, pieceGap: 0 }
}

/** Tells if bytes go straight to the transport. */
export function isPrompt(settings: DeliverySettings): boolean {
  const { held, delay, gather, pieceSize } = settings
  return !held && delay === 0 && gather === 0 && pieceSize === 0
}

interface Chunk {
  bytes: Buffer
  due: number
}

/** The bytes of one connection that are delayed, held or cut into pieces. It sends them in order. */
export class Delivery {
  readonly #transport: Transport
  readonly #clock: ServerClock
  readonly #settings: DeliverySettings
  readonly #chunks: Chunk[] = []
  #timer: Timer | null = null
  #ended = false

  constructor(transport: Transport, clock: ServerClock, settings: DeliverySettings) {
    this.#transport = transport
    this.#clock = clock
    this.#settings = settings
  }

  get empty(): boolean {
    return this.#chunks.length === 0
  }

  /** Takes a copy of the bytes to send. */
  send(bytes: Buffer): void {
    const { delay, gather } = this.#settings
    const now = this.#clock.now()
    const gathered = gather > 0 ? (this.#chunks[0]?.due ?? now + gather) : now
    this.#chunks.push({ bytes: Buffer.from(bytes), due: gathered + delay })
    if (this.#timer === null) this.pump()
  }

  /** Closes the transport after everything has been sent. */
  end(): void {
    this.#ended = true
    if (this.#timer === null) this.pump()
  }

  /** Drops the bytes that have not been sent. */
  cancel(): void {
    this.#timer?.cancel()
    this.#timer = null
    this.#chunks.length = 0
  }

  /** Sends what the settings allow at this time. */
  pump(): void {
    this.#timer?.cancel()
    this.#timer = null
    while (this.#chunks.length > 0 && !this.#settings.held) {
      const due = this.#chunks[0]!.due
      if (due > this.#clock.now()) return this.#wakeAt(due)
      if (this.#settings.pieceSize === 0) {
        this.#sendDue()
      } else {
        this.#sendPiece()
        if (this.#chunks.length > 0) return this.#wakeAt(this.#clock.now() + this.#settings.pieceGap)
      }
    }
    if (this.#ended && this.#chunks.length === 0) this.#transport.end()
  }

  #wakeAt(due: number): void {
    this.#timer = this.#clock.at(due, () => this.pump())
  }

  #sendDue(): void {
    const now = this.#clock.now()
    let count = 0
    while (count < this.#chunks.length && this.#chunks[count]!.due <= now) count++
    this.#transport.write(Buffer.concat(this.#chunks.splice(0, count).map(({ bytes }) => bytes)))
  }

  #sendPiece(): void {
    const { bytes } = this.#chunks[0]!
    const size = Math.min(this.#settings.pieceSize, bytes.length)
    this.#transport.write(bytes.subarray(0, size))
    if (size === bytes.length) this.#chunks.shift()
    else this.#chunks[0]!.bytes = bytes.subarray(size)
  }
}
