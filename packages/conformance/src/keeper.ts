import { openAcl, Session, ZooKeeperError } from '@zookit/client'
import { CreateFlag, op } from '@zookit/jute'
import { type Address, sessionOptionsOf } from './access/access.ts'
import { settled } from './limits.ts'

/** A credential: the arguments of `addauth SCHEME SECRET`. */
export interface Credential {
  readonly scheme: string
  readonly secret: string
}

/** The identity that owns the suite's own restricted znodes, so that they can be removed. */
export const OWNER: Credential = { scheme: 'digest', secret: 'zookit-conformance:owner' }

/** The longest time for the removal of a tree, as a multiple of the maxWait. */
const REMOVAL = 6
const PAUSE = 50
const CLOSING = 2_000
/** The errors of a request that no server has answered. */
const UNANSWERED: ReadonlySet<string> = new Set(['REQUEST_TIMEOUT', 'CONNECTION_LOSS', 'SESSION_EXPIRED'])

/**
 * Makes and removes the znodes below which cases work: one session at each server.
 *
 * Every request has a time limit, so that servers that stop answering cannot hold the suite.
 */
export class Keeper {
  readonly #sessions: readonly Session[]
  readonly #maxWait: number

  private constructor(sessions: readonly Session[], maxWait: number) {
    this.#sessions = sessions
    this.#maxWait = maxWait
  }

  /**
   * Connects.
   *
   * @param maxWait the time limit of each request, in milliseconds.
   * @throws ZooKeeperError when a server does not answer in time, or refuses a credential.
   */
  static async open(
    servers: readonly Address[],
    credentials: readonly Credential[],
    maxWait: number,
  ): Promise<Keeper> {
    const sessions = servers.map(
      server =>
        new Session({
          servers: [server],
          sessionTimeout: 30_000,
          renew: true,
          allowInsecureAuth: true,
          closeTimeout: CLOSING,
          ...sessionOptionsOf(server),
        }),
    )
    const keeper = new Keeper(sessions, maxWait)
    try {
      for (const session of sessions) {
        for (const { scheme, secret } of credentials) {
          session.addAuth(scheme, Buffer.from(secret)).catch(() => {})
        }
        await session.request(op.exists, { path: '/', watch: false }, { timeout: maxWait })
      }
    } catch (error) {
      await keeper.close()
      throw error
    }
    return keeper
  }

  /** Creates a znode that anyone may use. Resolves when it is visible at the server with this index. */
  async make(path: string, server = 0): Promise<void> {
    const session = this.#sessions[server]!
    const body = { path, data: null, acl: [...openAcl], flags: CreateFlag.persistent }
    await session.request(op.create, body, { timeout: this.#maxWait })
  }

  /**
   * Removes a znode and all below it. Leaves what is gone already, or cannot be removed yet, and tries again.
   *
   * @throws Error when the znode is still there at the end of the time, or no server answers.
   */
  async remove(path: string): Promise<void> {
    const session = this.#sessions[0]!
    const limits = { timeout: this.#maxWait }
    const end = performance.now() + REMOVAL * this.#maxWait
    await session.request(op.sync, { path }, limits).catch(ignore(REFUSALS))
    while (performance.now() < end) {
      await this.#removeOnce(session, path, end)
      const left = await session.request(op.exists, { path, watch: false }, limits).catch(ignore(GONE))
      if (left === null || left === undefined) return
      await new Promise(resolve => setTimeout(resolve, PAUSE))
    }
    throw new Error(`${path} could not be removed within ${REMOVAL * this.#maxWait} ms: remove it by hand`)
  }

  async #removeOnce(session: Session, path: string, end: number): Promise<void> {
    const limits = { timeout: this.#maxWait }
    const listing = session.request(op.getChildren, { path, watch: false }, limits)
    const reply = await listing.catch(ignore(REFUSALS))
    for (const child of reply?.children ?? []) {
      if (performance.now() >= end) return
      await this.#removeOnce(session, `${path}/${child}`, end)
    }
    await session.request(op.delete, { path, version: -1 }, limits).catch(ignore(REFUSALS))
  }

  /** Ends the sessions. Never rejects. */
  async close(): Promise<void> {
    await Promise.all(this.#sessions.map(session => settled(session.close(), 2 * CLOSING)))
  }
}

const GONE: ReadonlySet<string> = new Set(['NO_NODE'])
const REFUSALS: ReadonlySet<string> = new Set(['NO_NODE', 'NO_AUTH', 'NOT_EMPTY', 'BAD_ARGUMENTS'])

function ignore(codes: ReadonlySet<string>): (error: unknown) => undefined {
  return error => {
    if (ZooKeeperError.is(error) && codes.has(error.code)) return undefined
    throw error
  }
}

/** Tells whether an error means that no server has answered. */
export function isUnanswered(error: unknown): boolean {
  return ZooKeeperError.is(error) && UNANSWERED.has(error.code)
}
