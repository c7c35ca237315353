import { type Command, command, GROUPS, optionalArgument } from '../../program/definition.ts'
import { UsageError } from '../../program/errors.ts'
import { helpOf } from '../../program/parser.ts'

export const help: Command = command({
  name: 'help',
  group: 'session',
  summary: 'List the commands, or explain one.',
  args: { command: optionalArgument('the command. Default: all of them, a line each', 'command') },
  examples: [
    ['help', 'all commands'],
    ['help create', 'one of them, the same as `create --help`'],
  ],
  async run(context, { command: name }) {
    if (name !== undefined) {
      const command = await context.catalog.load(name)
      if (command === null) throw new UsageError(`there is no command '${name}'`, 'See `help`.')
      const text = helpOf(command)
      return context.out.result({ command: name, help: text }, () => text.trimEnd())
    }
    const all = await context.catalog.loadAll()
    const listed = all.map(({ name, group, summary }) => ({ name, group, summary }))
    context.out.result({ commands: listed }, () => {
      const lines = Object.entries(GROUPS).flatMap(([group, title]) => [
        context.out.style('bold', title),
        ...listed
          .filter(each => each.group === group)
          .map(each => `  ${each.name.padEnd(22)}${each.summary}`),
      ])
      return lines.join('\n')
    })
  },
})
