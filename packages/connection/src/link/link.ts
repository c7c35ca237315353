import types from 'node:util/types'
import { Framer, type Reader } from '@zookit/jute'
import type { Environment } from '../environment.ts'
import { Liveness } from './liveness.ts'
import { isLoopback, type ServerAddress } from './server-address.ts'
import type { Transport, TransportHandler, TransportTarget } from './transport.ts'

/** The bytes of a reply's header: xid, zxid, error number. */
const HEADER_SIZE = 16

/** The listener of a link. */
export interface LinkOwner {
  /** Bytes can be written. */
  onOpen(): void
  /**
   * Handles a whole frame.
   *
   * @param longLength the length in bytes of a frame that is over the limit: the reader then has its header only, and the
   *   rest is skipped as it comes. 0 for any other frame. Only the owner that adopted the link gets such frames; before
   *   that they end the connection.
   * @returns false to get the same frame again after the continuations of settled promises have run.
   */
  onFrame(reader: Reader, longLength: number): boolean
  /** The frames that came in one read are handled, or the transport takes bytes again. */
  onTurn(): void
  /** The connection is lost. Nothing follows. */
  onLost(error: Error | null): void
}

/** A link's server, where to dial, and the longest frame accepted, in bytes. */
export interface LinkTarget extends TransportTarget {
  server: ServerAddress
  maxFrame: number
}

/**
 * One socket with a decoder of its own. A link that was closed tells nothing more, whatever its socket does.
 */
export class Link implements TransportHandler {
  // First what each read needs: fields that lie together come into the processor's cache together.
  readonly liveness: Liveness
  readonly #framer: Framer
  #owner: LinkOwner | null
  #held = false
  #dead = false
  readonly server: ServerAddress
  /** The address that was dialled. */
  readonly address: string
  /** True if nobody on the network can read what is sent: TLS, or a loopback address. */
  readonly isPrivate: boolean
  readonly #environment: Environment
  readonly #transport: Transport

  constructor(environment: Environment, target: LinkTarget, owner: LinkOwner) {
    const { server, maxFrame, ...transportTarget } = target
    this.#environment = environment
    this.#framer = new Framer(maxFrame)
    this.#owner = owner
    this.server = server
    this.address = target.address
    this.isPrivate = target.tls !== null || isLoopback(target.address)
    this.liveness = new Liveness(environment)
    this.#transport = environment.open(transportTarget, this)
  }

  /** Hands the frames that follow to another owner. Must be called within `onFrame` or when nothing can come. */
  adopt(owner: LinkOwner): void {
    this.#owner = owner
    this.#framer.headSize = HEADER_SIZE
  }

  /** The longest frame accepted from now on, in bytes. */
  set maxFrame(bytes: number) {
    this.#framer.maxFrame = bytes
  }

  /** The bytes that came and belong to no whole frame yet. */
  get received(): Buffer {
    return this.#framer.peek()
  }

  /** Writes bytes. @returns how many bytes are still held: see `Transport`. */
  write(bytes: Uint8Array): number {
    this.liveness.writing()
    const held = this.#transport.write(bytes)
    this.liveness.written(held)
    return held
  }

  /** Closes the socket without telling the owner. */
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
    this.#owner?.onOpen()
  }

  space(): Buffer {
    return this.#framer.space()
  }

  onBytes(size: number): boolean {
    this.#framer.filled(size)
    this.liveness.read(size)
    return !this.#held && this.#handle()
  }

  onDrain(held: number): void {
    this.liveness.drained(held)
    if (!this.liveness.isStalled) this.#owner?.onTurn()
  }

  onClose(error: Error | null): void {
    const owner = this.#owner
    this.#dead = true
    this.#owner = null
    owner?.onLost(error)
  }

  /** Hands out every whole frame. @returns false when the owner wants a pause, or the link is closed. */
  #handle(): boolean {
    const framer = this.#framer
    const { reads } = this.liveness
    let frames = 0
    try {
      while (this.#owner !== null && framer.next()) {
        frames++
        if (this.#owner.onFrame(framer.reader, framer.longLength)) continue
        framer.rewind()
        this.#held = true
        this.#environment.defer(() => this.#release())
        break
      }
    } catch (error) {
      this.fail(types.isNativeError(error) ? error : new Error(String(error)))
      return false
    }
    if (frames > 0) this.liveness.heard()
    if (reads === this.liveness.reads) this.#owner?.onTurn()
    return !this.#held && !this.#dead
  }

  #release(): void {
    this.#held = false
    if (!this.#dead && this.#handle()) this.#transport.resume()
  }
}
