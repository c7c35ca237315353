import { type Command, command, flag, path } from '../../program/definition.ts'

export const removewatches: Command = command({
  name: 'removewatches',
  group: 'watches',
  summary: 'Remove the watches of this session on a znode.',
  args: { path: path('the znode') },
  options: {
    children: flag('those on its children', 'c'),
    data: flag('those on its data and existence', 'd'),
    persistent: flag('persistent ones', 'p'),
    recursive: flag('persistent recursive ones', 'r'),
    any: flag('all of them, the default', 'a'),
    local: flag('remove them here even if the server cannot be told', 'l'),
  },
  examples: [['removewatches /app', 'in the shell: all watches on /app']],
  async run(context, { path }, { children, data, persistent, recursive, local }) {
    const kind = children
      ? 'children'
      : data
        ? 'data'
        : persistent
          ? 'persistent'
          : recursive
            ? 'recursive'
            : 'any'
    const zk = await context.client()
    await zk.removeWatches(path, kind, { ...context.limits, local })
    context.out.result({ path, removed: kind }, () => '')
  },
})
