import { counted, type StreamEvent, type ZooKeeper } from '@zookit/client'
import type { Context } from '../../program/context.ts'
import { type Command, command, flag, path } from '../../program/definition.ts'
import { codeOf } from '../../program/errors.ts'
import { tellState } from '../../program/told-state.ts'
import { asText, toJsonData } from '../../text/data.ts'

export const watch: Command = command({
  name: 'watch',
  group: 'watches',
  summary: 'Print every change of a znode as it happens, until Ctrl-C.',
  details: [
    'A line is a time, what happened and a path; with --json one object. `resync` says that changes may have been missed, as after a lost connection: read again whatever you have read. Needs server 3.6.',
  ],
  args: { path: path('the znode') },
  options: {
    recursive: flag('also all znodes below it', 'R'),
    data: flag('print the new data behind `created` and `changed`', 'd'),
  },
  examples: [
    ['zookit watch -R /app', '09:30:01.512 changed /app/config'],
    ['zookit watch -d --json /app/config | jq .data', 'the data, each time'],
  ],
  async run(context, { path }, { recursive, data }) {
    const zk = await context.client()
    using _told = tellState(context, zk)
    const watch = zk.watch(path, { recursive, signal: context.signal })
    // Its answer says that the server has the watch.
    await zk.exists(path, context.limits)
    if (context.out.isTerminal) context.note(`watching ${path}; Ctrl-C ends it`)
    for await (const event of watch) {
      const shown = data ? await dataOf(context, zk, event) : null
      context.out.result({ at: new Date().toISOString(), ...event, ...shown?.json }, () =>
        line(context, event, shown?.text),
      )
      await context.out.drained()
    }
  },
})

function line({ out }: Context, event: StreamEvent, data: string | undefined): string {
  const time = out.style('dim', new Date().toISOString().slice(11, 23))
  const color =
    event.type === 'deleted'
      ? 'red'
      : event.type === 'created'
        ? 'green'
        : event.type === 'resync'
          ? 'yellow'
          : 'cyan'
  const reason = event.type === 'resync' ? ` (${event.reason})` : ''
  return `${time} ${out.style(color, event.type)} ${event.path}${reason}${data === undefined ? '' : ` ${data}`}`
}

interface Shown {
  readonly json: object
  readonly text: string
}

/** Codes of reads that a watch outlives: the znode is gone, or the connection is. `resync` follows then. */
const UNREAD: ReadonlySet<string | undefined> = new Set([
  'NO_NODE',
  'CONNECTION_LOSS',
  'SESSION_EXPIRED',
  'REQUEST_TIMEOUT',
])

/** Reads the data of a znode that was created or changed. @returns null if it is gone again. */
async function dataOf(
  { limits }: Context,
  zk: ZooKeeper,
  { type, path }: StreamEvent,
): Promise<Shown | null> {
  if (type !== 'created' && type !== 'changed') return null
  try {
    const { data } = await zk.getData(path, limits)
    const text = data === null ? 'null' : asText(data)
    return {
      json: toJsonData(data),
      text: text === null ? counted(data!.length, 'byte') : JSON.stringify(text),
    }
  } catch (error) {
    if (UNREAD.has(codeOf(error))) return null
    throw error
  }
}
