import type { CertificateName } from './certificates.ts'

/** TLS on a second client port (`secureClientPort`) with the throw-away certificates. */
export interface TlsOptions {
  /** The certificate that the server shows. Default `server`, which is valid for localhost and 127.0.0.1. */
  certificate?: CertificateName
  /** The demand for a client certificate. Default `none`. */
  clientAuth?: 'none' | 'want' | 'need'
}

/** SASL DIGEST-MD5 at the server, by a JAAS file. */
export interface SaslOptions {
  /** Passwords by user name. Each is also what `sasl:<name>` in an ACL stands for. */
  users: Readonly<Record<string, string>>
  /** `zookeeper.sessionRequireClientSASLAuth`: every packet before a successful SASL exchange is refused. */
  required?: boolean
}

/** The setup of a real server. Everything has a default that suits a test. */
export interface ServerOptions {
  /** Milliseconds of a tick, the server's unit of session expiry. Default 200. */
  tickTime?: number
  /** Milliseconds. Default two ticks. */
  minSessionTimeout?: number
  /** Milliseconds. Default 60 000 (the server's own default of 20 ticks would be too short for most tests). */
  maxSessionTimeout?: number
  /** Connections allowed per client address; 0, the default, is no limit. */
  maxClientCnxns?: number
  /** TTL znodes. Default true. */
  extendedTypesEnabled?: boolean
  /** Milliseconds between two looks for container and TTL znodes to remove. Default 200 (the server's own: 60 000). */
  containerCheckInterval?: number
  /** The `reconfig` operation. Default false. A lone server supports it only as an ensemble of one. */
  reconfigEnabled?: boolean
  /** True if an ensemble may shrink to one standalone server. Default: the server's own. */
  standaloneEnabled?: boolean
  /**
   * `readonlymode.enabled`: an ensemble member without a quorum serves reads to clients that accept it. This turns
   * local sessions on as well, without which such a member accepts no client: a session is then known to one member
   * only, and moves to another one just after it has created an ephemeral znode.
   */
  readOnlyMode?: boolean
  /** Password of the `super` digest user, who passes every ACL. Default: there is none. */
  superPassword?: string
  /** `zookeeper.enforce.auth`: schemes of which a client must have passed one. Default: none. */
  requireAuth?: readonly string[]
  sasl?: SaslOptions
  tls?: TlsOptions | boolean
  /** AdminServer on a port of its own (`RealServer.adminPort`); `https` uses the server's TLS certificate. Default: none. */
  admin?: 'http' | 'https'
  /** More Java system properties, such as `{ 'jute.maxbuffer': '4096', 'zookeeper.skipACL': 'yes' }`. */
  properties?: Readonly<Record<string, string>>
  /** More lines of `zoo.cfg`. They win over those that the other options make. */
  config?: Readonly<Record<string, string | number | boolean>>
  /** More flags of the Java virtual machine. */
  jvmFlags?: readonly string[]
}

export interface EnsembleOptions extends ServerOptions {
  /** Number of voting members. Default 3. */
  size?: number
  /** `myid` of the first member; the others count on from it. From 128 on, session ids have their top bit set. Default 1. */
  firstId?: number
  /** Number of observers beside them. Default 0. */
  observers?: number
}
