import { UsageError } from '../program/errors.ts'
import { type GlobalOptions, globalOptions } from '../program/global-options.ts'
import { kebab } from '../program/specs.ts'

/** Options that a line of the shell may give for itself. All others make the session, which is there before the line. */
const OF_A_LINE: ReadonlySet<keyof GlobalOptions> = new Set(['json', 'timeout', 'color'])

/**
 * Completes the options of a line by those that the shell was started with.
 *
 * @throws UsageError for an option of the session: `deleteall --hosts test /app` must not delete where the shell is connected to.
 */
export function optionsOfLine(line: GlobalOptions, shell: GlobalOptions): GlobalOptions {
  const names = Object.keys(globalOptions) as (keyof GlobalOptions)[]
  const name = names.find(each => !OF_A_LINE.has(each) && line[each] !== globalOptions[each].absent)
  if (name !== undefined)
    throw new UsageError(
      `--${kebab(name)} belongs to the session, which the lines of a shell share`,
      'Give it where zookit is started. `connect HOSTS` goes to other servers.',
    )
  return {
    ...shell,
    json: line.json || shell.json,
    timeout: line.timeout ?? shell.timeout,
    color: line.color ?? shell.color,
  }
}
