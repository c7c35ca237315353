import { parseAddress } from '../auth/ip-address.ts'
import { Err } from '../error-codes.ts'

/** A member in a configuration: `server.<id>=<text>`. */
export interface ServerLine {
  readonly id: number
  /** False for an observer. */
  readonly votes: boolean
  /** `host:port:port:role;host:port`, with every default filled in. */
  readonly text: string
  /** True if the line has an address for clients. */
  readonly hasClient: boolean
  readonly quorumPort: number
  readonly electionPort: number
  /** The addresses that no other member may have. Those of the own machine are left out, as in Apache's server. */
  readonly addresses: readonly string[]
}

interface Address {
  readonly host: string
  readonly port: number
}

const INT_MAX = 2 ** 31 - 1
const PORT_MAX = 65_535

/** Splits as Java does: empty parts at the end are dropped. */
export function javaSplit(text: string, separator: string): string[] {
  const parts = text.split(separator)
  while (parts.length > 1 && parts.at(-1) === '') parts.pop()
  return parts
}

/**
 * Parses a member: `host:port:port`, `host:port:port:role`, and an address for clients behind a semicolon.
 *
 * @returns the member; or the error number that refuses it.
 */
export function parseServer(id: string, text: string): ServerLine | number {
  if (!/^[+-]?\d{1,18}$/.test(id)) return Err.MARSHALLING_ERROR
  const parts = javaSplit(text, ';')
  const client = parts.length === 2 ? parseClient(parts[1]!) : null
  if (typeof client === 'number') return client
  const peer = splitAddress(parts[0]!)
  if (parts.length > 2 || peer === null || peer.length < 3 || peer.length > 4) return Err.BAD_ARGUMENTS
  const [host, quorumText, electionText, role = 'participant'] = peer as [string, string, string, string?]
  const quorumPort = parsePort(quorumText)
  if (typeof quorumPort === 'string') return refusalOf(quorumPort)
  const electionPort = parsePort(electionText)
  if (typeof electionPort === 'string') return refusalOf(electionPort)
  const kind = role.trim().toLowerCase()
  if (quorumPort === electionPort || (kind !== 'participant' && kind !== 'observer')) return Err.BAD_ARGUMENTS
  const address = client === null ? '' : `;${shownHost(client.host)}:${client.port}`
  return {
    id: Number(id),
    votes: kind === 'participant',
    text: `${shownHost(host)}:${quorumPort}:${electionPort}:${kind}${address}`,
    hasClient: client !== null,
    quorumPort,
    electionPort,
    addresses: [
      { host, port: quorumPort },
      { host, port: electionPort },
      ...(client === null ? [] : [client]),
    ]
      .filter(each => !isOwnMachine(each.host))
      .map(each => `${each.host}:${each.port}`),
  }
}

function parseClient(text: string): Address | number {
  const parts = splitAddress(text)
  if (parts === null || parts.length > 2) return Err.BAD_ARGUMENTS
  const port = parsePort(parts.at(-1)!)
  if (typeof port === 'string') return refusalOf(port)
  return { host: parts.length === 2 ? parts[0]! : '0.0.0.0', port }
}

/** Splits `host:port:...`, where the host may be an IPv6 address in brackets. Returns null for a broken bracket. */
function splitAddress(text: string): string[] | null {
  if (!text.startsWith('[')) return javaSplit(text, ':')
  const end = text.indexOf(']')
  if (end < 2) return null
  const rest = text.slice(end + 2)
  return rest === '' ? [text.slice(1, end)] : [text.slice(1, end), ...javaSplit(rest, ':')]
}

type BadPort = 'no number' | 'out of range'

function parsePort(text: string): number | BadPort {
  const port = Number(text)
  if (!/^[+-]?\d+$/.test(text) || Math.abs(port) > INT_MAX) return 'no number'
  return port < 0 || port > PORT_MAX ? 'out of range' : port
}

/** Apache's server looks for text that is no number; Java's addresses refuse a number that is no port. */
function refusalOf(port: BadPort): number {
  return port === 'no number' ? Err.BAD_ARGUMENTS : Err.MARSHALLING_ERROR
}

/** Formats a host as Java does: an IPv6 address has all of its eight groups. */
function shownHost(host: string): string {
  if (!host.includes(':')) return host
  const bytes = parseAddress(host)
  const groups = bytes?.flatMap((byte, i) =>
    i % 2 === 1 ? [((bytes[i - 1]! << 8) | byte).toString(16)] : [],
  )
  return `[${groups?.join(':') ?? host}]`
}

function isOwnMachine(host: string): boolean {
  return host === 'localhost' || host === '0.0.0.0' || /^127\.|^::1?$/.test(host)
}
