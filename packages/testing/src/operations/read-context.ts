import type { Id, Reader, Writer } from '@zookit/jute'
import type { Database } from '../database/database.ts'
import type { Watcher } from '../database/watches.ts'
import type { PipelineSettings } from './prepare.ts'

/** The context of a read request: the client and the database. */
export interface ReadContext {
  readonly database: Database
  readonly settings: PipelineSettings
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
