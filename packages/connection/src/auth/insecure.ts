import { ZooKeeperError } from '../errors.ts'
import { formatServer, type ServerAddress } from '../server-address.ts'
import type { Sasl } from './sasl.ts'

/** Makes the error of a connection that may not carry a secret. */
export function insecure(what: string, server?: ServerAddress): ZooKeeperError {
  const where = server === undefined ? '' : `${formatServer(server)}: `
  const message = `${where}${what} would cross the network in clear text: use tls, or set allowInsecureAuth to true`
  return new ZooKeeperError('INSECURE_AUTH', { message, operation: 'auth' })
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
