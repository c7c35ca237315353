/** A promise's function that resolves it, which `reject` here uses too. */
export type Resolve = (result: unknown) => void

/** A promise whose function that rejects it is not kept: who waits is told by a thenable in its place. */
class Rejection {
  readonly error: Error

  constructor(error: Error) {
    this.error = error
  }

  // biome-ignore lint/suspicious/noThenProperty: a promise resolved with it takes over what it is told here.
  then(_: unknown, reject: (error: Error) => void): void {
    reject(this.error)
  }
}

/** A result on the same detour as a rejection before it. */
class LateResult {
  readonly result: unknown

  constructor(result: unknown) {
    this.result = result
  }

  // biome-ignore lint/suspicious/noThenProperty: as above.
  then(resolve: Resolve): void {
    resolve(this.result)
  }
}

const RESOLVED = Promise.resolve()

/** Whether a rejection is on its way that results must not overtake. */
let isLate = false
const endLate = (): void => void (isLate = false)

let caught: Resolve
const catchResolve = (resolve: Resolve): void => void (caught = resolve)

/**
 * A promise, and the one function of it that has to be kept until it is settled: every request in flight holds 64 bytes
 * less than with both, which the garbage collector copies (promises alone, 10 000 of them in flight: 0.36 µs each, for
 * 0.50). One executor for all, so that a request makes no closure of its own: call `lastResolve` right behind it.
 */
export function pending(): Promise<unknown> {
  return new Promise(catchResolve)
}

/** The function that resolves the newest promise of `pending`. */
export function lastResolve(): Resolve {
  return caught
}

/** Settles a promise with a result. Promises are settled in the order of the calls, rejected ones included. */
export function fulfil(resolve: Resolve, result: unknown): void {
  resolve(isLate ? new LateResult(result) : result)
}

/**
 * Settles a promise with an error. It takes a thenable's state over one microtask later, so until then what is fulfilled
 * takes the same way.
 */
export function reject(resolve: Resolve, error: Error): void {
  if (!isLate) {
    isLate = true
    resolve(new Rejection(error))
    soon(endLate)
  } else {
    resolve(new Rejection(error))
  }
}

/** Runs a function that does not throw as a microtask: `queueMicrotask` makes an AsyncResource of each (Node 20: 0.2 to 1.9 µs of a round trip). */
export function soon(run: () => void): void {
  void RESOLVED.then(run)
}
