import { openAcl, Session, ZooKeeperError } from '@zookit/client'
import { CreateFlag, op } from '@zookit/jute'
import type { Address } from './raw-client.ts'

/** A credential: what `addauth SCHEME SECRET` takes. */
export interface Credential {
  readonly scheme: string
  readonly secret: string
}

/** Whom the suite's own restricted znodes belong to, so that they can be removed. */
export const OWNER: Credential = { scheme: 'digest', secret: 'zookit-conformance:owner' }

const GONE: ReadonlySet<string> = new Set(['NO_NODE'])
const RETRIES = 100
const PAUSE = 50

/** Makes and removes the znodes below which cases work: one session at each server. */
export class Keeper {
  readonly #sessions: readonly Session[]

  private constructor(sessions: readonly Session[]) {
    this.#sessions = sessions
  }

  /** Connects. @throws ZooKeeperError when a server is not to be had within the time. */
  static async open(
    servers: readonly Address[],
    credentials: readonly Credential[],
    within: number,
  ): Promise<Keeper> {
    const sessions = servers.map(
      server =>
        new Session({ servers: [server], sessionTimeout: 30_000, renew: true, allowInsecureAuth: true }),
    )
    const keeper = new Keeper(sessions)
    try {
      for (const session of sessions) {
        for (const { scheme, secret } of [OWNER, ...credentials]) {
          session.addAuth(scheme, Buffer.from(secret)).catch(() => {})
        }
        await session.request(op.exists, { path: '/', watch: false }, { timeout: within })
      }
    } catch (error) {
      await keeper.close()
      throw error
    }
    return keeper
  }

  /** Creates a znode that anyone may use, visible at the server with this index when this resolves. */
  async make(path: string, server = 0): Promise<void> {
    const session = this.#sessions[server]!
    await session.request(op.create, { path, data: null, acl: [...openAcl], flags: CreateFlag.persistent })
  }

  /** Removes a znode and all below it; what is gone, or cannot be removed, is left. */
  async remove(path: string): Promise<void> {
    const session = this.#sessions[0]!
    await session.request(op.sync, { path }).catch(() => {})
    for (let attempt = 0; attempt < RETRIES; attempt++) {
      await this.#removeOnce(session, path)
      const left = await session.request(op.exists, { path, watch: false }).catch(ignore(GONE))
      if (left === null || left === undefined) return
      await new Promise(resolve => setTimeout(resolve, PAUSE))
    }
    throw new Error(`${path} could not be removed`)
  }

  async #removeOnce(session: Session, path: string): Promise<void> {
    const reply = await session.request(op.getChildren, { path, watch: false }).catch(ignore(REFUSALS))
    for (const child of reply?.children ?? []) await this.#removeOnce(session, `${path}/${child}`)
    await session.request(op.delete, { path, version: -1 }).catch(ignore(REFUSALS))
  }

  /** Ends the sessions. */
  async close(): Promise<void> {
    await Promise.all(this.#sessions.map(session => session.close()))
  }
}

const REFUSALS: ReadonlySet<string> = new Set(['NO_NODE', 'NO_AUTH', 'NOT_EMPTY', 'BAD_ARGUMENTS'])

function ignore(codes: ReadonlySet<string>): (error: unknown) => undefined {
  return error => {
    if (error instanceof ZooKeeperError && codes.has(error.code)) return undefined
    throw error
  }
}
