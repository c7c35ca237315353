import { Reader } from '@zookit/jute'
import type { CommittedTransaction } from '@zookit/testing'

/** A change as `CommittedTransaction` has it; that of data with the version that it made. */
export type LoggedChange = CommittedTransaction['changes'][number] & { readonly version?: number }

/** A transaction of a server's log. */
export interface LoggedTransaction extends CommittedTransaction {
  readonly changes: readonly LoggedChange[]
  /** The leader's wall clock, in milliseconds since 1970, when it took the transaction up. */
  readonly time: number
}

/** The numbers by which the log names kinds of transactions. */
const CREATE = 1
const DELETE = 2
const SET_DATA = 5
const SET_ACL = 7
const MULTI = 14
const CREATE2 = 15
const CREATE_CONTAINER = 19
const DELETE_CONTAINER = 20
const CREATE_TTL = 21
const ERROR = -1
const OPEN_SESSION = -10
const CLOSE_SESSION = -11

/** Reads the change that a transaction of one kind has made. @param session the one that asked for it */
function changesOf(kind: number, session: bigint, reader: Reader): LoggedChange[] {
  switch (kind) {
    case CREATE:
    case CREATE2:
    case CREATE_CONTAINER:
    case CREATE_TTL:
      return [created(kind, session, reader)]
    case SET_DATA:
      return [
        { type: 'setData', path: reader.ustring(), data: reader.nullableBuffer(), version: reader.int() },
      ]
    case SET_ACL:
      return [{ type: 'setAcl', path: reader.ustring() }]
    case DELETE:
    case DELETE_CONTAINER:
      return [{ type: 'delete', path: reader.ustring() }]
    case MULTI:
      return partsOf(session, reader)
    case CLOSE_SESSION:
      return endedWith(reader)
    default:
      return []
  }
}

function created(kind: number, session: bigint, reader: Reader): LoggedChange {
  const path = reader.ustring()
  const data = reader.nullableBuffer()
  for (let acls = reader.int(); acls > 0; acls--) {
    reader.int()
    reader.ustring()
    reader.ustring()
  }
  const isEphemeral = (kind === CREATE || kind === CREATE2) && reader.boolean()
  return { type: 'create', path, data, owner: isEphemeral ? session : 0n }
}

/** Returns the changes of a multi. One that was refused is logged too: the part that failed as an error, those before it as if they were made. */
function partsOf(session: bigint, reader: Reader): LoggedChange[] {
  const changes: LoggedChange[] = []
  let isRefused = false
  for (let count = reader.int(); count > 0; count--) {
    const kind = reader.int()
    if (kind === ERROR) isRefused = true
    changes.push(...changesOf(kind, session, new Reader(reader.buffer())))
  }
  return isRefused ? [] : changes
}

/** Returns the deletions of the ephemeral znodes of a session that ends. */
function endedWith(reader: Reader): LoggedChange[] {
  const changes: LoggedChange[] = []
  if (reader.remaining === 0) return changes
  for (let count = reader.int(); count > 0; count--) changes.push({ type: 'delete', path: reader.ustring() })
  return changes
}

/** The place of the zxid in a transaction's bytes: behind the session and the client's number. */
const ZXID = 12

/** Returns the zxid of a transaction of a log, as a number: exact for the first two million leaders. */
export function zxidOf(bytes: Buffer): number {
  return bytes.readInt32BE(ZXID) * 2 ** 32 + bytes.readUInt32BE(ZXID + 4)
}

/** Reads one transaction of a log: its header, and what it changes. */
export function readTransaction(bytes: Buffer): LoggedTransaction {
  const reader = new Reader(bytes)
  const sessionId = reader.long()
  reader.int()
  const zxid = reader.long()
  const time = reader.longNumber()
  const kind = reader.int()
  const type = kind === OPEN_SESSION ? 'openSession' : kind === CLOSE_SESSION ? 'closeSession' : 'write'
  return { zxid, sessionId, type, time, changes: changesOf(kind, sessionId, reader) }
}
