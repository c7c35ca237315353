import type { Change, Transaction } from '../database/changes.ts'

/** One change of the tree. Paths are the server's; data is not copied and must not be changed. */
export type CommittedChange =
  | {
      readonly type: 'create'
      readonly path: string
      readonly data: Uint8Array | null
      /** The session that an ephemeral belongs to; 0n for any other znode. */
      readonly owner: bigint
    }
  | { readonly type: 'setData'; readonly path: string; readonly data: Uint8Array | null }
  | { readonly type: 'setAcl'; readonly path: string }
  | { readonly type: 'delete'; readonly path: string }

/** A transaction that the leader has ordered. Every server will apply it. */
export interface CommittedTransaction {
  readonly zxid: bigint
  /** The session that asked for it, or that began or ended with it; 0n for the server itself. */
  readonly sessionId: bigint
  readonly type: 'write' | 'openSession' | 'closeSession'
  /** The changes, in their order: several for a multi, the deleted ephemerals for `closeSession`. */
  readonly changes: readonly CommittedChange[]
}

/** Called with a transaction when it is committed. */
export type OnCommit = (transaction: CommittedTransaction) => void

/** Describes a transaction for those who watch the log. */
export function committed({ zxid, sessionId, effect }: Transaction): CommittedTransaction {
  const type = effect.type === 'openSession' || effect.type === 'closeSession' ? effect.type : 'write'
  return { zxid: BigInt(zxid), sessionId, type, changes: changesOf(effect) }
}

function changesOf(effect: Transaction['effect']): CommittedChange[] {
  switch (effect.type) {
    case 'openSession':
    case 'failure':
      return []
    case 'closeSession':
      return effect.paths.map(path => ({ type: 'delete', path }))
    case 'multi':
      return effect.changes.flatMap(changeOf)
    default:
      return changeOf(effect)
  }
}

function changeOf(change: Change): CommittedChange[] {
  switch (change.type) {
    case 'create':
      return [{ type: 'create', path: change.path, data: change.data, owner: change.owner }]
    case 'setData':
      return [{ type: 'setData', path: change.path, data: change.data }]
    case 'setAcl':
    case 'delete':
      return [{ type: change.type, path: change.path }]
    case 'check':
      return []
  }
}
