import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { UsageError } from '../program/errors.ts'

/** Place of a secret: an environment variable, or what a command prints. */
export type SecretReference = { env: string } | { command: string | string[] }

const run = promisify(execFile)

/**
 * Fetches a secret. A text as command is run by the shell, a list without one. The newline at its end is left out.
 *
 * @throws UsageError that names the reference, never the secret.
 */
export async function secretOf(
  reference: SecretReference,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
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
    const { stdout } = await run(program!, args, { env: { ...env } })
    return stdout.replace(/\r?\n$/, '')
  } catch (error) {
    const { code } = error as { code?: unknown }
    throw new UsageError(
      `the command that prints a secret has failed (${String(code)}): ${program}`,
      'Run it by hand.',
    )
  }
}
