import { Writer } from '@zookit/jute'
import type { ServerClock } from '../clock.ts'
import { Delivery, type DeliverySettings, isPrompt } from './delivery.ts'
import type { Outgoing, Sender } from './outgoing.ts'
import type { Transport } from './transport.ts'

/** Memory that a connection starts with for what it sends; it grows, and is let go beyond `LARGE`. */
const SLAB = 8 * 1024
const LARGE = 256 * 1024

/**
 * What a connection has to send: frames are appended to `writer`, and leave in one write when the turn ends.
 * While a fault shapes the delivery, and until it has delivered what it took, bytes go through `Delivery`.
 */
export class Outbox implements Sender {
  writer: Writer = new Writer(SLAB)
  /** Bytes are thrown away instead of being sent. */
  muted = false
  readonly #transport: Transport
  readonly #outgoing: Outgoing
  readonly #clock: ServerClock
  readonly #settings: DeliverySettings
  #delivery: Delivery | null = null
  #dirty = false
  #ending = false

  constructor(transport: Transport, outgoing: Outgoing, clock: ServerClock, settings: DeliverySettings) {
    this.#transport = transport
    this.#outgoing = outgoing
    this.#clock = clock
    this.#settings = settings
  }

  /** Sees to it that what has been appended is sent. */
  touch(): void {
    if (this.#dirty) return
    this.#dirty = true
    this.#outgoing.add(this)
  }

  /** Appends bytes as they are. */
  append(bytes: Uint8Array): void {
    const at = this.writer.take(bytes.length)
    this.writer.bytes.set(bytes, at)
    this.touch()
  }

  /** Closes the transport after everything appended so far has been sent. */
  end(): void {
    this.#ending = true
    this.touch()
  }

  /** Forgets what has not been sent. */
  cancel(): void {
    this.#delivery?.cancel()
    this.writer.reset()
  }

  flush(): void {
    this.#dirty = false
    const bytes = this.writer.written()
    if (this.muted) this.writer.reset()
    else if (bytes.length > 0) this.#send(bytes)
    if (!this.#ending) return
    if (this.#delivery === null) this.#transport.end()
    else this.#delivery.end()
  }

  /** Sends what has been kept back, as far as the settings allow. */
  pump(): void {
    this.#delivery?.pump()
    if (this.#delivery?.empty === true && !this.#ending) this.#delivery = null
  }

  #send(bytes: Buffer): void {
    if (this.#delivery === null && isPrompt(this.#settings)) {
      const reusable = this.#transport.write(bytes) && bytes.length <= LARGE
      if (reusable) this.writer.reset()
      else this.writer = new Writer(SLAB)
      return
    }
    this.#delivery ??= new Delivery(this.#transport, this.#clock, this.#settings)
    this.#delivery.send(bytes)
    this.writer.reset()
    if (this.#delivery.empty) this.#delivery = null
  }
}
