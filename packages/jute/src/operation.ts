import type { Reader } from './reader.ts'
import type { Writer } from './writer.ts'

/** The part of a server that an operation concerns: `read` is answered locally, `write` goes through the leader, `session` concerns the connection. */
export type OperationKind = 'read' | 'write' | 'session'

/** The watch that a request can leave. `mode` stands for addWatch, whose request names the watch. */
export type WatchKind = 'data' | 'exist' | 'child' | 'mode'

/**
 * One row of operations.json: everything that code branches on, and the codecs.
 *
 * The codecs are declared as methods, so that an operation of any types is an `AnyOperation` without a cast.
 *
 * @typeParam Request the body of the request; null where it has none.
 * @typeParam Result the outcome of a request: the body of the reply, or null where `noneOn` makes an error an answer.
 * @typeParam Response the body of the reply on the wire.
 */
export interface Operation<Request, Result, Response = Result> {
  /** The name as ZooKeeper spells it. */
  readonly name: string
  /** The opcode. */
  readonly code: number
  /** The part of a server that it concerns. */
  readonly kind: OperationKind
  /** The watch that its request can leave; null for none. */
  readonly watch: WatchKind | null
  /** The error number that is an answer (null) and no failure; 0 for none. */
  readonly noneOn: number
  /** The xid reserved for it; 0 where requests are numbered. */
  readonly xid: number
  /** The first server release that knows it. */
  readonly since: string
  /** The fields of the request that are paths: a client puts its chroot before them. */
  readonly requestPaths: readonly string[]
  /** The fields of the response that are paths: a client takes its chroot off them. */
  readonly responsePaths: readonly string[]
  /** Writes the body of a request, behind its header. */
  writeRequest(writer: Writer, body: Request): void
  /** Reads the body of a request. */
  readRequest(reader: Reader): Request
  /** Writes the body of a reply, behind its header. */
  writeResponse(writer: Writer, body: Response): void
  /** Reads the body of a reply. */
  readResponse(reader: Reader): Response
}

/** An operation whose bodies are known at run time only. */
export type AnyOperation = Operation<unknown, unknown>

/** Reads a body that has no bytes. */
export function readNothing(): null {
  return null
}

/** Writes a body that has no bytes. */
export function writeNothing(): void {}
