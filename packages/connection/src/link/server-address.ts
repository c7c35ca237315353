import { describe, fields } from '../arguments/checks.ts'
import { badArguments } from '../arguments/refusals.ts'

/** A server as a connect string names it: not resolved yet. */
export interface ServerAddress {
  /** A host name, an IPv4 address, or an IPv6 address without brackets. */
  readonly host: string
  readonly port: number
  /** The name that TLS verifies. Default `host`; another one where DNS has named the host, and the user has not. */
  readonly tlsName?: string
}

/**
 * Makes the address of a target of an SRV record. DNS is not to be trusted: TLS verifies the name that the user configured,
 * or that of a target below it.
 */
export function srvTarget(srv: string, { host, port }: ServerAddress): ServerAddress {
  // `_zookeeper._tcp.example.com` is a service of example.com.
  const base = plainName(srv).replace(/^(_[^.]*\.)+/, '')
  const target = plainName(host)
  const isBelow = target === base || target.endsWith(`.${base}`)
  return isBelow ? { host, port } : { host, port, tlsName: base }
}

function plainName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '')
}

/**
 * Formats a server as `host:port`, with an IPv6 host in brackets, as `parseConnectString` reads it.
 *
 * @throws ZooKeeperError BAD_ARGUMENTS.
 */
export function formatServer(server: ServerAddress): string {
  const { host, port } = fields(server)
  if (typeof host !== 'string' || typeof port !== 'number') {
    throw badArguments('formatServer', `the server must be { host, port }, not ${describe(server)}`)
  }
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** IPv4's loopback network, also as IPv6 maps it. A text that only looks like an address would be looked up in DNS. */
const LOOPBACK = /^(::ffff:)?127(\.(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}$/i

/** Tells whether an address is one of this machine itself, so that what is sent to it crosses no network. */
export function isLoopback(address: string): boolean {
  return address === '::1' || LOOPBACK.test(address)
}
