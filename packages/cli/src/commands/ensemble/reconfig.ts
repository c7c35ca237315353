import { readFileSync } from 'node:fs'
import type { Reconfiguration } from '@zookit/client'
import { type Command, command, flag, text } from '../../program/definition.ts'
import { codeOf, inPlaceOf, UsageError } from '../../program/errors.ts'
import { ExitCode } from '../../program/exit-codes.ts'
import { formatStat } from '../../text/stat.ts'
import { formatConfig } from './config-text.ts'

interface Given {
  file: string | undefined
  members: string | undefined
  add: string | undefined
  remove: string | undefined
}

export const reconfig: Command = command({
  name: 'reconfig',
  group: 'ensemble',
  summary: "Change the ensemble's members.",
  details: [
    'Needs reconfigEnabled=true at the servers, and WRITE on /zookeeper/config: usually the identity of `super`.',
  ],
  options: {
    stat: flag('also print the Stat of the new configuration', 's'),
    version: text('HEX', 'change it only if the configuration has this version, in hexadecimal', {
      short: 'v',
    }),
    file: text('FILE', 'all members, from a file with server.N= lines', { completion: 'file' }),
    members: text('LIST', 'all members: server.1=host:port:port;port,...'),
    add: text('LIST', 'members to add or to change: server.5=host:port:port;port,...'),
    remove: text('IDS', 'ids of members to remove: 3,5'),
  },
  examples: [
    ['zookit --auth-env SUPER reconfig -remove 3', 'the ensemble without its member 3'],
    ["zookit --auth-env SUPER reconfig -add 'server.4=zk4:2888:3888;2181'", 'with a member more'],
  ],
  async run(context, _args, { stat: withStat, version, ...given }) {
    const change = changeOf(given)
    const fromConfig = version === undefined ? undefined : fromHex(version)
    const zk = await context.client()
    const node = await zk.reconfig(change, { ...context.limits, fromConfig }).catch(explainVersion)
    context.out.result({ members: node.members, version: node.version }, () => {
      const text = `Committed new configuration:\n${formatConfig(node)}`
      return withStat ? `${text}\n${formatStat(node.stat)}` : text
    })
  },
})

/** Says where the version in force is to be found: it is that of the configuration, not a znode's. */
function explainVersion(error: unknown): never {
  if (codeOf(error) !== 'BAD_VERSION') throw error
  throw inPlaceOf(
    error,
    ExitCode.failed,
    'The configuration has changed: `zookit config` shows it with its version, which -v takes.',
  )
}

function changeOf({ file, members, add, remove }: Given): Reconfiguration {
  const whole = file ?? members
  if (whole !== undefined && (add !== undefined || remove !== undefined || (file && members))) {
    throw new UsageError(
      '-file, -members and -add or -remove exclude each other',
      'Give all members, or a change.',
    )
  }
  if (file !== undefined) return { members: linesOf(file) }
  if (members !== undefined) return { members: members.split(',') }
  if (add === undefined && remove === undefined) {
    throw new UsageError('there is no change', 'Give -add, -remove, -members or -file.')
  }
  return { joining: add?.split(','), leaving: remove?.split(',').map(idOf) }
}

function linesOf(file: string): string[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new UsageError(`cannot read the file of members: ${(error as Error).message}`)
  }
  const lines = text.split('\n').map(line => line.trim())
  const members = lines.filter(line => /^server\.\d+=/.test(line))
  if (members.length > 0) return members
  throw new UsageError(`${file} has no line server.N=host:port:port`, 'It has the form of zoo.cfg.dynamic.')
}

function idOf(text: string): number {
  if (/^\d+$/.test(text)) return Number(text)
  throw new UsageError(`the id of a member is a number, not '${text}'`)
}

function fromHex(text: string): bigint {
  if (/^[0-9a-f]{1,16}$/i.test(text)) return BigInt(`0x${text}`)
  throw new UsageError(`the version of a configuration is hexadecimal, not '${text}'`, '`config` shows it.')
}
