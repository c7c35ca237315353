import type { Id, Reader } from '@zookit/jute'
import type { ServerClock } from '../clock.ts'
import type { Effect, Requester, Transaction } from '../database/changes.ts'
import type { Database } from '../database/database.ts'
import type { Session, SessionTracker } from '../database/sessions.ts'
import type { Timer } from '../environment.ts'
import { Err } from '../error-codes.ts'
import type { EnsembleView } from '../membership/ensemble-view.ts'
import { Opcode } from '../opcodes.ts'
import type { OperationSettings, PrepareContext } from '../operations/prepare.ts'
import { TreeView } from '../operations/tree-view.ts'
import { writeHandlers } from '../operations/write-handlers.ts'
import { prepareDeleteContainer } from '../operations/writes.ts'
import { committed, type OnCommit } from './commits.ts'

/** A server that applies ordered transactions. */
export interface Replica {
  /** Takes the next transaction. A server that lags applies it later. */
  receive(transaction: Transaction): void
}

/** The effect of a write of a session that has ended. */
const ENDED: Effect = { type: 'failure', err: Err.SESSION_EXPIRED, multi: null }

/** A write request, as a connection submits it. */
export interface WriteRequest {
  readonly requester: Requester
  readonly session: Session
  readonly ids: readonly Id[]
  readonly opcode: number
  readonly xid: number
}

/** The collaborators and settings of a sequencer. */
export interface SequencerParts {
  /** The leader's own database, which is always up to date. */
  readonly database: Database
  readonly settings: OperationSettings
  /** The ensemble that it orders writes for; null for a server that stands alone. */
  readonly ensemble: EnsembleView | null
  readonly clock: ServerClock
  readonly tracker: SessionTracker
  /** The servers that apply the transactions, the leader first. */
  readonly replicas: Iterable<Replica>
  /** Runs after the sequencer has ordered a transaction that no client asked for. */
  readonly settle: () => void
  /** Receives each committed transaction that changed something; null for none. */
  readonly onCommit: OnCommit | null
  /** Milliseconds between two searches for container and TTL znodes to remove. */
  readonly containerCheckInterval: number
  /** The zxid before the first one that this sequencer assigns. */
  readonly zxid: number
}

/**
 * The place where writes are ordered. A standalone server has its own; an ensemble has the leader's.
 *
 * It checks each request against the tree as all earlier ones leave it, assigns a zxid, and gives the transaction
 * to the replicas. It also expires sessions and removes container and TTL znodes.
 */
export class Sequencer {
  readonly tracker: SessionTracker
  readonly #parts: SequencerParts
  readonly #context: PrepareContext
  #zxid: number
  #expiry: Timer | null = null
  #expiryDue = Number.POSITIVE_INFINITY
  #reaper: Timer | null = null
  #stopped = false
  /** Transactions of which `onCommit` was not told yet. */
  readonly #untold: Transaction[] = []

  constructor(parts: SequencerParts) {
    const { database, settings, tracker, ensemble } = parts
    this.tracker = tracker
    this.#parts = parts
    this.#zxid = parts.zxid
    const view = new TreeView(database.tree)
    this.#context = { view, quotas: database.quotas, settings, ensemble, zxid: 0, session: null, ids: [] }
    this.#armExpiry()
    this.#armReaper()
  }

  /** The zxid of the last ordered transaction. */
  get zxid(): number {
    return this.#zxid
  }

  /** Stops the timers: no session expires and no znode is reaped any more. */
  stop(): void {
    this.#stopped = true
    this.#expiry?.cancel()
    this.#reaper?.cancel()
  }

  /**
   * Orders a write.
   *
   * @throws JuteError for a body that does not decode. Nothing has been ordered then.
   */
  submit(request: WriteRequest, reader: Reader): void {
    const { requester, session, ids, opcode, xid } = request
    this.#context.session = session
    this.#context.ids = ids
    this.#context.zxid = this.#zxid + 1
    // A member that has not heard of the session's end yet still takes its requests: an ephemeral would stay for ever.
    const effect = session.closing ? ENDED : writeHandlers[opcode]!(this.#context, opcode, reader)
    this.#commit(effect, opcode, session.id, xid, requester)
  }

  /** Opens a session. The requester is called when its own server knows the session. */
  openSession(id: bigint, timeout: number, requester: Requester | null): Session {
    const session = this.tracker.add(id, timeout, this.#parts.clock.now())
    this.#commit({ type: 'openSession' }, Opcode.createSession, id, 0, requester)
    this.#armExpiry()
    return session
  }

  /** Ends a session and deletes its ephemerals, in one transaction. */
  closeSession(session: Session, requester: Requester | null, xid: number): void {
    this.tracker.remove(session)
    const paths = this.#parts.database.tree.ephemeralsOf(session.id)
    this.#commit({ type: 'closeSession', paths }, Opcode.closeSession, session.id, xid, requester)
  }

  /** Ends every session that is due to expire. */
  expireDue(): void {
    for (const session of this.tracker.due(this.#parts.clock.now())) this.closeSession(session, null, 0)
    this.#parts.settle()
  }

  /** Deletes containers that are empty after use, and TTL znodes that are old and empty. */
  reap(): void {
    for (const path of this.#reapable()) {
      this.#context.session = null
      this.#context.ids = []
      const change = prepareDeleteContainer(this.#context, path)
      if (typeof change !== 'number') this.#commit(change, Opcode.deleteContainer, 0n, 0, null)
    }
    this.#parts.settle()
  }

  /** Orders a change that no client requested. */
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
    // The answer may let a client's next request through, which is ordered before this call returns.
    const isFirst = this.#untold.push(transaction) === 1
    try {
      for (const replica of this.#parts.replicas) replica.receive(transaction)
    } finally {
      if (isFirst) this.#tell()
    }
  }

  /** Tells of the transactions that were applied, in their order. */
  #tell(): void {
    const { onCommit } = this.#parts
    try {
      for (const transaction of this.#untold) {
        if (onCommit !== null && transaction.effect.type !== 'failure') onCommit(committed(transaction))
      }
    } finally {
      this.#untold.length = 0
    }
  }

  /** Sets the timer to the earliest expiry. Sessions that were touched since then are not due when it fires. */
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
