/**
 * Waits until every microtask that is due has run, and every microtask that these have scheduled.
 *
 * `setImmediate` runs its callback only after the queues of `process.nextTick` and of promises are empty: it is the only
 * part of a world that is real, and no time of the world passes in it.
 */
export function drainMicrotasks(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
