import { KeeperState, setLongNumberAt, type Writer, writeMultiResponse, Xid } from '@zookit/jute'
import type { Applied, Transaction } from '../database/changes.ts'
import { writeStatOf, type ZNode } from '../database/tree.ts'
import { Err } from '../error-codes.ts'
import { Opcode } from '../opcodes.ts'

const HEADER = 20

/** Begins a reply's frame. @returns its offset, for `endReply`. */
export function beginReply(out: Writer, xid: number, zxid: number): number {
  const at = out.take(HEADER)
  const view = out.view
  view.setInt32(at + 4, xid)
  setLongNumberAt(view, at + 8, zxid)
  return at
}

/** Ends a reply's frame. A reply with an error has no body: the appended bytes are dropped. */
export function endReply(out: Writer, at: number, err: number): void {
  if (err !== Err.OK) out.offset = at + HEADER
  out.view.setInt32(at + 16, err)
  out.view.setInt32(at, out.offset - at - 4)
}

/** Ends a reply's frame with an error and a body, which only a failed SASL step has. */
export function endReplyWithBody(out: Writer, at: number, err: number): void {
  endReply(out, at, Err.OK)
  out.view.setInt32(at + 16, err)
}

/** Appends the frame of a watch event. */
export function writeEvent(out: Writer, type: number, path: string, zxid: number): void {
  const at = beginReply(out, Xid.notification, zxid)
  out.int(type)
  out.int(KeeperState.syncConnected)
  out.ustring(path)
  endReply(out, at, Err.OK)
}

function isNode(applied: Applied): applied is ZNode {
  return applied !== null && !Array.isArray(applied)
}

function writeBody(out: Writer, { opcode, effect }: Transaction, applied: Applied): void {
  if (opcode === Opcode.reconfig && isNode(applied)) out.nullableBuffer(applied.data)
  if (effect.type === 'create') out.ustring(effect.path)
  if (Array.isArray(applied)) writeMultiResponse(out, { results: applied })
  if (isNode(applied) && opcode !== Opcode.create) writeStatOf(out, applied)
}

/** Appends the reply to an applied write. */
export function writeApplied(out: Writer, transaction: Transaction, applied: Applied): void {
  const { effect, xid, zxid } = transaction
  const at = beginReply(out, xid, zxid)
  writeBody(out, transaction, applied)
  endReply(out, at, effect.type === 'failure' ? effect.err : Err.OK)
}
