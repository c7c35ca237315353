import type { SaslMechanism } from './mechanism.ts'

/** A password, or a function that is asked for it at each connection. Bytes are read as UTF-8. */
export type Password = string | Uint8Array | (() => string | Uint8Array | Promise<string | Uint8Array>)

/** A user name and a password, for DIGEST-MD5. */
export interface DigestMd5Options {
  mechanism: 'DIGEST-MD5'
  username: string
  password: Password
}

/** Kerberos 5. The ticket comes from the credential cache or the keytab that Kerberos's own configuration names. */
export interface GssapiOptions {
  mechanism: 'GSSAPI'
  /** The first part of the servers' principal. Default `zookeeper`. */
  service?: string | undefined
  /**
   * The host of the servers' principal, or a function that returns it for the host of the list of servers. Default that host.
   * Kerberos itself may look it up in DNS: `dns_canonicalize_hostname` and `rdns` of krb5.conf.
   */
  hostname?: string | ((host: string) => string) | undefined
  /** The client's principal, such as `app@EXAMPLE.COM`. Default that of the credential cache. */
  principal?: string | undefined
  /** The package `kerberos`, where it cannot be loaded by its name, as from a bundle. */
  kerberos?: KerberosModule | undefined
}

/** A mechanism that this package does not have. */
export interface OwnMechanismOptions {
  mechanism: SaslMechanism
}

/** The identity to present by SASL, right after each handshake. */
export type SaslOptions = DigestMd5Options | GssapiOptions | OwnMechanismOptions

/** The parts of the package `kerberos` that GSSAPI needs. */
export interface KerberosModule {
  initializeClient(
    service: string,
    options: { principal?: string; gssFlag?: number; mechOID?: number },
  ): Promise<KerberosClient>
}

/** A security context of the package `kerberos`. Every token is in base64. */
export interface KerberosClient {
  readonly contextComplete: boolean
  /** The client's principal, once it is known. */
  readonly username?: string | null
  step(challenge: string): Promise<string>
  unwrap(challenge: string): Promise<string>
  wrap(challenge: string): Promise<string>
}
