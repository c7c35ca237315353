import type { ServerAddress } from '../link/server-address.ts'

/** The parts of a connect string. */
export interface ConnectString {
  /** The servers in the order written; empty if `srv` is given. */
  readonly servers: ServerAddress[]
  /** The path that every path is relative to, such as `/app`; `''` for none. */
  readonly chroot: string
  /** The DNS name whose SRV records list the servers, or null. */
  readonly srv: string | null
}

/** ZooKeeper's client port. */
export const DEFAULT_PORT = 2181

const SRV_SCHEME = 'dns-srv://'

/**
 * The error of an invalid connect string. Its message quotes the refused part only, never the whole text, and nothing that may be a
 * password: one is easily written in the place of a connect string.
 */
export class ConnectStringError extends TypeError {
  override readonly name = 'ConnectStringError'
  /** The refused characters. */
  readonly part: string
  /** The index of `part` in the connect string, in UTF-16 units. */
  readonly index: number

  constructor(reason: string, part: string, index: number) {
    super(`Invalid connect string at index ${index}: ${reason} (${JSON.stringify(part)})`)
    this.part = part
    this.index = index
  }
}

/**
 * Parses `host:port,host:port/chroot` or `dns-srv://name/chroot`. It is strict, so that a connect string that a program
 * puts together cannot contain a server, a chroot or credentials that nobody meant.
 *
 * The port defaults to 2181. IPv6 addresses are written in brackets: `[::1]:2181`. A chroot of `/` means none. Whitespace
 * around the whole and around each server is ignored, and so is a comma after the last server.
 *
 * @throws ConnectStringError, which names the refused part and its index.
 */
export function parseConnectString(text: string): ConnectString {
  if (typeof text !== 'string') throw new ConnectStringError('not a string', typeof text, 0)
  if (text.trim() === '') throw new ConnectStringError('it is empty', '', 0)
  checkCharacters(text)
  const begin = text.length - text.trimStart().length
  const start = begin + schemeLength(text.trimStart(), begin)
  const trimmed = text.trimEnd()
  const slash = trimmed.indexOf('/', start)
  const hosts = trimmed.slice(start, slash < 0 ? trimmed.length : slash)
  const chroot = slash < 0 ? '' : parseChroot(trimmed.slice(slash), slash)
  if (start > begin) return { servers: [], chroot, srv: checkSrvName(hosts, start) }
  return { servers: parseServers(hosts, start), chroot, srv: null }
}

/** Matches one character that `refusedCharacter` refuses. */
const REFUSED = /[\p{Cc}@?\ud800-\uf8ff\ufff0-\u{10ffff}]/u

function checkCharacters(text: string): void {
  if (!REFUSED.test(text)) return
  let index = 0
  for (const char of text) {
    const reason = refusedCharacter(char)
    if (reason !== null) throw new ConnectStringError(reason, char, index)
    index += char.length
  }
}

function checkWhitespace(text: string, offset: number): void {
  const index = text.search(/\s/)
  if (index >= 0) throw new ConnectStringError('whitespace', text[index]!, offset + index)
}

function refusedCharacter(char: string): string | null {
  const code = char.codePointAt(0)!
  if (/\s/.test(char)) return null
  if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) return 'a control character'
  if (char === '@') return 'credentials do not belong in a connect string: use addAuth'
  if (char === '?') return 'a connect string takes no parameters'
  if ((code >= 0xd800 && code <= 0xf8ff) || code >= 0xfff0) return 'a character that no path can contain'
  return null
}

/** Returns the length of `dns-srv://` if the text starts with it, 0 if there is no scheme. */
function schemeLength(text: string, offset: number): number {
  if (text.startsWith(SRV_SCHEME)) return SRV_SCHEME.length
  const colon = text.indexOf('://')
  if (colon < 0 || colon > text.indexOf('/')) return 0
  const start = text.lastIndexOf(',', colon) + 1
  const scheme = text.slice(start, colon + 3)
  throw new ConnectStringError(`the only scheme is ${SRV_SCHEME}`, scheme, offset + start)
}

function parseChroot(chroot: string, offset: number): string {
  if (chroot === '/') return ''
  checkWhitespace(chroot, offset)
  const comma = chroot.indexOf(',')
  if (comma >= 0) {
    throw new ConnectStringError('there is one chroot, after the last server', ',', offset + comma)
  }
  if (chroot.endsWith('/')) {
    throw new ConnectStringError('the chroot must not end in "/"', '/', offset + chroot.length - 1)
  }
  let index = offset + 1
  for (const segment of chroot.slice(1).split('/')) {
    if (segment === '') throw new ConnectStringError('an empty name in the chroot', '//', index - 1)
    if (segment === '.' || segment === '..') {
      throw new ConnectStringError('a relative name in the chroot', segment, index)
    }
    index += segment.length + 1
  }
  return chroot
}

