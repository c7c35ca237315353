import type { Reader } from './reader.ts'
import type { Writer } from './writer.ts'

/** What a server does with an operation: reads answer locally, writes go through the leader, session ones concern the connection. */
export type OperationKind = 'read' | 'write' | 'session'

/** Which watch a request can leave: `mode` stands for addWatch, whose request says which. */
export type WatchKind = 'data' | 'exist' | 'child' | 'mode'

/**
 * One row of operations.json: everything that code branches on, and the four codecs.
 *
 * @typeParam Request the body of the request; null where it has none.
 * @typeParam Result what a client gets: the body of the reply, or null where `noneOn` says that an error is an answer.
 * @typeParam Response the body of the reply on the wire.
 */
export interface Operation<Request, Result, Response = Result> {
  /** As ZooKeeper spells it. */
  readonly name: string
  /** The opcode. */
  readonly code: number
  /** What a server does with it. */
  readonly kind: OperationKind
  /** The watch that its request can leave; null for none. */
  readonly watch: WatchKind | null
  /** The error number that is an answer (null) and no failure; 0 for none. */
  readonly noneOn: number
  /** The xid reserved for it; 0 where requests are numbered. */
  readonly xid: number
  /** The first server release that knows it. */
  readonly since: string
  /** The fields of the request that are paths: where a chroot is put before. */
  readonly requestPaths: readonly string[]
  /** The fields of the response that are paths: where a chroot is taken off. */
  readonly responsePaths: readonly string[]
  /** Writes the body of a request, behind its header. */
  readonly writeRequest: (writer: Writer, body: Request) => void
  /** Reads the body of a request. */
  readonly readRequest: (reader: Reader) => Request
  /** Writes the body of a reply, behind its header. */
  readonly writeResponse: (writer: Writer, body: Response) => void
  /** Reads the body of a reply. */
  readonly readResponse: (reader: Reader) => Response
}

/** The codec of a body that has no bytes. */
export function readNothing(): null {
  return null
}

/** The codec of a body that has no bytes. */
export function writeNothing(): void {}
