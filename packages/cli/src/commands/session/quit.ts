import { type Command, command } from '../../program/definition.ts'

/** Makes the command that leaves the shell, under one of its names. */
function leaving(name: 'quit' | 'exit'): Command {
  return command({
    name,
    group: 'session',
    summary: 'Leave the shell. The same as Ctrl-D.',
    examples: [[name, 'in the shell']],
    run: async context => context.shell?.leave(),
  })
}

export const quit: Command = leaving('quit')
export const exit: Command = leaving('exit')
