import {
  type AdminError,
  type ClientConnection,
  type Dump,
  FourLetterWords,
  type SessionPaths,
} from '@zookit/admin'
import { formatServer, parseConnectString } from '@zookit/client'
import { type Command, command, flag } from '../../program/definition.ts'
import { CommandError, inOurWords } from '../../program/errors.ts'
import { ExitCode } from '../../program/exit-codes.ts'
import { hex } from '../../text/stat.ts'
import { formatTable } from '../../text/table.ts'
import { type Servers, serversOf } from './servers-of.ts'

/** A session, as the servers tell of it. What none of them told is null. */
interface SessionRow {
  session: string
  /** Its client's address. */
  client: string | null
  server: string | null
  timeout: number | null
  /** Requests that the server has received on its connection. */
  received: number | null
  lastOperation: string | null
  ephemerals: string[]
  /** Watched paths; null unless they were asked for. */
  watches: string[] | null
}

export const sessions: Command = command({
  name: 'sessions',
  group: 'ensemble',
  summary: 'List who is connected, from where, with which ephemeral znodes and watches.',
  details: [
    'Servers are asked with `cons` and `dump`, and with --watches `wchc`: these must be in their 4lw.commands.whitelist.',
  ],
  options: {
    watches: flag('also ask for watches: with many of them, that is much work for the servers'),
    long: flag('list the paths, not only their number', 'l'),
  },
  examples: [
    ['zookit sessions', 'a line a session'],
    ['zookit sessions -l --watches', 'with all paths'],
  ],
  async run(context, _args, { watches, long }) {
    const servers = await serversOf(context)
    const answers = await Promise.all(addresses(servers).map(server => ask(server, servers, watches)))
    const faults = answers.flatMap(({ faults }) => faults)
    for (const { message } of faults) context.note(inOurWords(message))
    if (answers.every(({ connections }) => connections === null)) {
      throw nobodyTold(faults)
    }
    const rows = merge(answers, watches)
    if (context.out.json) for (const row of rows) context.out.result(row, () => '')
    else context.out.result(null, () => format(rows, long))
  },
})

function nobodyTold(faults: readonly AdminError[]): CommandError {
  const message = 'no server told who is connected'
  if (faults.every(({ code }) => code === 'NOT_ALLOWED')) {
    return new CommandError(message, ExitCode.failed, 'Add cons and dump to 4lw.commands.whitelist.')
  }
  return new CommandError(message, ExitCode.noConnection, 'Are these the servers? Name them with --hosts.')
}

function addresses({ hosts }: Servers): string[] {
  return parseConnectString(hosts).servers.map(formatServer)
}

interface Answers {
  server: string
  connections: ClientConnection[] | null
  dump: Dump | null
  watches: SessionPaths[] | null
  faults: AdminError[]
}

async function ask(server: string, { options }: Servers, wantsWatches: boolean): Promise<Answers> {
  const words = new FourLetterWords(server, options)
  const faults: AdminError[] = []
  const orNull = (error: AdminError): null => {
    faults.push(error)
    return null
  }
  const [connections, dump, watches] = await Promise.all([
    words.cons().catch(orNull),
    words.dump().catch(orNull),
    wantsWatches ? words.wchc().catch(orNull) : null,
  ])
  return { server, connections, dump, watches, faults }
}

function merge(answers: readonly Answers[], wantsWatches: boolean): SessionRow[] {
  const rows = new Map<bigint, SessionRow>()
  const row = (id: bigint): SessionRow => {
    const found = rows.get(id) ?? blank(id, wantsWatches)
    rows.set(id, found)
    return found
  }
  for (const { server, connections, dump, watches } of answers) {
    for (const each of connections ?? [])
      if (each.sessionId !== null) connected(row(each.sessionId), each, server)
    for (const { id, timeout } of dump?.sessions ?? []) row(id).timeout ??= timeout
    // Every server knows all ephemeral znodes.
    for (const { sessionId, paths } of dump?.ephemerals ?? []) row(sessionId).ephemerals = [...paths].sort()
    for (const { sessionId, paths } of watches ?? []) row(sessionId).watches = [...paths].sort()
  }
  return [...rows.values()].sort((a, b) => (a.session < b.session ? -1 : 1))
}

function blank(id: bigint, wantsWatches: boolean): SessionRow {
  const none = { client: null, server: null, timeout: null, received: null, lastOperation: null }
  return { session: hex(id), ...none, ephemerals: [], watches: wantsWatches ? [] : null }
}

function connected(row: SessionRow, each: ClientConnection, server: string): void {
  const client = each.port === null ? each.host : formatServer({ host: each.host, port: each.port })
  const { timeout, received, lastOperation } = each
  Object.assign(row, { client, server, timeout, received, lastOperation })
}

function format(rows: readonly SessionRow[], long: boolean): string {
  const head = ['session', 'client', 'server', 'timeout', 'received', 'last', 'ephemerals', 'watches']
  const table = formatTable(
    head,
    rows.map(({ session, client, server, timeout, received, lastOperation, ephemerals, watches }) => [
      session,
      client ?? 'not connected',
      server ?? '-',
      timeout === null ? '-' : `${timeout} ms`,
      String(received ?? '-'),
      lastOperation ?? '-',
      String(ephemerals.length),
      String(watches?.length ?? '-'),
    ]),
    ['left', 'left', 'left', 'right', 'right', 'left', 'right', 'right'],
  )
  if (!long) return table
  const paths = rows.flatMap(({ session, ephemerals, watches }) => [
    ...ephemerals.map(path => `${session} holds ${path}`),
    ...(watches ?? []).map(path => `${session} watches ${path}`),
  ])
  return [table, ...paths].join('\n')
}
