/** The frames that are kept of a call: those of this library come first. */
const FRAMES = 25

/** The line between the stack of an error and that of its request. */
const HEADING = '    at -- the request was made here --'

/** Takes the stack of the caller. It is turned into text only if the request fails. */
function takeSite(below: (...args: never[]) => unknown): { stack?: string } {
  const site = {}
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = FRAMES
  Error.captureStackTrace?.(site, below)
  Error.stackTraceLimit = stackTraceLimit
  return site
}

/** Appends the place of a request to the stack of its error. */
function addSite(error: unknown, site: { stack?: string }): void {
  if (!(error instanceof Error) || site.stack === undefined) return
  const frames = site.stack.split('\n').slice(1)
  if (frames.length > 0) error.stack = [error.stack ?? String(error), HEADING, ...frames].join('\n')
}

/**
 * Wraps a function that makes requests, so that the errors of its promises tell where it was called. Only a session that
 * wants it has such a wrapper: all others cost nothing.
 */
export function withCallSites<Args extends unknown[], Result>(
  make: (...args: Args) => Promise<Result>,
): (...args: Args) => Promise<Result> {
  return function made(...args: Args): Promise<Result> {
    const site = takeSite(made)
    return make(...args).catch(error => {
      addSite(error, site)
      throw error
    })
  }
}