function parseServers(hosts: string, offset: number): ServerAddress[] {
  const semicolon = hosts.indexOf(';')
  if (semicolon >= 0) {
    throw new ConnectStringError('servers are separated by ",", not by ";"', ';', offset + semicolon)
  }
  const servers: ServerAddress[] = []
  let index = offset
  const entries = hosts.split(',')
  if (entries.length > 1 && entries.at(-1)!.trim() === '') entries.pop()
  for (const entry of entries) {
    servers.push(parseServer(entry.trim(), index + entry.length - entry.trimStart().length))
    index += entry.length + 1
  }
  return servers
}

function parseServer(entry: string, index: number): ServerAddress {
  checkWhitespace(entry, index)
  if (entry === '') throw new ConnectStringError('an empty server', entry, index)
  if (entry.startsWith('[')) return parseBracketed(entry, index)
  const colon = entry.indexOf(':')
  const second = entry.indexOf(':', colon + 1)
  if (colon >= 0 && second >= 0) {
    throw new ConnectStringError('more than one ":" (an IPv6 address goes in brackets)', ':', index + second)
  }
  const host = colon < 0 ? entry : entry.slice(0, colon)
  const reason = hostFault(host)
  if (reason !== null) throw new ConnectStringError(reason, host, index)
  const port = colon < 0 ? DEFAULT_PORT : parsePort(entry.slice(colon + 1), index + colon + 1)
  return { host, port }
}

function parseBracketed(entry: string, index: number): ServerAddress {
  const close = entry.indexOf(']')
  if (close < 0) throw new ConnectStringError('a "[" without its "]"', '[', index)
  const host = entry.slice(1, close)
  if (!isIPv6(host)) throw new ConnectStringError('not an IPv6 address', host, index + 1)
  const rest = entry.slice(close + 1)
  if (rest === '') return { host, port: DEFAULT_PORT }
  if (rest[0] !== ':')
    throw new ConnectStringError('"]" is followed by something else', rest[0]!, index + close + 1)
  return { host, port: parsePort(rest.slice(1), index + close + 2) }
}

function parsePort(digits: string, index: number): number {
  const port = /^[1-9][0-9]{0,4}$/.test(digits) ? Number(digits) : 0
  if (port < 1 || port > 65535)
    throw new ConnectStringError(
      'a port is a number from 1 to 65535',
      /^\d*$/.test(digits) ? digits : '...',
      index,
    )
  return port
}

function checkSrvName(name: string, index: number): string {
  checkWhitespace(name, index)
  const colon = name.indexOf(':')
  if (colon >= 0) {
    throw new ConnectStringError(
      'SRV records name the ports: the connect string must not',
      ':',
      index + colon,
    )
  }
  const reason = hostFault(name)
  if (reason !== null) throw new ConnectStringError(reason, name, index)
  if (endsInNumber(name)) throw new ConnectStringError('an address has no SRV records', name, index)
  return name
}

/** Returns why `host` is neither a host name nor an IPv4 address, or null. */
function hostFault(host: string): string | null {
  if (host === '') return 'an empty host'
  if (!/^[A-Za-z0-9._-]+$/.test(host)) return 'not a host name (a name beyond ASCII goes in its xn-- form)'
  const labels = (host.endsWith('.') ? host.slice(0, -1) : host).split('.')
  if (host.length > 254 || labels.some(label => label === '' || label.length > 63)) {
    return 'an empty or too long label in a host name'
  }
  // A resolver takes 127.1 or 0x7f000001 for an address.
  if (endsInNumber(host) && !isIPv4(host)) return 'not an IPv4 address'
  return null
}

function endsInNumber(host: string): boolean {
  return /(^|\.)([0-9]+|0[xX][0-9A-Fa-f]*)\.?$/.test(host)
}

function isIPv4(text: string): boolean {
  return /^((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(\.(?!$)|$)){4}$/.test(text)
}

function isIPv6(text: string): boolean {
  const percent = text.indexOf('%')
  const address = percent < 0 ? text : text.slice(0, percent)
  if (percent >= 0 && !/^%[A-Za-z0-9._-]+$/.test(text.slice(percent))) return false
  const gap = address.indexOf('::')
  if (gap < 0) return groupCount(address, true) === 8
  const head = groupCount(address.slice(0, gap), false)
  const tail = groupCount(address.slice(gap + 2), true)
  return head >= 0 && tail >= 0 && head + tail <= 7
}

/** Counts the 16-bit groups of `text`; -1 if it is malformed. The last two may be an IPv4 address. */
function groupCount(text: string, last: boolean): number {
  if (text === '') return 0
  const groups = text.split(':')
  const mapped = last && isIPv4(groups.at(-1)!)
  if (mapped) groups.pop()
  if (!groups.every(group => /^[0-9A-Fa-f]{1,4}$/.test(group))) return -1
  return groups.length + (mapped ? 2 : 0)
}
