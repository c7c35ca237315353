import type { ServerAddress } from '../link/server-address.ts'

/** The server that an exchange authenticates to. */
export interface SaslServer extends ServerAddress {
  /** The address that was dialled. */
  readonly address: string
  /** True if nobody on the network can read what is sent: TLS, or a loopback address. */
  readonly isPrivate: boolean
}

/** A token for the server. */
export interface SaslStep {
  /** The bytes to send; empty where the mechanism lets the server speak first. */
  readonly token: Uint8Array
  /** True if nothing follows: the server's answer is its last word, and `verify` judges it. */
  readonly isLast: boolean
}

/** One exchange, on one connection. */
export interface SaslExchange {
  /** The identity, for errors, where the exchange has found it out. */
  readonly principal?: string | undefined
  /**
   * Answers a challenge.
   *
   * @param challenge the server's token; empty at the first call, before the server has spoken.
   * @throws any error. At the first call it fails this attempt to connect, and the next one begins again. Later it shows that
   *   the server cannot be trusted: it ends the session with AUTH_FAILED.
   */
  step(challenge: Uint8Array): SaslStep | Promise<SaslStep>
  /**
   * Judges the server's last answer: whether the server has proved what the mechanism demands of it.
   *
   * @param answer the server's token; null if it sent none.
   * @throws any error if it has not: the session ends with AUTH_FAILED.
   */
  verify(answer: Uint8Array | null): void | Promise<void>
}

/** A SASL mechanism with the identity to present. One object serves all connections of a session. */
export interface SaslMechanism {
  /** The registered name, such as `GSSAPI`. It is told in errors; the protocol does not carry it. */
  readonly name: string
  /** The identity, for errors; undefined if the exchange alone finds it out. */
  readonly principal?: string | undefined
  /** True if a listener on the network could guess the secret from what is sent: then the link must be private. */
  readonly needsPrivacy?: boolean | undefined
  /**
   * Begins an exchange on a new connection.
   *
   * @throws any error: it fails this attempt to connect, and the next one begins again.
   */
  start(server: SaslServer): SaslExchange | Promise<SaslExchange>
}
