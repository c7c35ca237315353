import { processIo } from './program/io.ts'
import { run } from './run.ts'

/** Runs the program in this process: its words, its streams, its exit code. */
export async function main(): Promise<void> {
  // `zookit ls -R / | head`: nobody reads any more.
  process.stdout.on('error', error => {
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') process.exit(0)
    throw error
  })
  process.exitCode = await run(process.argv.slice(2), processIo())
}
