import type { Deadline } from './deadline.ts'
import type { Handle } from './handle.ts'

/** Releases a handle, and waits for that no longer than the call may last: the result of the call is known already. */
export async function releaseWithin(deadline: Deadline, handle: Handle): Promise<void> {
  await deadline.race(handle.release()).catch(() => {})
}
