import { type Command, command, path } from '../../program/definition.ts'

export const getAllChildrenNumber: Command = command({
  name: 'getAllChildrenNumber',
  group: 'znodes',
  summary: 'Count all znodes below a znode, however deep.',
  args: { path: path('the znode') },
  examples: [['zookit getAllChildrenNumber /app', 'the number']],
  async run(context, { path }) {
    const zk = await context.client()
    const count = await zk.getAllChildrenNumber(path, context.limits)
    context.out.result({ path, count }, () => String(count))
  },
})
