import type { Id, Reader, Writer } from '@zookit/jute'
import type { Database } from '../database/database.ts'
import type { Watcher } from '../database/watches.ts'
import type { PipelineSettings } from './prepare.ts'

/** Who reads, and what there is to read: a connection. */
export interface ReadContext {
  readonly database: Database
  readonly settings: PipelineSettings
  readonly ids: readonly Id[]
  readonly watcher: Watcher
  readonly sessionId: bigint
}

/**
 * Answers a request that changes no znode: decodes it, appends the reply's body, and returns OK; or an error,
 * and then what was appended does not count. May throw a JuteError for a request that does not decode.
 */
export type ReadHandler = (context: ReadContext, reader: Reader, out: Writer) => number

/** Answers a request whose reply has no body. It may send events, which then come before the reply. */
export type NoticeHandler = (context: ReadContext, reader: Reader) => number
