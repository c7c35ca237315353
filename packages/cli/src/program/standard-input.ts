import type { Readable } from 'node:stream'
import type { Context } from './context.ts'
import { CommandError, UsageError } from './errors.ts'
import { ExitCode } from './exit-codes.ts'

/** Returns the standard input, for a command whose data comes from there. @throws UsageError in the shell, whose lines come from there. */
export function standardInput({ io, shell }: Context): Readable {
  if (shell === null) return io.stdin
  throw new UsageError('the lines of the shell come from standard input, so no data can', 'Name a file.')
}

/** Makes the error of an input that cannot be read. @param isBegun true if the command has worked with a part of it. */
export function cannotRead(name: string, error: unknown, isBegun = false): UsageError | CommandError {
  const message = `cannot read ${name}: ${(error as Error).message}`
  if (!isBegun) return new UsageError(message)
  return new CommandError(
    message,
    ExitCode.failed,
    'A part of it was read, and what the command did with that stays.',
  )
}
