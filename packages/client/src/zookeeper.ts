import type { Session, SessionEvents, SessionState } from '@zookit/connection'
import { NodeOperations } from './node-operations.ts'
import { PathOperations } from './operations.ts'
import { type RequestSettings, Requests } from './requests.ts'
import { SessionInfo } from './session-info.ts'

/**
 * A ZooKeeper client: what `connect` resolves with.
 *
 * Listeners of `state` hear of every change of the session's state; the state is already the new one, and what
 * they throw does not get in anybody's way.
 */
export class ZooKeeper extends NodeOperations implements AsyncDisposable {
  readonly #session: Session

  /** @param session a session made by hand; usually `connect` makes one. */
  constructor(session: Session, settings: RequestSettings) {
    const requests = new Requests(session, settings)
    super(requests, new PathOperations(requests.chroot))
    this.#session = session
  }

  /** Where the session stands. */
  get state(): SessionState {
    return this.#session.state
  }

  /** The session's id and password, its negotiated timeout, and the server that is connected. */
  get session(): SessionInfo {
    return new SessionInfo(this.#session)
  }

  /** Adds a listener. The same one for the same event counts once. */
  on<Name extends keyof SessionEvents>(name: Name, listener: SessionEvents[Name]): this {
    this.#session.on(name, listener)
    return this
  }

  /** Takes a listener off. */
  off<Name extends keyof SessionEvents>(name: Name, listener: SessionEvents[Name]): this {
    this.#session.off(name, listener)
    return this
  }

  close(options: { keepSession?: boolean } = {}): Promise<void> {
    return this.#session.close(options)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
