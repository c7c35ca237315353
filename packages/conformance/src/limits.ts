/** An error of the suite itself: something took longer than it may. */
class OutOfTime extends Error {
  override readonly name = 'OutOfTime'
}

/**
 * Waits for a promise, but not longer than a limit. What the promise does after that is ignored.
 *
 * @param milliseconds the limit.
 * @param what names the work, for the error.
 * @throws OutOfTime when the limit has passed; else what the promise rejects with.
 */
export async function within<T>(work: Promise<T>, milliseconds: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new OutOfTime(`${what} took longer than ${milliseconds} ms`)),
      milliseconds,
    )
  })
  work.catch(() => {})
  try {
    return await Promise.race([work, limit])
  } finally {
    clearTimeout(timer)
  }
}

/** Waits for a promise to settle, but not longer than a limit. Never rejects. */
export async function settled(work: Promise<unknown>, milliseconds: number): Promise<void> {
  await within(work, milliseconds, 'it').catch(() => {})
}
