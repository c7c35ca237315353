import { Err } from '../error-codes.ts'
import { javaSplit, parseServer, type ServerLine } from './server-line.ts'

/** The configuration of an ensemble, as `/zookeeper/config` holds it. */
export interface Membership {
  /** The members by id, in order of their ids. */
  readonly servers: ReadonlyMap<number, ServerLine>
  /** The zxid of the transaction that made it; 0 for the configuration of the start. */
  readonly version: number
}

const FEWEST_VOTERS = 2

/** Makes a configuration of these members, in order of their ids. */
export function membershipOf(servers: Iterable<ServerLine>, version: number): Membership {
  const sorted = [...servers].sort((a, b) => a.id - b.id)
  return { servers: new Map(sorted.map(server => [server.id, server])), version }
}

/** Returns the ids of the members that vote. */
export function votersOf({ servers }: Membership): ReadonlySet<number> {
  return new Set([...servers.values()].filter(({ votes }) => votes).map(({ id }) => id))
}

/** Formats a configuration as the text of `/zookeeper/config`. */
export function membershipText({ servers, version }: Membership): string {
  const lines = [...servers.values()].map(({ id, text }) => `server.${id}=${text}`)
  return [...lines, `version=${version.toString(16)}`].join('\n')
}

/** Tells how the members of a reconfiguration differ from those before. All three strings may be null. */
export interface MembershipChange {
  readonly joiningServers: string | null
  readonly leavingServers: string | null
  readonly newMembers: string | null
}

/**
 * Applies a reconfiguration to a configuration.
 *
 * @param version the version of the new configuration.
 * @returns the new configuration; or the error number that refuses the change, as in Apache's server: BAD_ARGUMENTS for
 *   what its own checks find, MARSHALLING_ERROR for what Java's do.
 */
export function changeMembership(
  before: Membership,
  change: MembershipChange,
  version: number,
): Membership | number {
  const servers =
    change.newMembers === null ? changedMembers(before, change) : parseMembers(change.newMembers)
  if (typeof servers === 'number') return servers
  const next = membershipOf(servers, version)
  return votersOf(next).size < FEWEST_VOTERS ? Err.BAD_ARGUMENTS : next
}

/** Parses the text of `/zookeeper/config`, or a list of new members, which commas may separate. */
export function parseMembers(text: string): ServerLine[] | number {
  const servers = new Map<number, ServerLine>()
  for (const line of text.replaceAll(',', '\n').split(/[\n\r]/)) {
    const property = parseProperty(line)
    if (property === null) continue
    const { key, value } = property
    if (key === 'version') {
      if (!/^[+-]?[0-9a-f]{1,16}$/i.test(value)) return Err.MARSHALLING_ERROR
      continue
    }
    if (!key.startsWith('server.')) return Err.BAD_ARGUMENTS
    const server = parseServer(key.slice('server.'.length), value)
    if (typeof server === 'number') return server
    servers.set(server.id, server)
  }
  const voters = [...servers.values()].filter(({ votes }) => votes).length
  const observers = servers.size - voters
  return voters < FEWEST_VOTERS && observers > 0 ? Err.MARSHALLING_ERROR : [...servers.values()]
}

/** Parses a line of a Java properties file. Returns null for a blank line and for a comment. */
function parseProperty(line: string): { key: string; value: string } | null {
  const match = /^\s*([^\s=:#!][^\s=:]*)\s*[=:]?\s*(.*)$/.exec(line)
  return match === null ? null : { key: match[1]!, value: match[2]!.trim() }
}

function changedMembers(before: Membership, change: MembershipChange): ServerLine[] | number {
  const servers = new Map(before.servers)
  for (const text of listOf(change.leavingServers)) {
    if (!/^[+-]?\d{1,18}$/.test(text)) return Err.MARSHALLING_ERROR
    servers.delete(Number(text))
  }
  for (const text of listOf(change.joiningServers)) {
    const joiner = parseJoiner(text)
    if (typeof joiner === 'number') return joiner
    for (const other of servers.values()) {
      if (other.id !== joiner.id && sharesAddress(joiner, other)) return Err.BAD_ARGUMENTS
    }
    servers.set(joiner.id, joiner)
  }
  return [...servers.values()]
}

function parseJoiner(text: string): ServerLine | number {
  const parts = javaSplit(text, '=')
    .map(part => part.trim())
    .filter(part => part !== '')
  if (parts.length !== 2) return Err.BAD_ARGUMENTS
  const [name, value] = parts as [string, string]
  const server = parseServer(name.slice(name.lastIndexOf('.') + 1), value)
  return typeof server !== 'number' && !server.hasClient ? Err.BAD_ARGUMENTS : server
}

function listOf(text: string | null): string[] {
  return (text ?? '')
    .split(',')
    .map(part => part.trim())
    .filter(part => part !== '')
}

function sharesAddress(a: ServerLine, b: ServerLine): boolean {
  return a.addresses.some(address => b.addresses.includes(address))
}
