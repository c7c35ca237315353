import type { ServerAddress } from '@zookit/connection'
import { type Check, checkArgument, fields, text as isText, mustBe } from './checks.ts'

/** An address at which a member talks to the others. */
export interface PeerAddress {
  readonly host: string
  readonly quorumPort: number
  readonly electionPort: number
}

/** A server of the ensemble. */
export interface EnsembleMember {
  /** `myid`. It is also the top byte of every session id that this member creates. */
  readonly id: number
  /** One address, or several with `multiAddress.enabled`. */
  readonly peers: readonly PeerAddress[]
  readonly role: 'participant' | 'observer'
  /** The address for clients; its host may be a wildcard such as `0.0.0.0`. Null if the configuration has none. */
  readonly client: ServerAddress | null
  /** The address for clients with TLS. Null if the configuration has none. */
  readonly secureClient: ServerAddress | null
}

/** The contents of `/zookeeper/config`. */
export interface EnsembleConfig {
  /** The members in the order of the text; empty on a standalone server. */
  readonly members: readonly EnsembleMember[]
  /** The zxid of the last reconfiguration, for `fromConfig` of `reconfig`; 0 before the first. */
  readonly version: bigint
}

/**
 * Parses the text of `/zookeeper/config`: lines of `server.<id>=<host>:<quorum>:<election>:<role>;<client>` and
 * `version=<hex>`. Other lines, such as the groups and weights of hierarchical quorums, are ignored.
 *
 * @throws SyntaxError if one of these lines is malformed; the message has its number. BAD_ARGUMENTS for no text.
 */
export function parseConfig(text: string): EnsembleConfig {
  checkArgument('the configuration', text, isText)
  const members: EnsembleMember[] = []
  let version = 0n
  for (const [i, line] of text.split('\n').entries()) {
    const equals = line.indexOf('=')
    const key = line.slice(0, Math.max(equals, 0)).trim()
    const value = line.slice(equals + 1).trim()
    if (key.startsWith('server.')) {
      members.push(parseMember(key.slice('server.'.length), value) ?? malformed(line, i))
    } else if (key === 'version') {
      version = /^[0-9a-fA-F]{1,16}$/.test(value) ? BigInt(`0x${value}`) : malformed(line, i)
    }
  }
  return new ParsedConfig(members, version)
}

/** The contents of `/zookeeper/config`, with a form for JSON. */
class ParsedConfig implements EnsembleConfig {
  readonly members: readonly EnsembleMember[]
  readonly version: bigint

  constructor(members: readonly EnsembleMember[], version: bigint) {
    this.members = members
    this.version = version
  }

  /** Turns the version, a bigint, which JSON does not have, into decimal text. Also for what is added to it. */
  toJSON(): object {
    return { ...this, version: String(this.version) }
  }
}

/** Formats a member as a line of `/zookeeper/config`, which is also its form in a reconfig. @throws BAD_ARGUMENTS. */
export function formatMember(member: EnsembleMember): string {
  checkArgument('the member', member, memberCheck)
  const { id, peers, role, client, secureClient } = member
  const list = peers.map(peer => `${formatHost(peer.host)}:${peer.quorumPort}:${peer.electionPort}:${role}`)
  const secure = secureClient === null ? '' : `;${formatClient(secureClient)}`
  const plain = client === null && secure === '' ? '' : `;${formatClient(client)}`
  return `server.${id}=${list.join('|')}${plain}${secure}`
}

function formatClient(address: ServerAddress | null): string {
  return address === null ? '' : `${formatHost(address.host)}:${address.port}`
}

function formatHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

function malformed(line: string, i: number): never {
  throw new SyntaxError(`Malformed configuration at line ${i + 1}: ${JSON.stringify(line.slice(0, 200))}`)
}

function parseMember(id: string, value: string): EnsembleMember | null {
  const [server = '', ...clients] = value.split(';')
  const listed = server.split('|').map(parsePeer)
  const peers = listed.filter(peer => peer !== null)
  const role = peers[0]?.role
  const client = parseClient(clients[0])
  const secureClient = parseClient(clients[1])
  if (!/^[0-9]{1,15}$/.test(id) || role === undefined || peers.length !== listed.length) return null
  if (clients.length > 2 || client === undefined || secureClient === undefined) return null
  if (peers.some(peer => peer.role !== role)) return null
  return { id: Number(id), peers: peers.map(peer => peer.address), role, client, secureClient }
}

function parsePeer(text: string): { address: PeerAddress; role: EnsembleMember['role'] } | null {
  const { host, fields } = splitAddress(text)
  const [quorumPort, electionPort] = [parsePort(fields[0]), parsePort(fields[1])]
  const role = (fields[2] ?? 'participant').toLowerCase()
  if (host === '' || quorumPort === null || electionPort === null || fields.length > 3) return null
  if (role !== 'participant' && role !== 'observer') return null
  return { address: { host, quorumPort, electionPort }, role }
}

/** Parses `host:port`, or `port` alone for every interface. Returns null for no text, undefined if it is malformed. */
function parseClient(text: string | undefined): ServerAddress | null | undefined {
  if (text === undefined || text === '') return null
  const { host, fields } = splitAddress(/^[0-9]+$/.test(text) ? `0.0.0.0:${text}` : text)
  const port = parsePort(fields[0])
  return host === '' || port === null || fields.length > 1 ? undefined : { host, port }
}

/** Splits an address into its host, which may be an IPv6 address in brackets, and the fields after it. */
function splitAddress(text: string): { host: string; fields: string[] } {
  const close = text.startsWith('[') ? text.indexOf(']') : -1
  if (close < 0) {
    const [host = '', ...fields] = text.split(':')
    return { host, fields }
  }
  const rest = text.slice(close + 1)
  return { host: text.slice(1, close), fields: rest.startsWith(':') ? rest.slice(1).split(':') : [] }
}

function parsePort(text: string | undefined): number | null {
  if (text === undefined || !/^[0-9]{1,5}$/.test(text)) return null
  const port = Number(text)
  return port >= 1 && port <= 65535 ? port : null
}

/** Returns true for a member as `getConfig` returns it. */
export function isMember(entry: unknown): entry is EnsembleMember {
  const { id, role, peers, client, secureClient } = fields(entry)
  if (!Number.isInteger(id) || (role !== 'participant' && role !== 'observer')) return false
  return (
    Array.isArray(peers) &&
    peers.length > 0 &&
    peers.every(isPeer) &&
    isAddress(client) &&
    isAddress(secureClient)
  )
}

function isPeer(peer: unknown): boolean {
  const { host, quorumPort, electionPort } = fields(peer)
  return typeof host === 'string' && Number.isInteger(quorumPort) && Number.isInteger(electionPort)
}

function isAddress(address: unknown): boolean {
  const { host, port } = fields(address)
  return address === null || (typeof host === 'string' && Number.isInteger(port))
}

const memberCheck: Check = mustBe('a member as getConfig returns it', isMember)
