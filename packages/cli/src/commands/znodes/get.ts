import type { Stat } from '@zookit/client'
import { type Command, command, flag, path } from '../../program/definition.ts'
import { UsageError } from '../../program/errors.ts'
import { asText, hexDump, toJsonData } from '../../text/data.ts'
import { formatStat } from '../../text/stat.ts'
import { announceOnce } from '../watches/one-shot.ts'

export const get: Command = command({
  name: 'get',
  group: 'znodes',
  summary: 'Print the data of a znode.',
  details: [
    'Prints the data and a newline, `null` where there is none, and a dump where it is not UTF-8. `cat` prints the bytes alone.',
  ],
  args: { path: path('the znode') },
  options: {
    stat: flag('also print the Stat', 's'),
    watch: flag('watch the data: tell of the next change', 'w'),
    base64: flag('print the data in base64', 'b'),
    hex: flag('print the data as a hexadecimal dump', 'x'),
  },
  examples: [
    ['zookit get /app/config', 'the data'],
    ['zookit get -s /app/config', 'the data and the Stat'],
    ['zookit get --json /app/config', '{"path":"/app/config","data":"v1","stat":{...}}'],
  ],
  async run(context, { path }, { stat: withStat, watch: isWatched, base64, hex }) {
    if (base64 && hex) throw new UsageError('-b and -x exclude each other', 'Give one of them.')
    const zk = await context.client()
    const watch = isWatched ? announceOnce(context) : undefined
    const { data, stat } = await zk.getData(path, { ...context.limits, watch: watch?.listener })
    const json = base64 ? { base64: data?.toString('base64') ?? null } : toJsonData(data)
    context.out.result({ path, ...json, stat }, () => {
      const shown = format(data, base64, hex)
      return withStat ? withFacts(shown, stat) : shown
    })
    if (watch) await context.stay(watch.settled)
  },
})

function withFacts(shown: string, stat: Stat): string {
  return `${shown}\n${formatStat(stat)}`
}

function format(data: Buffer | null, base64: boolean, hex: boolean): string {
  if (data === null) return 'null'
  if (base64) return data.toString('base64')
  return (hex ? null : asText(data)) ?? hexDump(data)
}
