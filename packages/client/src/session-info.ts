import { formatServer, inspectAs, type ServerAddress, type Session } from '@zookit/connection'

/** A snapshot of a session. Another client can take the session over with it: `connect(..., { session })`. */
export class SessionInfo {
  static {
    inspectAs(SessionInfo, ({ id, timeout, server }) => {
      const name = id === 0n ? 'no session yet' : `0x${id.toString(16)}`
      return `${name}, timeout ${timeout} ms, ${server === null ? 'not connected' : `connected to ${formatServer(server)}`}`
    })
  }

  /** The session's id; 0n until a server has created the session. */
  readonly id: bigint
  /** The session timeout in milliseconds: the negotiated one, or the requested one before the first connection. */
  readonly timeout: number
  /**
   * The time on the environment's clock until which the server cannot have expired the session: the time at which the
   * newest answered request was sent, plus the timeout.
   */
  readonly certainUntil: number
  /** The connected server, or null. */
  readonly server: ServerAddress | null
  readonly #password: Buffer
  readonly #lastZxid: bigint

  constructor(session: Session) {
    const { id, password } = session.identity
    this.id = id
    this.timeout = session.timeout
    this.certainUntil = session.certainUntil
    this.server = session.server
    this.#password = password
    this.#lastZxid = session.lastZxid
  }

  /** The session's password. Keep it secret: with the id it gives control of the session. Logs and JSON do not show it. */
  get password(): Buffer {
    return this.#password
  }

  /** The newest transaction id that a server has told this client: reads show no older state. */
  get lastZxid(): bigint {
    return this.#lastZxid
  }

  /** Turns the id, a bigint, which JSON does not have, into decimal text. Leaves the password out. */
  toJSON(): object {
    return { ...this, id: String(this.id) }
  }
}
