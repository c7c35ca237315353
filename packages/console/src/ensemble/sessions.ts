import { type AdminError, FourLetterWords, type SessionPaths, type WordOptions } from '@zookit/admin'
import { formatServer, parseConnectString } from '@zookit/client'
import type { SessionsView, SessionView } from '../protocol.ts'
import { hex } from '../znode/views.ts'

type Row = { -readonly [Key in keyof SessionView]: SessionView[Key] }

/** Asks every server who is connected, with which ephemerals and watches. */
export async function readSessions(
  hosts: string,
  options: WordOptions,
  own: string | null,
): Promise<SessionsView> {
  const rows = new Map<bigint, Row>()
  const faults: string[] = []
  const row = (id: bigint): Row => {
    const found = rows.get(id) ?? blank(id, own)
    rows.set(id, found)
    return found
  }
  await Promise.all(
    parseConnectString(hosts).servers.map(async address => {
      const server = formatServer(address)
      const words = new FourLetterWords(server, { timeout: 3000, ...options })
      const orNull = (error: AdminError): null => {
        faults.push(`${server}: ${error.code}: ${error.message}`)
        return null
      }
      const [connections, dump, watches] = await Promise.all([
        words.cons().catch(orNull),
        words.dump().catch(orNull),
        words.wchc().catch(orNull),
      ])
      for (const each of connections ?? []) {
        if (each.sessionId === null) continue
        const client = each.port === null ? each.host : formatServer({ host: each.host, port: each.port })
        const { timeout, received, lastOperation } = each
        Object.assign(row(each.sessionId), { client, server, timeout, received, lastOperation })
      }
      for (const { id, timeout } of dump?.sessions ?? []) row(id).timeout ??= timeout
      for (const { sessionId, paths } of dump?.ephemerals ?? []) row(sessionId).ephemerals = sorted(paths)
      for (const { sessionId, paths } of watches ?? []) row(sessionId).watches = sorted(paths)
      // A server lists only who has watches: all others of its clients have none.
      if (watches !== null)
        for (const { sessionId } of connections ?? []) if (sessionId !== null) row(sessionId).watches ??= []
    }),
  )
  const sessions = [...rows.values()].sort((a, b) => (a.session < b.session ? -1 : 1))
  return { sessions, faults: faults.sort() }
}

const sorted = (paths: SessionPaths['paths']): string[] => [...paths].sort()

function blank(id: bigint, own: string | null): Row {
  const none = {
    client: null,
    server: null,
    timeout: null,
    received: null,
    lastOperation: null,
    watches: null,
  }
  return { session: hex(id), ...none, ephemerals: [], own: hex(id) === own }
}
