import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Address } from './access.ts'

/** Opens a socket to a server, with TLS if that is its access. What is written waits until it is open. */
export function dial({ host, port, access }: Address): Socket {
  const tls = access?.tls ?? null
  if (tls === null) return connectTcp(port, host)
  const { servername = isIP(host) === 0 ? host : '', ...options } = tls
  // SNI carries no dot at the end (RFC 6066, 3).
  return connectTls({ ...options, host, port, servername: servername.replace(/\.$/, '') })
}
