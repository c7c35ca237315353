import { argument, type Command, command, flag, path, whole } from '../../program/definition.ts'
import { UsageError } from '../../program/errors.ts'
import { fromBase64 } from '../../text/data.ts'
import { formatStat } from '../../text/stat.ts'

export const set: Command = command({
  name: 'set',
  group: 'znodes',
  summary: 'Change the data of a znode.',
  args: { path: path('the znode'), data: argument('the new data') },
  options: {
    stat: flag('print the new Stat', 's'),
    version: whole('VERSION', 'change it only if it has this version', { short: 'v', least: -1 }),
    base64: flag('the data is given in base64', 'b'),
  },
  examples: [
    ["zookit set /app/config 'v2'", 'whatever the version is'],
    ["zookit set -v 3 /app/config 'v2'", 'refused with BAD_VERSION if it has changed since'],
  ],
  async run(context, { path, data }, { stat: withStat, version = -1, base64 }) {
    const bytes = base64 ? fromBase64(data) : data
    if (bytes === null)
      throw new UsageError('the data is not base64', 'Leave -b out to store the text as it is.')
    const zk = await context.client()
    const stat = await zk.setData(path, bytes, { ...context.limits, version })
    context.out.result({ path, stat }, () => (withStat ? formatStat(stat) : ''))
  },
})
