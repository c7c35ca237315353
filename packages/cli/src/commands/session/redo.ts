import { argument, type Command, command, wholeNumber } from '../../program/definition.ts'
import { inShell } from './in-shell.ts'

export const redo: Command = command({
  name: 'redo',
  group: 'session',
  summary: 'Run a command of the history again.',
  args: { number: argument('its number, as `history` shows it') },
  examples: [['redo 3', 'in the shell']],
  run: async (context, { number }) => inShell(context, 'redo').redo(wholeNumber(number)),
})
