import { type Command, command, flag } from '../../program/definition.ts'
import { ExitCode } from '../../program/exit-codes.ts'
import { formatStat } from '../../text/stat.ts'
import { announceOnce } from '../watches/one-shot.ts'
import { clientAddresses, formatConfig } from './config-text.ts'

export const config: Command = command({
  name: 'config',
  group: 'ensemble',
  summary: "Print the ensemble's configuration: its members and its version.",
  details: [
    'A server that stands alone has none: then it says so on standard error, and ends with 1 if -c was given.',
  ],
  options: {
    connect: flag('print a connect string for clients instead', 'c'),
    watch: flag('watch the configuration: tell of its next change', 'w'),
    stat: flag('also print the Stat of its znode', 's'),
  },
  examples: [
    ['zookit config', 'server.1=zk1:2888:3888:participant;0.0.0.0:2181 ...'],
    ['zookit config -c', 'zk1:2181,zk2:2181,zk3:2181'],
  ],
  async run(context, _args, { connect, watch: isWatched, stat: withStat }) {
    const zk = await context.client()
    const watch = isWatched ? announceOnce(context) : undefined
    const node = await zk.getConfig({ ...context.limits, watch: watch?.listener })
    const addresses = clientAddresses(node)
    const { members, version, stat } = node
    const isAlone = members.length === 0
    if (isAlone) context.note('there is no dynamic configuration: this server stands alone')
    context.out.result({ members, version, connect: addresses, ...(withStat && { stat }) }, () => {
      const text = connect ? addresses : formatConfig(node)
      return [text, ...(withStat ? [formatStat(stat)] : [])].filter(part => part !== '').join('\n')
    })
    if (watch) await context.stay(watch.settled)
    // A script that is to connect has nothing to connect to.
    return isAlone && connect ? ExitCode.no : undefined
  },
})
