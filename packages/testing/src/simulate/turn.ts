/**
 * Waits until every microtask that is due has run, and those that they brought about.
 *
 * `setImmediate` runs its callback only after the queues of `process.nextTick` and of promises are empty: it is the one
 * real thing in a world, and no time of the world passes in it.
 */
export function drainMicrotasks(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
