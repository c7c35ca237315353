import type { MultiResult } from '@zookit/jute'
import type { AclList } from '../auth/acl.ts'
import type { NewNode, ZNode } from './tree.ts'

/** One change of the tree, found possible. What a transaction consists of. */
export type Change =
  | CreateChange
  | { readonly type: 'delete'; readonly path: string }
  | {
      readonly type: 'setData'
      readonly path: string
      readonly data: Uint8Array | null
      readonly version: number
    }
  | { readonly type: 'setAcl'; readonly path: string; readonly acl: AclList; readonly version: number }
  | { readonly type: 'check'; readonly path: string }

export interface CreateChange extends NewNode {
  readonly type: 'create'
}

/** What an entry of the log does. A failure does nothing, but takes a zxid all the same. */
export type Effect =
  | Change
  | { readonly type: 'multi'; readonly opcodes: readonly number[]; readonly changes: readonly Change[] }
  | { readonly type: 'failure'; readonly err: number; readonly multi: readonly number[] | null }
  | { readonly type: 'openSession' }
  | { readonly type: 'closeSession'; readonly paths: readonly string[] }

/** The part of a transaction's reply that applying it yields: the changed znode, or the results of a multi. */
export type Applied = ZNode | MultiResult[] | null

/** Who waits for a transaction's reply. */
export interface Requester {
  /** The server that the requester is connected to. */
  readonly core: object
  /** Called at the requester's own server, after the transaction has been applied there. */
  onApplied(transaction: Transaction, applied: Applied): void
}

/** An entry of the replicated log. */
export interface Transaction {
  readonly zxid: number
  /** Milliseconds since 1970. */
  readonly time: number
  readonly sessionId: bigint
  readonly opcode: number
  readonly xid: number
  readonly effect: Effect
  readonly requester: Requester | null
}
