import { type Command, command, path, whole } from '../../program/definition.ts'

export const cp: Command = command({
  name: 'cp',
  group: 'trees',
  summary: 'Copy a znode and all below it, with data and ACLs.',
  details: ['Ephemeral znodes are left out. It is not atomic: a failure leaves a part copied.'],
  args: { from: path('the tree'), to: path('the copy, which must not exist; its parent must') },
  options: { batch: whole('COUNT', 'how many requests are in flight at a time. Default 32', { least: 1 }) },
  examples: [['zookit cp /app /app-before', 'before a change']],
  async run(context, { from, to }, { batch = 32 }) {
    const zk = await context.client()
    const copied = await zk.copyTree(from, to, { ...context.limits, concurrency: batch })
    context.out.result({ from, to, copied }, () => `${copied} znodes copied`)
  },
})
