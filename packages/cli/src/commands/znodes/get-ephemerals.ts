import { type Command, command, optionalPath } from '../../program/definition.ts'

export const getEphemerals: Command = command({
  name: 'getEphemerals',
  group: 'session',
  summary: 'List the ephemeral znodes of this session.',
  args: { path: optionalPath('only those below this path. Default all') },
  examples: [['getEphemerals /app', 'in the shell: what this session holds below /app']],
  async run(context, { path }) {
    const zk = await context.client()
    const ephemerals = (await zk.getEphemerals(path, context.limits)).sort()
    context.out.result({ ephemerals }, () => `[${ephemerals.join(', ')}]`)
  },
})
