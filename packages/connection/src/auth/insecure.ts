import { ZooKeeperError } from '../errors.ts'
import { formatServer, type ServerAddress } from '../server-address.ts'
import type { Sasl } from './sasl.ts'

/** Makes the error of a connection that may not carry a secret. */
export function insecure(what: string, server?: ServerAddress): ZooKeeperError {
  const where = server === undefined ? '' : `${formatServer(server)}: `
  const message = `${where}${what} would cross the network in clear text: use tls, or set allowInsecureAuth to true`
  return new ZooKeeperError('INSECURE_AUTH', { message, operation: 'auth' })
}

/**
 * Returns the error of a connection that may carry no secret in clear text, if the session cannot go without one; else null.
 *
 * @param hasDigest true if a server has accepted a digest password.
 */
export function exposed(server: ServerAddress, sasl: Sasl | null, hasDigest: boolean): ZooKeeperError | null {
  if (sasl?.mechanism.needsPrivacy) return insecure(`what SASL ${sasl.mechanism.name} sends`, server)
  return hasDigest ? insecure('a digest password', server) : null
}
