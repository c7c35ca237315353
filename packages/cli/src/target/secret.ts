import { execFile } from 'node:child_process'
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
  try {
    // One that hangs, such as one that waits for an input, would keep the program alive.
    const options = { env: { ...env }, timeout: Math.ceil(timeout), killSignal: 'SIGKILL' } as const
    const { stdout } = await run(program!, args, options)
    return stdout.replace(/\r?\n$/, '')
  } catch (error) {
    const { code, killed } = error as { code?: unknown; killed?: boolean }
    const fault = killed ? `has not ended within ${Math.ceil(timeout)} ms` : `has failed (${String(code)})`
    throw new UsageError(`the command that prints a secret ${fault}: ${program}`, 'Run it by hand.')
  }
}
