import { checks, ZooKeeperError } from '@zookit/connection'

/**
 * The BAD_ARGUMENTS of an argument that is refused before anything is sent. It is thrown where the argument is checked.
 * There the operation is unknown, and often the path: the public method adds both (`refused`).
 */
export class InvalidArgument extends ZooKeeperError {
  /** The message without code, operation and path. */
  readonly reason: string

  constructor(reason: string, operation?: string, path?: string) {
    super('BAD_ARGUMENTS', { message: reason, operation, path, outcome: 'not-sent' })
    this.reason = reason
  }

  /** Returns whether a value is an InvalidArgument, also one of another copy of this package. */
  static override is(value: unknown): value is InvalidArgument {
    return ZooKeeperError.is(value) && value.code === 'BAD_ARGUMENTS' && 'reason' in value
  }
}

/** Adds the operation and the path to an error, if it is an InvalidArgument without them. */
export function withSubject(error: unknown, operation: string, path?: unknown): unknown {
  if (!InvalidArgument.is(error) || error.operation !== undefined) return error
  return new InvalidArgument(error.reason, operation, typeof path === 'string' ? path : error.path)
}

/** Rejects with an error that names the operation and the path. */
export function refused(error: unknown, operation: string, path?: unknown): Promise<never> {
  return Promise.reject(withSubject(error, operation, path))
}

/** Rejects a call with more arguments than the method takes: a callback would never be called. */
export function surplus(operation: string, takes: number, path?: unknown): Promise<never> {
  return refused(tooMany(takes), operation, path)
}

/** Makes the error of a call with more arguments than the method takes. */
export function tooMany(takes: number): InvalidArgument {
  return new InvalidArgument(checks.surplusFault(takes + 1, takes)!)
}
