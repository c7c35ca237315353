import type { Context, ShellControls } from '../../program/context.ts'
import { UsageError } from '../../program/errors.ts'

/** Returns the shell. @throws UsageError in a run of its own. */
export function inShell({ shell }: Context, name: string): ShellControls {
  if (shell !== null) return shell
  throw new UsageError(`${name} works in the shell only`, 'Start it: `zookit` without a command.')
}
