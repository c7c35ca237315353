import {
  type ConnectOptions,
  formatServer,
  type SaslMechanism,
  type SessionOptions,
  type TlsOptions,
} from '@zookit/client'
import { isLoopback, nodeEnvironment, saslMechanism } from '@zookit/connection'

/** The options of `connect` that decide how a server is reached, and as whom. */
export type AccessOptions = Pick<ConnectOptions, 'tls' | 'sasl' | 'allowInsecureAuth'>

/** The TLS options and the SASL identity of every connection of a run; null for none. */
export interface Access {
  readonly tls: TlsOptions | null
  readonly mechanism: SaslMechanism | null
}

/** The address of a server, and how it is reached. */
export interface Address {
  readonly host: string
  readonly port: number
  /** Absent: in clear text, without an identity. */
  readonly access?: Access
}

/**
 * Asks for the TLS options and the SASL identity, once for a whole run.
 *
 * @throws Error if a function returns none: nothing goes on without them.
 */
export async function accessOf({ tls = null, sasl = null }: AccessOptions): Promise<Access> {
  const options = typeof tls === 'function' ? await tls() : tls
  if (tls !== null && (typeof options !== 'object' || options === null)) {
    throw new Error("the tls option must be Node's TLS options, or a function that returns them")
  }
  return { tls: options, mechanism: sasl === null ? null : await saslMechanism(sasl) }
}

/** Returns the options of a session at this address. */
export function sessionOptionsOf({ access }: Address): Partial<SessionOptions> {
  if (access === undefined) return {}
  const { tls, mechanism } = access
  return { tls, ...(mechanism !== null && { sasl: { mechanism } }) }
}

/**
 * Finds the address to dial of a server that gets secrets in clear text: every connection goes there, whatever DNS says later.
 *
 * @throws Error if the address is not one of this machine.
 */
export async function localAddress(server: Address): Promise<Address> {
  const addresses = await nodeEnvironment.resolve(server.host)
  const host = addresses.find(isLoopback)
  if (host !== undefined) return { ...server, host }
  throw new Error(
    `${formatServer(server)}: a password would cross the network in clear text: use TLS, or allow it (allowInsecureAuth)`,
  )
}
