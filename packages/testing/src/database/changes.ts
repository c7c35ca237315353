import type { MultiResult } from '@zookit/jute'
import type { AclList } from '../auth/acl.ts'
import type { NewNode, ZNode } from './tree.ts'

/** One change of the tree that has passed all checks. A transaction consists of them. */
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

/** The creation of a znode. */
export interface CreateChange extends NewNode {
  readonly type: 'create'
}

/** The effect of a transaction. A failure changes nothing, but it takes a zxid as in Apache's server. */
export type Effect =
  | Change
  | { readonly type: 'multi'; readonly opcodes: readonly number[]; readonly changes: readonly Change[] }
  | { readonly type: 'failure'; readonly err: number; readonly multi: readonly number[] | null }
  | { readonly type: 'openSession' }
  | { readonly type: 'closeSession'; readonly paths: readonly string[] }

/** The part of a transaction's reply that applying it yields: the changed znode, or the results of a multi. */
export type Applied = ZNode | MultiResult[] | null

/** The connection that waits for a transaction's reply. */
export interface Requester {
  /** The server of the connection. */
  readonly core: object
  /** The requester's own server has applied the transaction. */
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
