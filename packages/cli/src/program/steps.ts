import type { Context } from './context.ts'
import { codeOf, isUsageError } from './errors.ts'

/** Codes of errors that come before the first request of a command, or instead of it. */
const NOTHING_DONE: ReadonlySet<string | undefined> = new Set(['BAD_ARGUMENTS', 'NO_NODE', 'NODE_EXISTS'])

/**
 * Runs the requests of a command that may end in the middle: by an error, by Ctrl-C.
 *
 * @param advice what may stand then, and how to go on. It is told before the error is.
 */
export async function inSteps<Of>(context: Context, advice: string, run: () => Promise<Of>): Promise<Of> {
  try {
    return await run()
  } catch (error) {
    if (!isUsageError(error) && !NOTHING_DONE.has(codeOf(error))) context.note(advice)
    throw error
  }
}
