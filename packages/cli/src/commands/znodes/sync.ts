import { type Command, command, path } from '../../program/definition.ts'

export const sync: Command = command({
  name: 'sync',
  group: 'znodes',
  summary: 'Wait until the connected server has applied all that its leader has committed.',
  args: { path: path('a znode; servers apply the whole') },
  examples: [['zookit sync /', 'what is read after it in this session is not older']],
  async run(context, { path }) {
    const zk = await context.client()
    await zk.sync(path, context.limits)
    context.out.result({ path, synced: true }, () => 'Sync is OK')
  },
})
