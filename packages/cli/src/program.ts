import { CommandError } from './program/errors.ts'
import { ExitCode } from './program/exit-codes.ts'
import { processIo } from './program/io.ts'
import { report } from './program/report.ts'
import { run } from './run.ts'

/** Runs the program in this process: its words, its streams, its exit code. */
export async function main(): Promise<void> {
  const words = process.argv.slice(2)
  const io = processIo()
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // `zookit ls -R / | head`: nobody reads any more.
    if (error.code === 'EPIPE') process.exit(ExitCode.done)
    process.exit(report(cannotWrite(error), io, words.includes('--json')))
  })
  // Nobody is left who could be told of it.
  process.stderr.on('error', () => {})
  process.exitCode = await run(words, io)
}

function cannotWrite({ message }: Error): CommandError {
  return new CommandError(
    `cannot write standard output: ${message}`,
    ExitCode.failed,
    'Make room or choose another place. What the command has done on the servers stays.',
  )
}
