import type { Deadline, Limits } from './deadline.ts'
import { codeOf } from './errors.ts'
import type { Handle } from './handle.ts'

/**
 * Does work while a handle is held, and releases it however the work ends.
 *
 * @param release releases the handle. Default: waits until that is done.
 * @throws what the work throws, whatever becomes of the release; else as `release`.
 */
export async function whileHeld<Result>(
  handle: Handle,
  work: () => Result | Promise<Result>,
  release: () => Promise<void> = () => handle.release(),
): Promise<Result> {
  let result: Result
  try {
    result = await work()
  } catch (error) {
    await release().catch(() => {})
    throw error
  }
  await release()
  return result
}

/**
 * Releases what a call has held. Once the signal is aborted, this waits for an answer, but for no connection: the release goes on
 * in the background.
 *
 * @throws as the release.
 */
export async function releaseUntil(
  signal: AbortSignal | undefined,
  release: (limits: Limits) => Promise<void>,
): Promise<void> {
  try {
    await release(signal?.aborted ? { timeout: 0 } : { signal })
  } catch (error) {
    const isLimit = codeOf(error) === 'ABORTED' || codeOf(error) === 'REQUEST_TIMEOUT'
    if (!(isLimit && signal?.aborted)) throw error
  }
}

/** Releases a handle, and waits for that no longer than the call may last: the result of the call is known already. */
export async function releaseWithin(deadline: Deadline, handle: Handle): Promise<void> {
  await deadline.race(handle.release()).catch(() => {})
}
