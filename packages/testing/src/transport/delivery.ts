import type { ServerClock } from '../clock.ts'
import type { Timer } from '../environment.ts'
import type { Transport } from './transport.ts'

/** How bytes get to the clients, where that is not at once and whole. */
export interface DeliverySettings {
  /** Nothing is sent until this is false again. */
  held: boolean
  /** Milliseconds that each byte is late. */
  delay: number
  /** Milliseconds in which everything is gathered to be sent in one write. */
  gather: number
  /** The most bytes in one write; 0 for all there are. */
  pieceSize: number
  /** Milliseconds between two pieces. */
  pieceGap: number
}

/** Bytes as they come. */
export function promptDelivery(): DeliverySettings {
  return { held: false, delay: 0, gather: 0, pieceSize: 0, pieceGap: 0 }
}

/** Whether bytes go straight to the transport. */
export function isPrompt(settings: DeliverySettings): boolean {
  const { held, delay, gather, pieceSize } = settings
  return !held && delay === 0 && gather === 0 && pieceSize === 0
}

interface Parcel {
  bytes: Buffer
  due: number
}

/** The bytes of one connection on their way, in order, under the settings of the moment. */
export class Delivery {
  readonly #transport: Transport
  readonly #clock: ServerClock
  readonly #settings: DeliverySettings
  readonly #parcels: Parcel[] = []
  #timer: Timer | null = null
  #ended = false

  constructor(transport: Transport, clock: ServerClock, settings: DeliverySettings) {
    this.#transport = transport
    this.#clock = clock
    this.#settings = settings
  }

  get empty(): boolean {
    return this.#parcels.length === 0
  }

  /** Takes bytes, which stay the caller's: they are copied. */
  send(bytes: Buffer): void {
    const { delay, gather } = this.#settings
    const now = this.#clock.now()
    const gathered = gather > 0 ? (this.#parcels[0]?.due ?? now + gather) : now
    this.#parcels.push({ bytes: Buffer.from(bytes), due: gathered + delay })
    if (this.#timer === null) this.pump()
  }

  /** Closes the transport when everything has been sent. */
  end(): void {
    this.#ended = true
    if (this.#timer === null) this.pump()
  }

  /** Forgets what has not been sent. */
  cancel(): void {
    this.#timer?.cancel()
    this.#timer = null
    this.#parcels.length = 0
  }

  /** Sends what may be sent by now. */
  pump(): void {
    this.#timer?.cancel()
    this.#timer = null
    while (this.#parcels.length > 0 && !this.#settings.held) {
      const due = this.#parcels[0]!.due
      if (due > this.#clock.now()) return this.#wakeAt(due)
      if (this.#settings.pieceSize === 0) {
        this.#sendDue()
      } else {
        this.#sendPiece()
        if (this.#parcels.length > 0) return this.#wakeAt(this.#clock.now() + this.#settings.pieceGap)
      }
    }
    if (this.#ended && this.#parcels.length === 0) this.#transport.end()
  }

  #wakeAt(due: number): void {
    this.#timer = this.#clock.at(due, () => this.pump())
  }

  #sendDue(): void {
    const now = this.#clock.now()
    let count = 0
    while (count < this.#parcels.length && this.#parcels[count]!.due <= now) count++
    this.#transport.write(Buffer.concat(this.#parcels.splice(0, count).map(({ bytes }) => bytes)))
  }

  #sendPiece(): void {
    const { bytes } = this.#parcels[0]!
    const size = Math.min(this.#settings.pieceSize, bytes.length)
    this.#transport.write(bytes.subarray(0, size))
    if (size === bytes.length) this.#parcels.shift()
    else this.#parcels[0]!.bytes = bytes.subarray(size)
  }
}
