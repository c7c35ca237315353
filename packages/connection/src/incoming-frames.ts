import { ErrorNumber, longAt, type Reader, readWatcherEvent, Xid } from '@zookit/jute'
import type { Credentials } from './auth/credentials.ts'
import { unknownEventChannel } from './diagnostics.ts'
import { ZooKeeperError } from './errors.ts'
import type { RequestQueue } from './requests/request-queue.ts'
import type { Watches } from './watches/watches.ts'

// Error numbers that end more than the request they answer.
const {
  SESSION_EXPIRED,
  SESSION_MOVED,
  SESSION_CLOSED_REQUIRE_SASL_AUTH: AUTH_REQUIRED,
  UNIMPLEMENTED,
} = ErrorNumber

/** The parts of a session that frames are for. */
export interface FrameReceivers {
  readonly queue: RequestQueue
  readonly credentials: Credentials
  readonly watches: Watches
}

/** The listener of the frames: what they tell of the session and of the connection. */
export interface IncomingOwner {
  onExpired(reason: string): void
  onAuthRefused(err: number): void
  /** The session has moved to another server. */
  onMoved(): void
  /** The server does not have an operation that it was asked for. Most servers close the connection right after saying so. */
  onUnimplemented(): void
  /** A ping is answered. */
  onPong(): void
  /** A credential or a SetWatches is answered. */
  onRestoring(): void
}

/** The frames of a connection after its handshake: each goes to the part of the session that it is for. */
export class IncomingFrames {
  readonly #queue: RequestQueue
  readonly #credentials: Credentials
  readonly #watches: Watches
  readonly #maxResponseSize: number
  readonly #owner: IncomingOwner

  constructor(receivers: FrameReceivers, maxResponseSize: number, owner: IncomingOwner) {
    this.#queue = receivers.queue
    this.#credentials = receivers.credentials
    this.#watches = receivers.watches
    this.#maxResponseSize = maxResponseSize
    this.#owner = owner
  }

  /** Handles a frame. @see LinkOwner.onFrame */
  onFrame(reader: Reader, longLength: number): boolean {
    const at = reader.take(16)
    const xid = reader.view.getInt32(at)
    if (xid > 0) {
      // A reply waits until the consumers of events that came before it have had a turn.
      if (this.#watches.isBehind) return false
      const err = this.#queue.onReply(reader, at, longLength)
      if (err !== 0) this.#onReplyError(err)
    } else if (longLength > 0) throw this.#tooLong(longLength)
    else if (xid === Xid.notification) return this.#onEvent(reader, at)
    else this.#onControl(xid, reader.view.getInt32(at + 12))
    return true
  }

  /** Makes the error of a frame over the limit that answers no request: without it the session's state is not known. */
  #tooLong(length: number): ZooKeeperError {
    const message = `the server sent a frame of ${length} bytes that answers no request: maxResponseSize is ${this.#maxResponseSize}`
    return new ZooKeeperError('CONNECTION_LOSS', { message })
  }

  /** Handles an event. It waits until the continuations of the replies before it have run. */
  #onEvent(reader: Reader, at: number): boolean {
    if (this.#queue.settled) return false
    const { type, state, path } = readWatcherEvent(reader)
    const known = path !== null && this.#watches.fire(type, path, longAt(reader.view, at + 4))
    if (!known && unknownEventChannel.hasSubscribers) unknownEventChannel.publish({ type, state, path })
    return true
  }

  #onControl(xid: number, err: number): void {
    if (xid === Xid.auth) this.#onAuthAnswer(err)
    // A server that enforces credentials refuses whatever comes before them, pings too.
    else if (err === SESSION_EXPIRED || err === AUTH_REQUIRED) this.#onReplyError(err)
    else if (xid === Xid.ping) this.#owner.onPong()
    else if (xid === Xid.setWatches && this.#watches.unanswered > 0) this.#onWatchesAnswer(err)
    else
      throw new ZooKeeperError('CONNECTION_LOSS', {
        message: `the server sent a reply with the xid ${xid}, which this session did not ask for`,
      })
  }

  #onAuthAnswer(err: number): void {
    this.#queue.noteSettled()
    if (err !== 0) return this.#owner.onAuthRefused(err)
    this.#credentials.accepted()
    this.#owner.onRestoring()
  }

  #onWatchesAnswer(err: number): void {
    this.#watches.onAnswer(err)
    if (err === UNIMPLEMENTED) this.#owner.onUnimplemented()
    this.#owner.onRestoring()
  }

  #onReplyError(err: number): void {
    if (err === SESSION_EXPIRED) this.#owner.onExpired('the server says so')
    else if (err === UNIMPLEMENTED) this.#owner.onUnimplemented()
    else if (err === SESSION_MOVED) this.#owner.onMoved()
    else if (err === AUTH_REQUIRED) this.#owner.onAuthRefused(err)
  }
}
