import type { AnyOperation } from '@zookit/jute'
import { type RequestTrace, tellFulfilled, tellRejected } from '../diagnostics.ts'
import { type ErrorDetails, ZooKeeperError } from '../errors.ts'
import type { Request } from './request.ts'
import { fulfil, type Resolve, refuse, reject } from './settling.ts'

/** Makes the error of a request. The details must tell its outcome. */
export function errorFor(
  request: { operation: AnyOperation; path: string | undefined },
  code: string,
  details: ErrorDetails & Required<Pick<ErrorDetails, 'outcome'>>,
): ZooKeeperError {
  return new ZooKeeperError(code, { ...details, operation: request.operation.name, path: request.path })
}

/**
 * Makes the error of a number that a server sent. It has no stack yet, because a stack costs half of a rejection: `reject`
 * takes the stack of the code that awaits the request.
 *
 * @param firstMissing the server's path of the first znode that a create misses, where it is known.
 */
export function replyError(
  errno: number,
  operation: AnyOperation,
  path: string | undefined,
  firstMissing: string | null = null,
): ZooKeeperError {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    const { name, chroot } = operation
    return ZooKeeperError.fromNumber(errno, { operation: name, path, chroot, firstMissing })
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

/** Rejects a request and ends its limits. Does not reject a request that was given up: its promise is settled. */
export function rejectRequest(request: Request, error: ZooKeeperError): void {
  request.control?.release?.()
  if (!request.abandoned) rejectPromise(request.resolve, request.trace, error)
}

/** Rejects a request that is refused where it is made: the error's stack is the caller's already. */
export function refuseRequest(request: Request, error: ZooKeeperError): void {
  request.control?.release?.()
  if (request.abandoned) return
  if (request.trace !== undefined) tellRejected(request.trace, error)
  refuse(request.resolve, error)
}

/** Rejects a request's promise, and tells the subscribers of the request channel. */
export function rejectPromise(
  resolve: Resolve,
  trace: RequestTrace | undefined,
  error: ZooKeeperError,
): void {
  if (trace !== undefined) tellRejected(trace, error)
  reject(resolve, error)
}

/** Fulfils a request's promise, and tells the subscribers of the request channel. */
export function fulfilPromise(resolve: Resolve, trace: RequestTrace | undefined, result: unknown): void {
  if (trace !== undefined) tellFulfilled(trace, result)
  fulfil(resolve, result)
}
