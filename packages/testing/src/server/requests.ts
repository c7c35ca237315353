import { type Id, JuteError, Perm, type Reader, readSyncRequest, Xid } from '@zookit/jute'
import { type AclList, permits } from '../auth/acl.ts'
import type { Applied, Requester, Transaction } from '../database/changes.ts'
import type { Database } from '../database/database.ts'
import type { Session } from '../database/sessions.ts'
import type { Watcher } from '../database/watches.ts'
import { Err } from '../error-codes.ts'
import type { RequestFault } from '../faults/request-faults.ts'
import { Opcode } from '../opcodes.ts'
import { anyNull, readWithNulls } from '../operations/null-strings.ts'
import type { ReadContext } from '../operations/read-context.ts'
import { writeHandlers } from '../operations/write-handlers.ts'
import type { Outbox } from '../transport/outbox.ts'
import { outcomeText } from './activity.ts'
import type { ClientRequests } from './client-connection.ts'
import { beginReply, endReply, writeApplied, writeEvent } from './replies.ts'
import type { ServerCore } from './server-core.ts'
import type { CoreSettings } from './settings.ts'

/** The part of a connection that its requests use. */
export interface Link {
  readonly closed: boolean
  readonly outbox: Outbox
  /** The requested session exists now. */
  onSession(id: bigint): void
  /** A waiting request has been answered: the next ones can be read. */
  readOn(): void
  close(): void
  drop(reset: boolean): void
}

interface PendingSync {
  readonly xid: number
  readonly path: string | null
  /** The zxid that this server must have applied before it answers. */
  readonly zxid: number
}

const NO_SESSION = 0n

/** Executes the requests of one connection, one after the other, and appends replies and events to its outbox. */
export class Requests implements ClientRequests, Requester, ReadContext {
  readonly core: ServerCore
  session: Session | null = null
  ids: readonly Id[]
  /** The number of replies and events so far. */
  sent = 0
  /** The description of the current request for the log; empty without a log. */
  current = ''
  /** The fault that applies to the reply of the current request; null for none. */
  replyFault: RequestFault | null = null
  readonly #link: Link
  readonly #number: number
  #pendingWrites = 0
  /** The time at which the current request had its turn. */
  #begunAt = 0
  #sync: PendingSync | null = null

  constructor(core: ServerCore, link: Link, number: number, ids: readonly Id[]) {
    this.core = core
    this.#link = link
    this.#number = number
    this.ids = ids
  }

  get database(): Database {
    return this.core.database
  }

  get settings(): CoreSettings {
    return this.core.settings
  }

  get watcher(): Watcher {
    return this
  }

  get sessionId(): bigint {
    return this.session?.id ?? NO_SESSION
  }

  /** True while a request waits for its answer. The next one must not be executed before. */
  get waiting(): boolean {
    return this.#pendingWrites > 0 || this.#sync !== null
  }

  /** Notes the time at which a request has come, for the server's latency. `execute` does it itself. */
  begin(): void {
    this.#begunAt = this.core.clock.now()
  }

  /** Executes one request. */
  execute(xid: number, opcode: number, reader: Reader): void {
    this.begin()
    const read = this.core.reads[opcode]
    if (read !== undefined) {
      const { writer } = this.#link.outbox
      const at = beginReply(writer, xid, this.database.lastZxid)
      let err: number = Err.MARSHALLING_ERROR
      try {
        err = read(this, reader, writer)
      } catch (error) {
        if (!JuteError.is(error)) throw error
      }
      endReply(writer, at, err)
      this.#replied(at)
    } else if (opcode === Opcode.ping) {
      this.answer(Xid.ping, this.database.lastZxid, Err.OK)
    } else {
      this.#executeOther(xid, opcode, reader)
    }
  }

