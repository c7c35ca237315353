import { Framer, type Reader } from '@zookit/jute'
import type { Environment } from '../environment.ts'
import type { ServerAddress } from '../servers/connect-string.ts'
import type { Transport, TransportHandler, TransportTarget } from './transport.ts'

/** Past this many bytes that the kernel does not take, the peer counts as slow. */
const WRITE_LIMIT = 1024 * 1024

/** Who listens to a link. */
export interface LinkOwner {
  /**
   * A whole frame came.
   *
   * @returns false to have the same frame again once the continuations of what was settled have run.
   */
  onFrame(reader: Reader): boolean
  /** The frames that came in one read have been handled. */
  onTurn(): void
  /** The connection is gone; nothing follows. */
  onLost(error: Error | null): void
}

/**
 * One socket's life: a decoder of its own, and the times that liveness is judged by. When a link is closed
 * nothing more comes out of it, whatever its socket does.
 */
export class Link implements TransportHandler {
  readonly server: ServerAddress
  /** When the last whole frame came, or the link was opened: bytes that make no frame prove nothing. */
  heardAt: number
  /** When something was last written. */
  sentAt: number
  /** Since when the transport has not taken what is written; 0 while it does. */
  stalledAt = 0
  /** Counts reads, so that whoever judges silence can see that bytes came. */
  reads = 0
  readonly #environment: Environment
  readonly #framer: Framer
  readonly #transport: Transport
  #owner: LinkOwner | null = null
  #opened: (() => void) | null
  #held = false
  #dead = false

  /**
   * @param opened called when bytes can be written.
   * @param maxFrame the longest frame accepted, in bytes.
   */
  constructor(
    environment: Environment,
    target: TransportTarget,
    server: ServerAddress,
    maxFrame: number,
    owner: LinkOwner,
    opened: () => void,
  ) {
    this.#environment = environment
    this.#framer = new Framer(maxFrame)
    this.#owner = owner
    this.#opened = opened
    this.server = server
    this.heardAt = this.sentAt = environment.now()
    this.#transport = environment.open(target, this)
  }

  /** Hands the frames that follow to another owner. Must be called within `onFrame` or when nothing can come. */
  adopt(owner: LinkOwner): void {
    this.#owner = owner
  }

  /** Whether the connection is gone. */
  get dead(): boolean {
    return this.#dead
  }

  /** @returns how many bytes are still held: see `Transport`. */
  write(bytes: Uint8Array): number {
    this.sentAt = this.#environment.now()
    const held = this.#transport.write(bytes)
    if (held >= WRITE_LIMIT && this.stalledAt === 0) this.stalledAt = this.sentAt
    return held
  }

  /** Closes the socket without a word to the owner. */
  destroy(): void {
    this.#dead = true
    this.#owner = null
    this.#transport.destroy()
  }

  /** Closes the socket and tells the owner why. */
  fail(error: Error): void {
    const owner = this.#owner
    this.destroy()
    owner?.onLost(error)
  }

  onOpen(): void {
    const opened = this.#opened
    this.#opened = null
    opened?.()
  }

  space(): Buffer {
    return this.#framer.space()
  }

  onBytes(size: number): boolean {
    this.#framer.filled(size)
    this.reads++
    return !this.#held && this.#handle()
  }

  onDrain(): void {
    this.stalledAt = 0
    this.#owner?.onTurn()
  }

  onClose(error: Error | null): void {
    const owner = this.#owner
    this.#dead = true
    this.#owner = null
    owner?.onLost(error)
  }

  /** Hands out every whole frame; false when the owner wants a pause. */
  #handle(): boolean {
    const framer = this.#framer
    const reads = this.reads
    let frames = 0
    try {
      while (this.#owner !== null && framer.next()) {
        frames++
        if (this.#owner.onFrame(framer.reader)) continue
        framer.rewind()
        this.#held = true
        this.#environment.defer(() => this.#release())
        break
      }
    } catch (error) {
      this.fail(error instanceof Error ? error : new Error(String(error)))
      return false
    }
    if (frames > 0) this.heardAt = this.#environment.now()
    if (reads === this.reads) this.#owner?.onTurn()
    return !this.#held && !this.#dead
  }

  #release(): void {
    this.#held = false
    if (!this.#dead && this.#handle()) this.#transport.resume()
  }
}
