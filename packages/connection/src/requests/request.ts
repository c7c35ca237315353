import type { AnyOperation } from '@zookit/jute'
import type { RequestTrace } from '../diagnostics.ts'
import type { ZooKeeperError } from '../errors.ts'
import type { Resolve } from './settling.ts'

/**
 * Runs when the reply is decoded, before its promise is settled: an event right behind the reply finds its watch.
 * `hasFailed` is true if the caller gets, or has got, an error of the client's own, whatever the server answered: the
 * request was given up after it was sent, or its reply is too long.
 */
type OnReply = (err: number, hasFailed: boolean) => void

/** Limits of one request. */
export interface RequestLimits {
  /** Gives the request up when aborted. The server may still apply it: see the error's `outcome`. */
  signal?: AbortSignal | undefined
  /** Milliseconds after which the request is given up. */
  timeout?: number | undefined
}

/** Makes the error of a request that is refused while it waits, from the path that errors name. */
export type RefusalReason = (path: string | undefined) => ZooKeeperError

/** Options of one request: its limits, and what only this package sets. */
export interface SendOptions extends RequestLimits {
  onReply?: OnReply | undefined
  /** Sees the CONNECTION_LOSS of a request that was sent, oldest request first, and returns the error for the caller. */
  onLost?: ((error: ZooKeeperError) => ZooKeeperError) | undefined
  /** Refuses the request when aborted, with a RefusalReason as the reason. Only requests that wait are refused like this. */
  refusal?: AbortSignal | undefined
  /** The request waits for room in a full queue, even where the session rejects such requests. */
  mustWait?: boolean | undefined
}

/**
 * State that only requests with a signal, a timeout or a watch need. Slots of the ring are reused, so this object is also
 * the identity of such a request.
 */
export class RequestControl {
  readonly options: SendOptions
  /** Ends the listener on the signal, and the timer. */
  release: (() => void) | undefined = undefined
  /** The promise is settled, but the reply, or the turn of the frame in the queue, is still to come. */
  abandoned = false
  /** The time at which the timeout of the request is over, where it has one. */
  due: number | undefined = undefined
  /** The position in the ring; -1 while the request is not in it. */
  position = -1

  constructor(options: SendOptions) {
    this.options = options
  }
}

/** Makes the control of a request; undefined where the options ask for nothing, as for most requests. */
export function controlFor(options: SendOptions | undefined): RequestControl | undefined {
  if (options === undefined) return undefined
  const { signal, timeout, onReply, mustWait } = options
  const isPlain = signal === undefined && timeout === undefined && onReply === undefined && !mustWait
  return isPlain ? undefined : new RequestControl(options)
}

const NO_OPERATION = undefined as unknown as AnyOperation
const NO_RESOLVE: Resolve = () => {}

/** A request until it is answered: a slot of the ring, which is reused. */
export class Request {
  operation: AnyOperation = NO_OPERATION
  /** The path that errors name: the caller's own, without a chroot. */
  path: string | undefined = undefined
  control: RequestControl | undefined = undefined
  /** The message for subscribers of the request channel. */
  trace: RequestTrace | undefined = undefined
  /** The one function of the promise that is kept: see settling.ts. */
  resolve: Resolve = NO_RESOLVE
  xid = 0
  /** The size of the frame in bytes; 0 while the slot is empty. */
  size = 0

  get abandoned(): boolean {
    return this.control?.abandoned === true
  }

  /** Takes over the contents of a request that stood elsewhere. */
  copy(other: Request): this {
    this.operation = other.operation
    this.path = other.path
    this.control = other.control
    this.trace = other.trace
    this.resolve = other.resolve
    this.xid = other.xid
    this.size = other.size
    return this
  }

  /** Drops every reference to the caller's objects. */
  clear(): void {
    this.path = undefined
    this.control = undefined
    this.trace = undefined
    this.resolve = NO_RESOLVE
    this.size = 0
  }
}
