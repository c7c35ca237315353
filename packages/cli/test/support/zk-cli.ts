import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import type { Installation } from '@zookit/test-fixtures'

/** Marks the end of a command's output: both shells answer `printwatches` so. */
const MARKER = 'printwatches is on'

/** Results of the same commands in one of the shells. */
export interface Results {
  /** Output of each command, without events, ids and times. */
  readonly outputs: readonly string[]
  /** Events of watches, in their order. */
  readonly events: readonly string[]
  /** Codes of errors, in their order. */
  readonly errors: readonly string[]
}

/** Runs the commands in Apache's shell, `zkCli.sh`. */
export async function runZkCli(
  { java, classPath }: Installation,
  hosts: string,
  lines: readonly string[],
): Promise<Results> {
  const child = spawn(java, ['-cp', classPath, 'org.apache.zookeeper.ZooKeeperMain', '-server', hosts])
  const [out, err] = [text(child.stdout), text(child.stderr)]
  child.stdin.end(marked(lines))
  await once(child, 'close')
  return results(await out, await err)
}

/** Puts the marker behind each command. */
export function marked(lines: readonly string[]): string {
  return [...lines.flatMap(line => [line, 'printwatches']), 'quit', ''].join('\n')
}

const TYPES: Readonly<Record<string, string>> = {
  NodeCreated: 'created',
  NodeDeleted: 'deleted',
  NodeDataChanged: 'changed',
  NodeChildrenChanged: 'children',
}

/** Words of Apache's messages, and the codes of our errors that say the same. */
const MESSAGES: readonly (readonly [RegExp, string])[] = [
  [/^Node does not exist|^quota for .* does not exist|^Quota does not exist/, 'NO_NODE'],
  [/^Node already exists/, 'NODE_EXISTS'],
  [/^Node not empty/, 'NOT_EMPTY'],
  [/^version No is not valid/, 'BAD_VERSION'],
  [/^Insufficient permission|^Authentication is not valid/, 'NO_AUTH'],
  [/^Acl is not valid/, 'INVALID_ACL'],
  [/^Ephemerals cannot have children/, 'NO_CHILDREN_FOR_EPHEMERALS'],
  [/No such watcher/, 'NO_WATCHER'],
  [/has a (parent|child) .* which has a quota/, 'nested quota'],
]

/** Reads both streams of either shell. */
export function results(out: string, err: string): Results {
  const events: string[] = []
  const plain = out
    // Since 3.9 the log of Apache's shell goes to its output, and an event has a zxid.
    .replaceAll(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ .*\n/gm, '')
    // It prints the two lines of an event one after the other: those of a command may come in between.
    .replaceAll(/^WATCHER::$/gm, '')
    .replaceAll(/^WatchedEvent state:\w+ type:(\w+) path:(\S+)(?: zxid: -?\d+)?$/gm, (_, type, path) => {
      if (TYPES[type] !== undefined) events.push(`${TYPES[type]} ${path}`)
      return ''
    })
    .replaceAll(/^WATCHER:: (.*)\n/gm, (_, event) => {
      events.push(event)
      return ''
    })
  const outputs = plain.split(MARKER).slice(0, -1).map(comparable)
  return { outputs, events, errors: errorsOf(err, out) }
}

/** Leaves out what differs from run to run, and lines that only one of the shells has. */
function comparable(output: string): string {
  return (
    output
      .replaceAll(
        /^(Connecting to|Welcome to|JLine support|Created |absolute path is|Quota does not exist|-- ).*$/gm,
        '',
      )
      .replaceAll(/^(c|m)time = .*$/gm, '$1time')
      .replaceAll(/^(.Zxid|ephemeralOwner) = 0x[1-9a-f][0-9a-f]*$/gm, '$1')
      // Apache's shell lists ephemeral znodes in no order.
      .replaceAll(/^\[(\/.*)\]$/gm, (_, list) => `[${list.split(', ').sort().join(', ')}]`)
      .replaceAll(/;(byte|count)HardLimit=-1/g, '')
      .replaceAll(/=$/gm, '')
      .replaceAll(/\n{2,}/g, '\n')
      .trim()
  )
}

function errorsOf(err: string, out: string): string[] {
  const ours = [...err.matchAll(/^zookit [\w-]+: (?:([A-Z_]+) \(|(.*))/gm)]
  if (ours.length > 0) return ours.map(([, code, message]) => code ?? nameOf(message!))
  // Apache's shell prints some of them to its output.
  const lines = [
    ...err.split('\n'),
    ...out.split('\n').filter(line => line.startsWith('Quota does not exist')),
  ]
  return lines.map(nameOf).filter(name => name !== '')
}

function nameOf(message: string): string {
  const known = MESSAGES.find(([pattern]) => pattern.test(message))?.[1]
  if (known !== undefined) return known
  if (/has no quota/.test(message)) return 'NO_NODE'
  return /quotas are not nested/.test(message) ? 'nested quota' : ''
}
