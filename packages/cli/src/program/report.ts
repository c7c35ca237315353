import { printable, toJson } from '../text/printable.ts'
import { explain } from './errors.ts'
import type { Io } from './io.ts'

/** Tells of an error on standard error. @returns the exit code for it. */
export function report(
  error: unknown,
  { stderr }: Pick<Io, 'stderr'>,
  json: boolean,
  command?: string,
): number {
  const explanation = explain(error)
  const { message, hint, exitCode } = explanation
  const name = command === undefined ? 'zookit' : `zookit ${command}`
  const advice = hint === undefined ? '' : `  ${hint}\n`
  stderr.write(json ? `${toJson({ error: explanation })}\n` : printable(`${name}: ${message}\n${advice}`))
  return exitCode
}
