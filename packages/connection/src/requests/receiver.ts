import type { ZooKeeperError } from '../errors.ts'
import { LateResult, Rejection, type Resolve, soon } from './settling.ts'

// The problem: a promise, its record in the ring and the caller's continuation are half of the cost of a read, and a
// caller that reads 100 000 znodes waits for one promise, not for 100 000. The trick: a function stands in the place of
// the one that resolves a promise, and hands results on to a receiver that many requests share. The invariant: requests of one
// receiver settle in the order of the calls, so that the receiver can count them; only a request that is refused at once,
// or of an operation that the server does not know or the next one may not know, is settled earlier. Measure it with `pnpm bench:budget --only bulk`.

/** Takes the results of requests that have no promise of their own. Its methods must not throw. */
export interface Receiver {
  /** Takes the next result, during the read of the connection that brought it. */
  onResult(result: unknown): void
  /** Takes the error of the next request. */
  onError(error: ZooKeeperError): void
}

/** Returns the function that stands for the one that resolves a promise: see settling.ts. */
export function resolveFor(receiver: Receiver): Resolve {
  return settled => {
    // The continuation in which an error's stack is taken ends here too, without a value. No read has such a result.
    if (settled === undefined) return
    // A promise adopts a thenable one microtask later. Without `soon`, this would come before the promise of an earlier request.
    if (settled instanceof Rejection) soon(() => receiver.onError(settled.error as ZooKeeperError))
    else if (settled instanceof LateResult) soon(() => receiver.onResult(settled.result))
    else receiver.onResult(settled)
  }
}
