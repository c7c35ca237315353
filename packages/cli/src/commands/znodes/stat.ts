import { type Command, command, flag, path } from '../../program/definition.ts'
import { noNode } from '../../program/errors.ts'
import { formatStat } from '../../text/stat.ts'
import { announceOnce } from '../watches/one-shot.ts'

export const stat: Command = command({
  name: 'stat',
  group: 'znodes',
  summary: 'Print the Stat of a znode: versions, times, owner, sizes.',
  args: { path: path('the znode') },
  options: { watch: flag('watch the znode: tell of its next change', 'w') },
  examples: [['zookit stat /app', 'its Stat']],
  async run(context, { path }, { watch: isWatched }) {
    const zk = await context.client()
    const watch = isWatched ? announceOnce(context) : undefined
    const stat = await zk.exists(path, { ...context.limits, watch: watch?.listener })
    if (stat === null) throw noNode('exists', path)
    context.out.result({ path, stat }, () => formatStat(stat))
    if (watch) await context.stay(watch.settled)
  },
})
