import { type ChildProcess, execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { UsageError } from '../program/errors.ts'

/** Place of a secret: an environment variable, or what a command prints. */
export type SecretReference = { env: string } | { command: string | string[] }

/** The environment of the secrets, and the longest time that a command may take to print one, in milliseconds. */
export interface SecretSource {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly timeout: number
}

const run = promisify(execFile)

/**
 * Fetches a secret. A text as command is run by the shell, a list without one. The newline at its end is left out.
 *
 * @throws UsageError that names the reference, never the secret.
 */
export async function secretOf(reference: SecretReference, { env, timeout }: SecretSource): Promise<string> {
  if ('env' in reference) {
    const value = env[reference.env]
    if (value !== undefined) return value
    throw new UsageError(
      `the environment variable ${reference.env}, which holds a secret, is not set`,
      'Set it.',
    )
  }
  const [program, ...args] =
    typeof reference.command === 'string' ? ['/bin/sh', '-c', reference.command] : reference.command
  const running = run(program!, args, { env: { ...env } })
  // One that hangs, such as one that waits for an input, would keep the program alive.
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    void endTree(running.child)
  }, timeout)
  try {
    const { stdout } = await running
    return stdout.replace(/\r?\n$/, '')
  } catch (error) {
    const { code } = error as { code?: unknown }
    const fault = isLate ? `has not ended within ${Math.ceil(timeout)} ms` : `has failed (${String(code)})`
    throw new UsageError(`the command that prints a secret ${fault}: ${program}`, 'Run it by hand.')
  } finally {
    clearTimeout(timer)
  }
}

/** Ends a process with all that it has started: a shell alone would leave its command behind, which holds the shell's output open. */
async function endTree(child: ChildProcess): Promise<void> {
  const pids = await descendantsOf(child.pid!).catch(() => [])
  child.kill('SIGKILL')
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has ended by itself.
    }
  }
}

async function descendantsOf(root: number): Promise<number[]> {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid='])
  const rows = stdout
    .trim()
    .split('\n')
    .map(line => line.trim().split(/\s+/).map(Number))
  const found = [root]
  for (const parent of found) for (const [pid, ppid] of rows) if (ppid === parent) found.push(pid!)
  return found.slice(1)
}
