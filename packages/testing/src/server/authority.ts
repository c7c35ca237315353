import type { Id, Reader } from '@zookit/jute'
import type { ServerClock } from '../clock.ts'
import type { Effect, Requester, Transaction } from '../database/changes.ts'
import type { Database } from '../database/database.ts'
import type { Session, SessionTracker } from '../database/sessions.ts'
import type { Timer } from '../environment.ts'
import { Opcode } from '../opcodes.ts'
import { prepareDeleteContainer } from '../operations/delete.ts'
import type { PipelineSettings, PrepareContext } from '../operations/prepare.ts'
import { TreeView } from '../operations/tree-view.ts'
import { writeHandlers } from '../operations/writes.ts'

/** A server that applies what has been ordered. */
export interface Replica {
  /** Applies the transaction, now or when it catches up. */
  receive(transaction: Transaction): void
}

/** A write, as a connection hands it over. */
export interface WriteRequest {
  readonly requester: Requester
  readonly session: Session
  readonly ids: readonly Id[]
  readonly opcode: number
  readonly xid: number
}

/** What an authority works with. */
export interface AuthorityParts {
  /** The leader's own database: always up to date. */
  readonly database: Database
  readonly settings: PipelineSettings
  readonly clock: ServerClock
  readonly tracker: SessionTracker
  /** Every server that is to apply what is ordered, the leader first. */
  readonly replicas: Iterable<Replica>
  /** Called after the authority has ordered something of its own accord. */
  readonly settle: () => void
  /** Milliseconds between two looks for container and TTL nodes to remove. */
  readonly containerCheckInterval: number
  /** The zxid before the first one given out. */
  readonly zxid: number
}

/**
 * The one place where writes are ordered: what a lone server is for itself, and the leader for an ensemble.
 * It judges each request against the tree as all earlier ones leave it, gives it a zxid, and hands it out.
 * It also ends sessions whose time is over and removes container and TTL nodes.
 */
export class Authority {
  readonly tracker: SessionTracker
  readonly #parts: AuthorityParts
  readonly #context: PrepareContext
  #zxid: number
  #expiry: Timer | null = null
  #expiryDue = Number.POSITIVE_INFINITY
  #reaper: Timer | null = null
  #stopped = false

  constructor(parts: AuthorityParts) {
    const { database, settings, tracker } = parts
    this.tracker = tracker
    this.#parts = parts
    this.#zxid = parts.zxid
    const view = new TreeView(database.tree)
    this.#context = { view, quotas: database.quotas, settings, session: null, ids: [] }
    this.#armExpiry()
    this.#armReaper()
  }

  /** The zxid of the last transaction ordered. */
  get zxid(): number {
    return this.#zxid
  }

  /** Ends the authority's own business: nothing expires or is reaped any more. */
  stop(): void {
    this.#stopped = true
    this.#expiry?.cancel()
    this.#reaper?.cancel()
  }

  /** Orders a write. Throws the decoder's JuteError for a body that does not decode: nothing is ordered then. */
  submit(request: WriteRequest, reader: Reader): void {
    const handler = writeHandlers[request.opcode]!
    this.#context.session = request.session
    this.#context.ids = request.ids
    const effect = handler(this.#context, request.opcode, reader)
    this.#commit(effect, request.opcode, request.session.id, request.xid, request.requester)
  }

  /** Opens a session. The requester hears of it when its own server knows the session. */
  openSession(id: bigint, timeout: number, requester: Requester | null): Session {
    const session = this.tracker.add(id, timeout, this.#parts.clock.now())
    this.#commit({ type: 'openSession' }, Opcode.createSession, id, 0, requester)
    this.#armExpiry()
    return session
  }

  /** Ends a session and its ephemerals, in one transaction. */
  closeSession(session: Session, requester: Requester | null, xid: number): void {
    this.tracker.remove(session)
    const paths = this.#parts.database.tree.ephemeralsOf(session.id)
    this.#commit({ type: 'closeSession', paths }, Opcode.closeSession, session.id, xid, requester)
  }

  /** Ends every session whose time is over. */
  expireDue(): void {
    for (const session of this.tracker.due(this.#parts.clock.now())) this.closeSession(session, null, 0)
    this.#parts.settle()
  }

  /** Removes containers that are empty after use, and TTL nodes that are old and empty. */
  reap(): void {
    for (const path of this.#reapable()) {
      this.#context.session = null
      this.#context.ids = []
      const change = prepareDeleteContainer(this.#context, path)
      if (typeof change !== 'number') this.#commit(change, Opcode.deleteContainer, 0n, 0, null)
    }
    this.#parts.settle()
  }

  /** Orders a change that no client asked for. */
  order(effect: Effect): void {
    this.#commit(effect, Opcode.error, 0n, 0, null)
  }

  #reapable(): string[] {
    const { tree } = this.#parts.database
    const paths = [...tree.containers].filter(path => tree.find(path)!.creates > 0)
    for (const [path, ttl] of tree.ttls) {
      if (this.#parts.clock.wall() - tree.find(path)!.mtime > ttl) paths.push(path)
    }
    return paths.filter(path => tree.find(path)!.childCount === 0)
  }

  #commit(effect: Effect, opcode: number, sessionId: bigint, xid: number, requester: Requester | null): void {
    const zxid = ++this.#zxid
    const time = this.#parts.clock.wall()
    const transaction: Transaction = { zxid, time, sessionId, opcode, xid, effect, requester }
    for (const replica of this.#parts.replicas) replica.receive(transaction)
  }

  /** The alarm rings at the earliest expiry there was; sessions heard of since then are found not due. */
  #armExpiry(): void {
    const due = this.tracker.nextExpiry()
    if (due === null || due >= this.#expiryDue || this.#stopped) return
    this.#expiry?.cancel()
    this.#expiryDue = due
    this.#expiry = this.#parts.clock.at(due, () => {
      this.#expiryDue = Number.POSITIVE_INFINITY
      this.expireDue()
      this.#armExpiry()
    })
  }

  #armReaper(): void {
    if (this.#stopped) return
    this.#reaper = this.#parts.clock.after(this.#parts.containerCheckInterval, () => {
      this.reap()
      this.#armReaper()
    })
  }
}
