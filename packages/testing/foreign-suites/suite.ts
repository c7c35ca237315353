import { spawn } from 'node:child_process'
import type { TestResult } from './result.ts'

/** The surroundings in which a suite is laid out and run. */
export interface Workplace {
  /** A temporary directory of the suite's own. */
  readonly directory: string
  /** The environment for its programs, in which servers are the stand-ins. */
  readonly env: NodeJS.ProcessEnv
  /** The directory of the stand-ins. */
  readonly standIns: string
  /** Takes what the suite's programs print. */
  readonly print: (text: string) => void
}

/** A test that fails against the in-memory server, and why that is all right. */
export interface ExpectedFailure {
  readonly test: string
  readonly reason: string
  /** True if it passes as well, for a race of its own. */
  readonly sometimes?: boolean
}

/** A suite of tests that others wrote for their client. */
export interface Suite {
  /** The name for `--suite`. */
  readonly name: string
  /** The name of the suite, with the version that is fetched. */
  readonly title: string
  /** The release that the in-memory server plays. */
  readonly release: string
  /** The programs without which the suite is skipped. */
  readonly tools: readonly string[]
  readonly expected: readonly ExpectedFailure[]
  /** Fetches the suite through its package registry. @throws CommandError when that cannot be reached */
  fetch(workplace: Workplace): Promise<void>
  run(workplace: Workplace): Promise<TestResult[]>
}

/** A program that ended otherwise than well. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
}

/** Milliseconds from the end of a program to the end of what is read from it. */
const LINGER = 2_000

export interface CommandOptions {
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  readonly print: (text: string) => void
  /** True if an exit code other than 0 is no error: test runners end so when a test has failed. */
  readonly mayFail?: boolean
}

/** Runs a program to its end. @returns what it printed on standard output */
export function command(words: readonly string[], options: CommandOptions): Promise<string> {
  const [file = '', ...args] = words
  const child = spawn(file, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  const printed: Buffer[] = []
  let last = ''
  child.stdout.on('data', (chunk: Buffer) => printed.push(chunk))
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      options.print(chunk.toString())
      last = (last + chunk.toString()).slice(-2_000)
    })
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    // What a program has left running may hold its outputs open for ever.
    child.on('exit', () =>
      setTimeout(() => [child.stdout, child.stderr].map(stream => stream.destroy()), LINGER),
    )
    child.on('close', (code, signal) => {
      if (code === 0 || options.mayFail === true) resolve(Buffer.concat(printed).toString())
      else reject(new CommandError(`${words.join(' ')} ended with ${code ?? signal}:\n${last}`))
    })
  })
}
