import { isIP } from 'node:net'
import { connect, type DetailedPeerCertificate, type TLSSocket } from 'node:tls'
import type { ServerAddress, TlsOptions } from '@zookit/connection'

/** A certificate that a server shows. */
export interface ServerCertificate {
  /** The name that it is made out to. */
  subject: string
  issuer: string
  /** The first and the last moment of its validity, in ISO 8601. */
  validFrom: string
  validTo: string
  /** The whole days until the first certificate of the chain ends; negative once one has ended. */
  daysLeft: number
}

const DAY = 86_400_000

function names(name: DetailedPeerCertificate['subject'] | undefined): string {
  return Object.entries(name ?? {})
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(', ')
}

/** Returns the certificates from the server's own one to the root that it shows, which refers to itself. */
function chainOf(certificate: DetailedPeerCertificate): DetailedPeerCertificate[] {
  const chain: DetailedPeerCertificate[] = []
  for (let each = certificate; each?.valid_to && !chain.includes(each); each = each.issuerCertificate)
    chain.push(each)
  return chain
}

function describe(certificate: DetailedPeerCertificate, now: number): ServerCertificate | null {
  const chain = chainOf(certificate)
  if (chain.length === 0) return null
  const end = Math.min(...chain.map(each => Date.parse(each.valid_to)))
  return {
    subject: names(certificate.subject),
    issuer: names(certificate.issuer),
    validFrom: new Date(certificate.valid_from).toISOString(),
    validTo: new Date(certificate.valid_to).toISOString(),
    daysLeft: Math.floor((end - now) / DAY),
  }
}

/**
 * Reads the certificate of a server, also one that is not valid any more: nothing is sent on this connection, so nothing
 * is trusted to it. Resolves with null if none comes in time.
 *
 * @param now milliseconds since 1970.
 */
export function readCertificate(
  { host, port }: ServerAddress,
  tls: TlsOptions,
  timeout: number,
  now: number,
): Promise<ServerCertificate | null> {
  return new Promise(resolve => {
    const name = tls.servername ?? host
    const socket: TLSSocket = connect({
      ...tls,
      host,
      port,
      servername: isIP(name) ? '' : name,
      // The answer to the question how long a certificate is valid must not depend on its being valid.
      rejectUnauthorized: false,
    })
    const timer = setTimeout(() => end(null), timeout)
    const end = (certificate: ServerCertificate | null): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(certificate)
    }
    socket.once('secureConnect', () => end(describe(socket.getPeerCertificate(true), now)))
    socket.on('error', () => end(null))
    socket.once('close', () => end(null))
  })
}