  /** Appends a reply that is a header alone. */
  answer(xid: number, zxid: number, err: number): void {
    const at = beginReply(this.#link.outbox.writer, xid, zxid)
    endReply(this.#link.outbox.writer, at, err)
    this.#replied(at)
  }

  /** Requests a new session. `Link.onSession` is called when this server knows it. */
  openSession(id: bigint, timeout: number): void {
    this.#pendingWrites++
    this.core.sequencer?.openSession(id, timeout, this)
  }

  onEvent(type: number, path: string, zxid: number, acl: AclList | null): void {
    const { filterEvents, release } = this.settings
    if (acl !== null && filterEvents && !permits(acl, Perm.READ, this.ids)) return
    writeEvent(this.#link.outbox.writer, type, path, release.eventZxid ? zxid : -1)
    this.countSent()
  }

  onApplied(transaction: Transaction, applied: Applied): void {
    this.#pendingWrites--
    if (this.#link.closed) return
    if (transaction.opcode === Opcode.createSession) {
      this.#link.onSession(transaction.sessionId)
    } else if (transaction.effect.type !== 'check') {
      const { writer } = this.#link.outbox
      const at = writer.offset
      writeApplied(writer, transaction, applied)
      this.#replied(at)
      if (transaction.opcode === Opcode.closeSession) this.#link.close()
    }
    this.#link.readOn()
  }

  /** The server has applied more of the log: a `sync` may be answered now. */
  onProgress(): void {
    const sync = this.#sync
    if (sync === null || sync.zxid > this.database.lastZxid || this.#link.closed) return
    this.#sync = null
    this.#answerSync(sync)
    this.#link.readOn()
  }

  /** Counts a reply or an event, and schedules the outbox for sending. */
  countSent(): void {
    this.sent++
    this.core.statistics.sent++
    this.#link.outbox.touch()
  }

  #executeOther(xid: number, opcode: number, reader: Reader): void {
    const { core } = this
    const headerOnly = core.headerOnly[opcode]
    const isWrite = writeHandlers[opcode] !== undefined || opcode === Opcode.sync
    const hasAnswer = isWrite || opcode === Opcode.closeSession
    if (headerOnly !== undefined) {
      // Events come before the reply, so the reply is not begun yet.
      this.answer(
        xid,
        this.database.lastZxid,
        this.#guarded(() => headerOnly(this, reader)),
      )
    } else if (!hasAnswer || this.#isUnknown(opcode)) {
      this.answer(xid, -1, Err.UNIMPLEMENTED)
      this.#link.close()
    } else if (opcode === Opcode.closeSession) {
      this.#closeSession(xid)
    } else if (isWrite && core.mode === 'read-only') {
      this.answer(xid, this.database.lastZxid, Err.NOT_READ_ONLY)
    } else if (core.sequencer === null) {
      this.#link.close()
    } else if (opcode === Opcode.sync) {
      this.#startSync(xid, reader, core.sequencer.zxid)
    } else {
      this.#write(xid, opcode, reader)
    }
  }

  #isUnknown(opcode: number): boolean {
    const { release } = this.settings
    return !release.knows(opcode) || (opcode === Opcode.check && release.refusesCheck)
  }

  #write(xid: number, opcode: number, reader: Reader): void {
    const { core, ids } = this
    const session = this.session!
    session.owner ??= core
    // The session is in use at another server. Apache's server closes, and never answers SESSION_MOVED here.
    if (session.owner !== core) return this.#link.close()
    this.#pendingWrites++
    try {
      core.sequencer!.submit({ requester: this, session, ids, opcode, xid }, reader)
    } catch (error) {
      if (!JuteError.is(error)) throw error
      this.#pendingWrites--
      this.answer(xid, this.database.lastZxid, Err.MARSHALLING_ERROR)
    }
  }

  #closeSession(xid: number): void {
    const { core } = this
    const session = this.session!
    if (core.mode === 'read-only') {
      core.localSessions.remove(session)
      this.answer(xid, this.database.lastZxid, Err.OK)
      return this.#link.close()
    }
    if (core.sequencer === null) return this.#link.close()
    this.#pendingWrites++
    core.sequencer.closeSession(session, this, xid)
  }

  #startSync(xid: number, reader: Reader, zxid: number): void {
    let path: string | null = null
    const err = this.#guarded(() => {
      path = readWithNulls(reader, readSyncRequest, anyNull).path
      return Err.OK
    })
    if (err !== Err.OK) return this.answer(xid, this.database.lastZxid, err)
    this.#sync = { xid, path, zxid }
    this.onProgress()
  }

  #answerSync({ xid, path }: PendingSync): void {
    const { writer } = this.#link.outbox
    const at = beginReply(writer, xid, this.database.lastZxid)
    writer.nullableUstring(path)
    endReply(writer, at, Err.OK)
    this.#replied(at)
  }

  #guarded(run: () => number): number {
    try {
      return run()
    } catch (error) {
      if (!JuteError.is(error)) throw error
      return Err.MARSHALLING_ERROR
    }
  }

  /** Applies the fault to a reply that was appended to the outbox, from the offset `at` on. */
  #replied(at: number): void {
    this.countSent()
    this.core.statistics.latency.add(Math.max(0, this.core.clock.now() - this.#begunAt))
    if (this.current !== '') this.#logReply(at)
    if (this.replyFault !== null) this.#applyReplyFault(this.replyFault, at)
  }

  #logReply(at: number): void {
    const err = this.#link.outbox.writer.view.getInt32(at + 16)
    this.core.log(this.#number, `${this.current}: ${outcomeText(err)}`)
    this.current = ''
  }

  #applyReplyFault(replyFault: RequestFault, at: number): void {
    const { outbox } = this.#link
    const { writer } = outbox
    this.replyFault = null
    const size = writer.offset - at
    switch (replyFault.type) {
      case 'lose-reply':
        writer.offset = at
        return this.#link.close()
      case 'cut-reply':
        writer.offset = at + Math.ceil(size / 2)
        return this.#link.close()
      case 'garble-reply':
        writer.offset = at
        return outbox.append(replyFault.bytes)
      case 'hold-reply': {
        const reply = Buffer.from(writer.bytes.subarray(at, writer.offset))
        writer.offset = at
        outbox.flush()
        this.core.delivery.held = true
        return outbox.append(reply)
      }
    }
  }
}
