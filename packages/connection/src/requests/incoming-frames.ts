import { ErrorNumber, longAt, type Reader, readWatcherEvent, Xid } from '@zookit/jute'
import { unknownEventChannel } from '../diagnostics.ts'
import { ZooKeeperError } from '../errors.ts'
import type { LinkOwner } from '../link/link.ts'
import type { RequestQueue } from './request-queue.ts'

// Error numbers that end more than the request they answer.
const {
  SESSION_EXPIRED,
  SESSION_MOVED,
  SESSION_CLOSED_REQUIRE_SASL_AUTH: AUTH_REQUIRED,
  UNIMPLEMENTED,
} = ErrorNumber

/** The receiver of answers to credentials. */
interface CredentialAnswers {
  /** The scheme whose answer comes next. */
  readonly oldestScheme: string | undefined
  accepted(): void
}

/** The receiver of events, and of answers to SetWatches. */
interface WatchAnswers {
  /** True while a consumer has not had its turn for an event. */
  isBehind: boolean
  /** The number of SetWatches that are not answered yet. */
  readonly unanswered: number
  /** @returns false for an event that nobody has asked for. */
  fire(type: number, serverPath: string, zxid: bigint): boolean
  onAnswer(err: number): void
}

/** The parts of a session that frames are for. */
interface FrameReceivers {
  readonly queue: RequestQueue
  readonly credentials: CredentialAnswers
  readonly watches: WatchAnswers
  readonly seen: { sawEvent(zxid: bigint): void }
}

/** The listener of what the frames say about the session and the connection. */
export interface IncomingOwner {
  onExpired(reason: string): void
  /** The server accepts the session no longer: it refused a credential, or demands one. */
  onAuthRefused(error: ZooKeeperError): void
  /** The session has moved to another server. */
  onMoved(): void
  /** The server does not have an operation that it was asked for. Most servers close the connection right after saying so. */
  onUnimplemented(): void
  /** A ping is answered. */
  onPong(): void
  /** A credential or a SetWatches is answered. */
  onRestoring(): void
  /** The connection is lost. */
  onLost(error: Error | null): void
}

/**
 * The frames of a connection after its handshake: each goes to the part of the session that it is for. It listens to the link
 * itself: with a closure for each call in between, an event of one of many sessions waits for more memory.
 */
export class IncomingFrames implements LinkOwner {
  readonly #queue: RequestQueue
  readonly #credentials: CredentialAnswers
  readonly #watches: WatchAnswers
  readonly #seen: FrameReceivers['seen']
  readonly #maxResponseSize: number
  readonly #owner: IncomingOwner

  constructor(receivers: FrameReceivers, maxResponseSize: number, owner: IncomingOwner) {
    this.#queue = receivers.queue
    this.#credentials = receivers.credentials
    this.#watches = receivers.watches
    this.#seen = receivers.seen
    this.#maxResponseSize = maxResponseSize
    this.#owner = owner
  }

  onOpen(): void {}

  onTurn(): void {
    this.#watches.isBehind = false
    this.#queue.onTurn()
  }

  onLost(error: Error | null): void {
    this.#owner.onLost(error)
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
    this.#queue.settleRefused()
    if (this.#queue.settled) return false
    const { type, state, path } = readWatcherEvent(reader)
    const zxid = longAt(reader.view, at + 4)
    if (zxid > 0n) this.#seen.sawEvent(zxid)
    const known = path !== null && this.#watches.fire(type, path, zxid)
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
    if (err !== 0) return this.#owner.onAuthRefused(credentialRefused(err, this.#credentials.oldestScheme))
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
    else if (err === AUTH_REQUIRED) this.#owner.onAuthRefused(authRequired())
  }
}

function credentialRefused(err: number, scheme: string | undefined): ZooKeeperError {
  const { code, errno } = ZooKeeperError.fromNumber(err)
  const what =
    scheme === undefined ? 'a credential' : `the credential of the scheme ${JSON.stringify(scheme)}`
  const message = `the server refused ${what}: it does not have the scheme, or the secret is wrong`
  return new ZooKeeperError(code, { message, errno, operation: 'auth', outcome: 'rejected' })
}

/** Makes the error of a server that takes no request of this session without an identity. */
function authRequired(): ZooKeeperError {
  const message =
    'the server demands an identity that this session has not presented (sessionRequireClientSASLAuth or enforce.auth): set the sasl option, or auth'
  return ZooKeeperError.fromNumber(AUTH_REQUIRED, { message, operation: 'auth' })
}
