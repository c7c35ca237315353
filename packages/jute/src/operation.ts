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
 * @typeParam Answer the part of the response that callers of a client want, such as the stat of a setData.
 */
export interface Operation<Request, Result, Response = Result, Answer = unknown> {
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
  /** The fields of the response that are paths: a client takes its chroot off them. */
  readonly responsePaths: readonly string[]
  /** The field of the response that is the answer; `*` where the whole response is, null where nothing is. */
  readonly answer: string | null
  /** The chroot of the client that asks, which its errors name; absent in the table, and empty where there is none. */
  readonly chroot?: string
  /** True where the next server may not have it, so that a request which waits when the connection is lost is refused; absent in the table. */
  readonly onlyHere?: boolean
  /** Writes the body of a request, behind its header. */
  writeRequest(writer: Writer, body: Request): void
  /** Reads the body of a request. */
  readRequest(reader: Reader): Request
  /** Writes the body of a reply, behind its header. */
  writeResponse(writer: Writer, body: Response): void
  /** Reads the body of a reply. */
  readResponse(reader: Reader): Response
  /** Reads the body of a reply and returns the answer alone: less is allocated than by way of the response. */
  readAnswer(reader: Reader): Answer
}

/** An operation whose bodies are known at run time only. */
export type AnyOperation = Operation<unknown, unknown>

/** Reads a body that has no bytes. */
export function readNothing(): null {
  return null
}

/** Reads the answer of an operation whose reply has no body. */
export function readVoid(): undefined {}

/** Writes a body that has no bytes. */
export function writeNothing(): void {}
