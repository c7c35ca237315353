import { type Command, command, path, whole } from '../../program/definition.ts'
import { noNode } from '../../program/errors.ts'
import { inSteps } from '../../program/steps.ts'

export const deleteall: Command = command({
  name: 'deleteall',
  group: 'znodes',
  summary: 'Delete a znode and all below it.',
  details: ['It is not atomic: a failure leaves a part deleted.'],
  args: { path: path('the znode, any but the root') },
  options: {
    batch: whole('COUNT', 'how many requests are in flight at a time. Default 1000', {
      short: 'b',
      least: 1,
    }),
  },
  examples: [['zookit deleteall /app', '/app and all below it']],
  async run(context, { path }, { batch = 1000 }) {
    const zk = await context.client()
    const advice = `A part of ${path} may be deleted: run it again for the rest.`
    const deleted = await inSteps(context, advice, () =>
      zk.removeTree(path, { ...context.limits, concurrency: batch }),
    )
    if (deleted === 0) throw noNode('delete', path)
    context.out.result({ path, deleted }, () => '')
  },
})
