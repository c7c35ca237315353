import { Fields, hex, integer, linesOf, pairs, splitAt } from '../values.ts'
import type {
  ClientConnection,
  Dump,
  DumpedSession,
  PathSessions,
  SessionPaths,
  TreeDigest,
  WatchSummary,
} from './answers.ts'

/** One line such as ` /127.0.0.1:54908[1](queued=0,recved=7,sent=7)`; Java prints a host name before the slash, if any. */
const CONNECTION = /^ (?:[^/[\]]*\/)?(.+?)(?::(\d+))?\[([0-9a-f]+)\]\((.*)\)$/
const SUMMARY = /^(\d+) connections watching (\d+) paths\s+Total watches:\s*(\d+)\s*$/

/** The longest line that a server prints about a connection is far shorter. */
const LONGEST_LINE = 4096

/** Parses a line of `cons` or `stat`; null if the text is something else. */
export function parseConnection(line: string): ClientConnection | null {
  if (line.length > LONGEST_LINE) return null
  const [, host, port, interest, list] = CONNECTION.exec(line) ?? []
  if (host === undefined || list === undefined) return null
  const fields = new Fields(pairs(list.split(','), '='))
  return {
    host: host.replace(/^\[(.*)\]$/, '$1'),
    port: port === undefined ? null : Number(port),
    reading: (Number.parseInt(interest!, 16) & 1) === 1,
    queued: fields.number('queued'),
    received: fields.number('recved'),
    sent: fields.number('sent'),
    sessionId: fields.hex('sid'),
    lastOperation: fields.text('lop'),
    established: fields.number('est'),
    timeout: fields.number('to'),
    lastXid: signed(fields.hex('lcxid')),
    lastZxid: fields.hex('lzxid'),
    lastResponse: fields.number('lresp'),
    lastLatency: fields.number('llat'),
    latency: { min: fields.number('minlat'), avg: fields.number('avglat'), max: fields.number('maxlat') },
    other: fields.others(),
  }
}

/** Returns the number of which Java printed the 64 bits. */
function signed(bits: bigint | null): number | null {
  return bits === null ? null : Number(BigInt.asIntN(64, bits))
}

/** Parses the answer to `cons`; null if the text is something else. */
export function parseConnections(text: string): ClientConnection[] | null {
  const connections = linesOf(text).map(parseConnection)
  return connections.includes(null) ? null : connections.filter(each => each !== null)
}

/** A line at the margin, and those below it that are indented. */
interface Block {
  head: string
  body: string[]
}

function blocksOf(text: string): Block[] {
  const blocks: Block[] = []
  for (const line of linesOf(text)) {
    if (line.startsWith('\t')) blocks.at(-1)?.body.push(line.slice(1))
    else blocks.push({ head: line, body: [] })
  }
  return blocks
}

/** Reads blocks of a session and its paths. @returns null if one of them has no session. */
function sessionPaths(blocks: readonly Block[]): SessionPaths[] | null {
  const result = blocks.map(({ head, body }) => ({ sessionId: hex(head.replace(/:$/, '')), paths: body }))
  return result.every((each): each is SessionPaths => each.sessionId !== null) ? result : null
}

/** Parses the answer to `wchc`; null if the text is something else. */
export function parseWatchesBySession(text: string): SessionPaths[] | null {
  return sessionPaths(blocksOf(text))
}

/** Parses the answer to `wchp`; null if the text is something else. */
export function parseWatchesByPath(text: string): PathSessions[] | null {
  const result = blocksOf(text).map(({ head, body }) => ({ path: head, sessionIds: body.map(hex) }))
  const isWhole = (each: (typeof result)[number]): each is PathSessions =>
    each.path.startsWith('/') && !each.sessionIds.includes(null)
  return result.every(isWhole) ? result : null
}

/** Parses the answer to `wchs`; null if the text is something else. */
export function parseWatchSummary(text: string): WatchSummary | null {
  const [, connections, paths, watches] = SUMMARY.exec(text) ?? []
  if (connections === undefined) return null
  return { connections: Number(connections), paths: Number(paths), watches: Number(watches) }
}

/** Parses the answer to `dump`; null if the text is something else. */
export function parseDump(text: string): Dump | null {
  const parts = /^SessionTracker dump:$([\s\S]*)^ephemeral nodes dump:$([\s\S]*?)^Connections dump:$/m.exec(
    text,
  )
  if (parts === null) return null
  const sessions = dumpedSessions(blocksOf(parts[1]!))
  const ephemerals = sessionPaths(blocksOf(parts[2]!).filter(({ head }) => !head.startsWith('Sessions with')))
  return sessions && ephemerals && { sessions, ephemerals }
}

/** Leaders print sessions below the time at which they expire, the others each with its timeout. */
function dumpedSessions(blocks: readonly Block[]): DumpedSession[] | null {
  const sessions: DumpedSession[] = []
  let kind: DumpedSession['kind'] = 'global'
  for (const { head, body } of blocks) {
    const heading = /^(Local |Global )?Sessions?\b.*\(\d+\):$/.exec(head)
    const timeout = /^(0x[0-9a-f]+)\t(\d+)ms$/.exec(head)
    const expires = /^\d+ expire (.*):$/.exec(head)
    if (heading) kind = heading[1] === 'Local ' ? 'local' : 'global'
    else if (timeout)
      sessions.push({ id: BigInt(timeout[1]!), kind, expires: null, timeout: Number(timeout[2]) })
    else if (expires) {
      for (const text of body) {
        const id = hex(text.trim())
        if (id === null) return null
        sessions.push({ id, kind, expires: expires[1]!, timeout: null })
      }
    } else return null
  }
  return sessions
}

/** Parses the answer to `hash`; null if the text is something else. */
export function parseDigests(text: string): TreeDigest[] | null {
  const result = linesOf(text).map(line => {
    const [zxid, digest = ''] = splitAt(line, ':') ?? []
    return { zxid: hex(zxid), digest: integer(digest) === null ? null : BigInt(digest) }
  })
  const isWhole = (each: (typeof result)[number]): each is TreeDigest =>
    each.zxid !== null && each.digest !== null
  return result.every(isWhole) ? result : null
}
