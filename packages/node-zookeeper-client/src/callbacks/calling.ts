/**
 * Calls a function of the user. What it throws becomes an uncaught exception, as it does in any listener, and keeps
 * nothing else from running.
 */
export function calling(run: () => void): void {
  try {
    run()
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}
