import { Writer } from '@zookit/jute'
import type { ServerClock } from '../clock.ts'
import { Delivery, type DeliverySettings, isPrompt } from './delivery.ts'
import type { Flushable, FlushQueue } from './flush-queue.ts'
import type { Transport } from './transport.ts'

/** The first size of a connection's send buffer, in bytes. It grows; above `LARGE` it is not kept for reuse. */
const SLAB = 8 * 1024
const LARGE = 256 * 1024

/**
 * The bytes that a connection has to send. Frames are appended to `writer`; the flush queue sends them in one write.
 *
 * While a fault of sending holds, and until `Delivery` has sent the bytes that it took, bytes go through `Delivery`.
 */
export class Outbox implements Flushable {
  writer: Writer = new Writer(SLAB)
  /** True while bytes are dropped instead of sent. */
  muted = false
  readonly #transport: Transport
  readonly #flushQueue: FlushQueue
  readonly #clock: ServerClock
  readonly #settings: DeliverySettings
  #delivery: Delivery | null = null
  #dirty = false
  #ending = false

  constructor(transport: Transport, flushQueue: FlushQueue, clock: ServerClock, settings: DeliverySettings) {
    this.#transport = transport
    this.#flushQueue = flushQueue
    this.#clock = clock
    this.#settings = settings
  }

  /** Schedules the appended bytes for sending. */
  touch(): void {
    if (this.#dirty) return
    this.#dirty = true
    this.#flushQueue.add(this)
  }

  /** Appends bytes without a frame around them. */
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

  /** Drops the bytes that have not been sent. */
  cancel(): void {
    this.#delivery?.cancel()
    this.writer.reset()
  }

  /** Sends the appended bytes. */
  flush(): void {
    this.#dirty = false
    const bytes = this.writer.written()
    if (this.muted) this.writer.reset()
    else if (bytes.length > 0) this.#send(bytes)
    if (!this.#ending) return
    if (this.#delivery === null) this.#transport.end()
    else this.#delivery.end()
  }

  /** Sends held bytes as far as the settings allow. */
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
