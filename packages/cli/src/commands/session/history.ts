import { type Command, command } from '../../program/definition.ts'
import { inShell } from './in-shell.ts'

export const history: Command = command({
  name: 'history',
  group: 'session',
  summary: 'List the last commands of this shell with their numbers.',
  examples: [['history', 'in the shell; `redo 3` runs the third again']],
  async run(context) {
    const entries = inShell(context, 'history').history.slice(-11)
    context.out.result({ history: entries.map(([number, line]) => ({ number, line })) }, () =>
      entries.map(([number, line]) => `${number} - ${line}`).join('\n'),
    )
  },
})
