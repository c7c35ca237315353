import { ZooKeeperError } from '@zookit/client'

/**
 * Why ownership is not certain any more.
 *
 * - `suspended`: the connection was lost, and with it the certainty that the session lives.
 * - `deadline`: no answer has come for a session timeout: the server may have expired the session.
 * - `expired`: the session is gone, and the node with it.
 * - `closed`: the client was closed, or its credentials were refused.
 * - `deleted`: somebody has deleted the node.
 * - `lapsed`: its time is over.
 * - `taken`: somebody else has it now.
 * - `reassigned`: it is due to somebody else now. It stays held until it is released.
 * - `released`: by the owner.
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
  deadline: 'no answer has come for a session timeout',
  expired: 'the session has expired',
  closed: 'the client was closed',
  deleted: 'somebody has deleted the node',
  lapsed: 'its time is over',
  taken: 'somebody else has it',
  reassigned: 'it is due to somebody else',
  released: 'it was released',
}

/** What a handle's `signal` is aborted with, and what its methods throw when it is not held any more. */
export class OwnershipError extends ZooKeeperError {
  readonly reason: LossReason

  /** @param path the node that stands for the ownership. */
  constructor(reason: LossReason, path: string) {
    const message = `not held any more: ${MESSAGES[reason]}`
    super('OWNERSHIP_LOST', { message, path, outcome: 'not-sent' })
    this.reason = reason
  }
}

/** An error for an argument that is refused before anything is sent. */
export function badArgument(message: string, path?: string): ZooKeeperError {
  return new ZooKeeperError('BAD_ARGUMENTS', { message, path, outcome: 'not-sent' })
}

/** The code of a ZooKeeperError; undefined for anything else. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof ZooKeeperError ? error.code : undefined
}

const ENDED: ReadonlySet<string | undefined> = new Set(['CLOSED', 'AUTH_FAILED', 'SESSION_EXPIRED'])

/** Whether an error says that the session is no more. */
export function isEnd(error: unknown): boolean {
  return ENDED.has(codeOf(error))
}

/** Whether an error says that a connection was lost, or that there was none: later it may be otherwise. */
export function isDisconnection(error: unknown): boolean {
  const code = codeOf(error)
  return code === 'CONNECTION_LOSS' || code === 'NOT_CONNECTED' || code === 'NOT_READ_ONLY'
}

/** Whether what failed may succeed on a later connection, or in a later session, if there is one. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof ZooKeeperError)) return false
  return (
    error.retryable ||
    isDisconnection(error) ||
    error.code === 'SESSION_EXPIRED' ||
    error.code === 'QUEUE_FULL'
  )
}
