import type { Readable } from 'node:stream'
import type { Context } from './context.ts'
import { UsageError } from './errors.ts'

/** Returns the standard input, for a command whose data comes from there. @throws UsageError in the shell, whose lines come from there. */
export function standardInput({ io, shell }: Context): Readable {
  if (shell === null) return io.stdin
  throw new UsageError('the lines of the shell come from standard input, so no data can', 'Name a file.')
}
