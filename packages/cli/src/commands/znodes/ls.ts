import type { ZooKeeper } from '@zookit/client'
import type { Context } from '../../program/context.ts'
import { type Command, command, flag, optionalPath } from '../../program/definition.ts'
import { formatStat } from '../../text/stat.ts'
import { LeftOut } from '../trees/left-out.ts'
import { announceOnce, type Settled } from '../watches/one-shot.ts'

export const ls: Command = command({
  name: 'ls',
  group: 'znodes',
  summary: 'List the children of a znode.',
  args: { path: optionalPath('the znode. Default /') },
  options: {
    stat: flag('also print the Stat of the znode', 's'),
    recursive: flag('list the znode and all below it, one path a line', 'R'),
    watch: flag('watch the children: tell of the next change', 'w'),
  },
  examples: [
    ['zookit ls /', 'the children of the root'],
    ['zookit ls -s /app', 'the children and the Stat of /app'],
    ['zookit ls -R /app', 'all znodes below /app'],
  ],
  async run(context, { path = '/' }, options) {
    const zk = await context.client()
    if (options.recursive) return listTree(context, zk, path, options.watch)
    const watch = options.watch ? announceOnce(context) : undefined
    const { children, stat } = await zk.getChildren(path, { ...context.limits, watch: watch?.listener })
    children.sort()
    context.out.result({ path, children, ...(options.stat && { stat }) }, () => {
      const list = `[${children.join(', ')}]`
      return options.stat ? `${list}\n${formatStat(stat)}` : list
    })
    if (watch) await context.stay(watch.settled)
  },
})

async function listTree(context: Context, zk: ZooKeeper, root: string, isWatched: boolean): Promise<void> {
  const watches: Settled[] = []
  const leftOut = new LeftOut(context)
  for await (const { path } of zk.walk(root, { ...context.limits, onDenied: leftOut.add })) {
    context.out.result({ path }, () => path)
    await context.out.drained()
    if (!isWatched) continue
    const watch = announceOnce(context)
    await zk.getChildren(path, { ...context.limits, watch: watch.listener })
    watches.push(watch)
  }
  if (isWatched) await context.stay(Promise.all(watches.map(({ settled }) => settled)).then(() => {}))
  leftOut.end()
}
