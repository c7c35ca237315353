import { ZooKeeperError } from '../errors.ts'
import { formatServer, type ServerAddress } from '../link/server-address.ts'
import type { Sasl } from './sasl.ts'

/** Makes the error of a connection that may not carry a secret. */
export function insecure(what: string, server?: ServerAddress): ZooKeeperError {
  const where = server === undefined ? '' : `${formatServer(server)}: `
  const message = `${where}${what} would cross the network in clear text: use tls, or set allowInsecureAuth to true`
  return new ZooKeeperError('INSECURE_AUTH', { message, operation: 'auth' })
}

/**
 * The schemes whose proof is no secret: the server looks at the address or at the certificate, or wants the name of its
 * ensemble. Every other scheme may send a password, also one that only the server knows.
 */
const OPEN_SCHEMES: ReadonlySet<string> = new Set(['ip', 'x509', 'ensemble'])

/** Tells whether whoever reads a credential of a scheme on the network may have a secret. */
export function hasSecret(scheme: string): boolean {
  return !OPEN_SCHEMES.has(scheme)
}

/** Names the secret of a credential. */
export function secretOf(scheme: string): string {
  return scheme === 'digest' ? 'a digest password' : `the secret of the scheme ${JSON.stringify(scheme)}`
}

/**
 * Returns the error of a connection that may carry no secret in clear text, if the session cannot go without one; else null.
 *
 * @param scheme the scheme of a secret that a server has accepted.
 */
export function exposed(
  server: ServerAddress,
  sasl: Sasl | null,
  scheme: string | undefined,
): ZooKeeperError | null {
  if (sasl?.mechanism.needsPrivacy) return insecure(`what SASL ${sasl.mechanism.name} sends`, server)
  return scheme === undefined ? null : insecure(secretOf(scheme), server)
}
