import type { Deadline } from './deadline.ts'
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

/** Releases a handle, and waits for that no longer than the call may last: the result of the call is known already. */
export async function releaseWithin(deadline: Deadline, handle: Handle): Promise<void> {
  await deadline.race(handle.release()).catch(() => {})
}
