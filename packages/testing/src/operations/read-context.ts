import { type Id, Perm, type Reader, type Writer } from '@zookit/jute'
import { permits } from '../auth/acl.ts'
import type { Database } from '../database/database.ts'
import type { ZNode } from '../database/tree.ts'
import type { Watcher } from '../database/watches.ts'
import { Err } from '../error-codes.ts'
import type { OperationSettings } from './prepare.ts'

/** The context of a read request: the client and the database. */
export interface ReadContext {
  readonly database: Database
  readonly settings: OperationSettings
  readonly ids: readonly Id[]
  readonly watcher: Watcher
  readonly sessionId: bigint
}

/**
 * Answers a request that changes no znode. It decodes the request, appends the body of the reply, and returns OK; or it
 * returns an error number, and the appended bytes are dropped.
 *
 * @throws JuteError for a request that does not decode.
 */
export type ReadHandler = (context: ReadContext, reader: Reader, out: Writer) => number

/** Answers a request whose reply is a header alone. It may send events, which come before the reply. */
export type HeaderOnlyHandler = (context: ReadContext, reader: Reader) => number

/** Returns the znode at a path, or the error number that answers a client that may not read it. */
export function readable(context: ReadContext, path: string): ZNode | number {
  const node = context.database.tree.find(path)
  if (node === undefined) return Err.NO_NODE
  return permits(node.acl, Perm.READ, context.ids) ? node : Err.NO_AUTH
}
