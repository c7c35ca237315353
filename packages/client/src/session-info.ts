import type { ServerAddress, Session } from '@zookit/connection'

/** What is known of a session at one time. Another client can take it over: `connect(..., { session })`. */
export class SessionInfo {
  /** 0n until a server has made one. */
  readonly id: bigint
  /** What was negotiated, in milliseconds; what is asked for until then. */
  readonly timeout: number
  /**
   * Until when, on the environment's clock, the server cannot have expired the session: the time at which the newest
   * answered request was sent, plus the timeout.
   */
  readonly certainUntil: number
  /** The server that is connected, or null. */
  readonly server: ServerAddress | null
  readonly #password: Buffer

  constructor(session: Session) {
    const { id, password } = session.identity
    this.id = id
    this.timeout = session.timeout
    this.certainUntil = session.certainUntil
    this.server = session.server
    this.#password = password
  }

  /** Whoever has it and the id has the session. Logs, inspection and JSON do not show it. */
  get password(): Buffer {
    return this.#password
  }
}
