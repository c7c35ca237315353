import { types } from 'node:util'
import { checks, type Outcome, ZooKeeperError } from '@zookit/client'

/**
 * Reason why ownership is no longer certain.
 *
 * - `suspended`: the connection was lost, so the session may have expired.
 * - `deadline`: no answer has come for a session timeout, so the server may have expired the session.
 * - `expired`: the session has expired, and its znode is gone.
 * - `closed`: the client was closed, or its credentials were refused.
 * - `deleted`: somebody has deleted the znode.
 * - `lapsed`: the time of the lease is over.
 * - `taken`: somebody else owns it now.
 * - `reassigned`: it is assigned to somebody else now. It stays held until it is released.
 * - `released`: the owner has released it.
 */
export type LossReason =
  | 'suspended'
  | 'deadline'
  | 'expired'
  | 'closed'
  | 'deleted'
  | 'lapsed'
  | 'taken'
  | 'reassigned'
  | 'released'

const MESSAGES: Record<LossReason, string> = {
  suspended: 'the connection was lost',
  deadline: 'the server has not answered for a session timeout',
  expired: 'the session has expired',
  closed: 'the client was closed',
  deleted: 'somebody has deleted the znode',
  lapsed: 'its time is over',
  taken: 'somebody else owns it',
  reassigned: 'it is assigned to somebody else',
  released: 'it was released',
}

/**
 * The reason of a handle's aborted `signal`, and the error of its methods once nothing is held any more. Its code is
 * RELEASED after the owner's own release, which is no loss, and OWNERSHIP_LOST for every other reason.
 *
 * A handle that is lost stays lost. Its owner stops what depended on it, takes nothing back that a guard or a fencing token
 * does not protect, and acquires again. `release` of a lost handle is allowed, and needless: its znode is deleted by itself when
 * the session is connected again.
 */
export class OwnershipError extends ZooKeeperError {
  readonly reason: LossReason

  /**
   * @param path znode that stands for the ownership.
   * @param outcome `unknown` for a call whose write was sent before.
   */
  constructor(reason: LossReason, path: string, outcome: Outcome = 'not-sent') {
    const isOver = reason === 'released'
    const advice = isOver
      ? 'Ask for a new handle'
      : 'Stop what depended on it; this handle stays lost, so ask for a new one'
    const message = `not held any more: ${MESSAGES[reason]}. ${advice}`
    super(isOver ? 'RELEASED' : 'OWNERSHIP_LOST', { message, path, outcome })
    this.reason = reason
  }

  /** Returns whether a value is an OwnershipError, also one of another copy of this package. */
  static override is(value: unknown): value is OwnershipError {
    if (!ZooKeeperError.is(value) || !('reason' in value)) return false
    return value.code === 'OWNERSHIP_LOST' || value.code === 'RELEASED'
  }
}

/** Creates the error for an argument that is refused before anything is sent. `refuse` adds what it lacks. */
export function badArgument(message: string, path?: string): ZooKeeperError {
  return new checks.InvalidArgument(message, undefined, path)
}

/** Returns the code of a ZooKeeperError; undefined for any other error. */
export function codeOf(error: unknown): string | undefined {
  return ZooKeeperError.is(error) ? error.code : undefined
}

/** Returns what was thrown, as an Error: code of the user's, such as a codec, may throw anything. */
export function asError(thrown: unknown): Error {
  return types.isNativeError(thrown) ? thrown : new Error(String(thrown), { cause: thrown })
}

const ENDED: ReadonlySet<string | undefined> = new Set(['CLOSED', 'AUTH_FAILED', 'SESSION_EXPIRED'])

/** Returns whether an error says that the session has ended. */
export function isEnd(error: unknown): boolean {
  return ENDED.has(codeOf(error))
}

/** Returns whether an error says that a connection was lost or missing, so that a later connection may help. */
export function isDisconnection(error: unknown): boolean {
  const code = codeOf(error)
  return code === 'CONNECTION_LOSS' || code === 'NOT_CONNECTED' || code === 'NOT_READ_ONLY'
}

/** Returns whether a failed request may succeed on a later connection, or in a later session if there is one. */
export function isTransient(error: unknown): boolean {
  if (!ZooKeeperError.is(error)) return false
  return error.retryable || isDisconnection(error) || error.code === 'SESSION_EXPIRED'
}

/** Returns whether a call has ended because its caller has aborted its signal. */
export function isEndedBy(signal: AbortSignal | undefined, error: unknown): boolean {
  return signal?.aborted === true && codeOf(error) === 'ABORTED'
}

/** Returns the error with another outcome: that of the write which it has ended. */
export function withOutcome(error: unknown, outcome: ZooKeeperError['outcome']): unknown {
  if (!ZooKeeperError.is(error) || error.outcome === outcome) return error
  const { code, operation, path, errno } = error
  const message =
    outcome === 'unknown'
      ? 'the call ended while its write was in flight: it may have been applied'
      : 'the call ended before its write was sent'
  return new ZooKeeperError(code, { message, operation, path, cause: error, errno, outcome })
}

/** The methods of a client that change something, as errors name them. */
const WRITES: ReadonlySet<string | undefined> = new Set([
  'create',
  'createWithStat',
  'delete',
  'ensurePath',
  'multi',
  'setAcl',
  'setData',
])

/** Returns whether an error is that of a write that was sent, and may have been applied. */
export function isLostWrite(error: unknown): error is ZooKeeperError {
  return ZooKeeperError.is(error) && error.outcome === 'unknown' && WRITES.has(error.operation)
}
