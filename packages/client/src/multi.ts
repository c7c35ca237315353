import { type ErrorCode, type Outcome, ZooKeeperError } from '@zookit/connection'
import {
  ErrorNumber,
  type MultiResponse,
  type MultiResult,
  OpCode,
  ServerOpCode,
  type SetDataRequest,
  type Stat,
  type MultiOperation as WireOperation,
  type MultiReadOperation as WireReadOperation,
} from '@zookit/jute'
import { type Data, REQUEST_OPTIONS, type RequestOptions, toBytes, version } from './arguments.ts'
import { checkedLater, checkOptions, describe, fields, fieldTable, type OptionTable } from './checks.ts'
import { createBody, modeOf, NODE_CHECKS, type NodeOptions } from './create.ts'
import { isContainer } from './create-mode.ts'
import { InvalidArgument, refused } from './invalid-argument.ts'
import { mapped, type NodeData } from './operations.ts'
import { type Chroot, validatePath } from './path.ts'
import type { Requests } from './requests.ts'

/** One operation of a `multi`. The version -1 accepts any; it is the default where `version` is optional. */
export type WriteOperation =
  | ({ type: 'create' | 'createWithStat'; path: string; data?: Data | undefined } & NodeOptions)
  | { type: 'setData'; path: string; data: Data; version?: number | undefined }
  | { type: 'delete'; path: string; version?: number | undefined }
  /** Fails the whole `multi` unless the znode has this version. Changes nothing itself. */
  | { type: 'check'; path: string; version: number }

/**
 * The result of createWithStat in a `multi`. `stat` is null on servers before 3.7.2, 3.8.2 and 3.9.0, which treat it
 * as a plain create. Containers and TTL znodes always have their Stat.
 */
export interface CreatedTogether {
  path: string
  stat: Stat | null
}

/** The result of each operation of a `multi`. */
export interface WriteResults {
  create: string
  createWithStat: CreatedTogether
  setData: Stat
  delete: undefined
  check: undefined
}

/** The results of a `multi`, one for each operation, in order. */
export type MultiResults<Operations extends readonly WriteOperation[]> = {
  -readonly [Index in keyof Operations]: WriteResults[Operations[Index]['type']]
}

/** One operation of a `multiRead`. */
export type ReadOperation = { type: 'getData' | 'getChildren'; path: string }

/** The result of each operation of a `multiRead`. A failure is a result too. */
export interface ReadResults {
  getData: NodeData | ZooKeeperError
  getChildren: { children: string[] } | ZooKeeperError
}

/** The results of a `multiRead`, one for each operation, in order. */
export type MultiReadResults<Operations extends readonly ReadOperation[]> = {
  -readonly [Index in keyof Operations]: ReadResults[Operations[Index]['type']]
}

/** The failure of a `multi` or transaction. One operation failed, none was applied; `path` is that operation's. */
export class MultiError extends ZooKeeperError {
  /** The index of the operation that failed, from 0. */
  readonly index: number
  /** The type of the operation that failed. */
  readonly type: WriteOperation['type']
  /**
   * A code for each operation: null for those before the one that failed, which would have succeeded, and
   * RUNTIME_INCONSISTENCY for those after it, which the server did not try.
   */
  readonly results: readonly (ErrorCode | null)[]

  constructor(operations: readonly WriteOperation[], errnos: readonly number[], chroot = '') {
    const index = culpritOf(errnos)
    const { type, path } = operations[index]!
    const errno = errnos[index]!
    const reason = ZooKeeperError.fromNumber(errno, { operation: type, path, chroot }).explanation
    const message = `operation ${index + 1} of ${operations.length} (${type}) failed, none was applied: ${reason}`
    super(codeOf(errno), { message, errno, operation: 'multi', path, outcome: 'rejected' as Outcome })
    this.index = index
    this.type = type
    this.results = errnos.map(number => (number === 0 ? null : codeOf(number)))
  }

  /** Returns whether a value is a MultiError, also one of another copy of this package. */
  static override is(value: unknown): value is MultiError {
    return ZooKeeperError.is(value) && 'index' in value && 'results' in value
  }
}

function codeOf(errno: number): ErrorCode {
  return ZooKeeperError.fromNumber(errno).code
}

function culpritOf(errnos: readonly number[]): number {
  const index = errnos.findIndex(errno => errno !== 0 && errno !== ErrorNumber.RUNTIME_INCONSISTENCY)
  return index >= 0 ? index : errnos.findIndex(errno => errno !== 0)
}

/**
 * Sends a `multi`.
 *
 * @throws MultiError: one write failed; else see `ZooKeeper.multi`. Rejects, never throws.
 */
export function sendWrites<Writes extends readonly WriteOperation[]>(
  requests: Requests,
  writes: Writes,
  options: RequestOptions | undefined,
): Promise<MultiResults<Writes>> {
  try {
    const { chroot } = requests
    if (options !== undefined) checkOptions(options, REQUEST_OPTIONS)
    const asked = copyOf(writes)
    const body = { operations: encodeAll(asked, write => encodeWrite(chroot, write)) }
    const operation = mapped(requests.operations.multi, reply => decodeWrites(chroot, asked, reply))
    return requests.send(operation, body, undefined, options)
  } catch (error) {
    return refused(error, 'multi')
  }
}

/** Sends a `multiRead`. Rejects, never throws. */
export function sendReads<Reads extends readonly ReadOperation[]>(
  requests: Requests,
  reads: Reads,
  options: RequestOptions | undefined,
): Promise<MultiReadResults<Reads>> {
  try {
    const { chroot } = requests
    if (options !== undefined) checkOptions(options, REQUEST_OPTIONS)
    const asked = copyOf(reads)
    const body = { operations: encodeAll(asked, read => encodeRead(chroot, read)) }
    const operation = mapped(requests.operations.multiRead, reply => decodeReads(chroot, asked, reply))
    return requests.send(operation, body, undefined, options)
  } catch (error) {
    return refused(error, 'multiRead')
  }
}

/** Copies the list: the caller may change its own before the reply arrives. @throws InvalidArgument. */
function copyOf<Operations extends readonly unknown[]>(operations: Operations): Operations {
  if (Array.isArray(operations)) return [...operations] as unknown as Operations
  throw new InvalidArgument(`the operations must be a list, not ${describe(operations)}`)
}

const TARGET = { type: checkedLater, path: checkedLater }
const CREATE: OptionTable = fieldTable("{ type: 'create', path }", {
  ...TARGET,
  data: checkedLater,
  ...NODE_CHECKS,
})

/** The fields of each operation of a `multi`. */
const WRITES: Readonly<Record<WriteOperation['type'], OptionTable>> = {
  create: CREATE,
  createWithStat: CREATE,
  setData: fieldTable("{ type: 'setData', path, data }", { ...TARGET, data: checkedLater, version }),
  delete: fieldTable("{ type: 'delete', path }", { ...TARGET, version }),
  check: fieldTable("{ type: 'check', path, version }", { ...TARGET, version }),
}

const READ: OptionTable = fieldTable("{ type: 'getData', path }", TARGET)

/** Encodes operations one by one. @throws InvalidArgument, which says which of them is not valid, and has its path. */
function encodeAll<Operation extends { path: string }, Encoded>(
  operations: readonly Operation[],
  encode: (operation: Operation) => Encoded,
): Encoded[] {
  return operations.map((operation, index) => {
    try {
      return encode(operation)
    } catch (error) {
      throw InvalidArgument.is(error) ? atIndex(error, operation, index, operations.length) : error
    }
  })
}

function atIndex(
  { reason, path }: InvalidArgument,
  operation: unknown,
  index: number,
  count: number,
): InvalidArgument {
  const { type, path: own } = fields(operation)
  const name = typeof type === 'string' ? ` (${type})` : ''
  const subject = typeof own === 'string' ? own : path
  return new InvalidArgument(`operation ${index + 1} of ${count}${name}: ${reason}`, undefined, subject)
}

function encodeWrite(chroot: Chroot, operation: WriteOperation): WireOperation {
  const { type } = fields(operation)
  if (typeof type !== 'string' || !Object.hasOwn(WRITES, type))
    throw new InvalidArgument(`a multi has no operation ${describe(type)}`)
  checkOptions(operation, WRITES[operation.type])
  switch (operation.type) {
    case 'create':
    case 'createWithStat':
      return encodeCreate(chroot, operation)
    case 'setData':
      return { type: OpCode.setData, request: encodeSetData(chroot, operation) }
    case 'delete':
      return { type: OpCode.delete, request: encodeTarget(chroot, operation) }
    case 'check':
      // Without a version the operation would only check that the znode exists.
      if (operation.version === undefined)
        throw new InvalidArgument('the field version is required; -1 accepts any')
      return { type: OpCode.check, request: encodeTarget(chroot, operation) }
  }
}

function encodeTarget(
  chroot: Chroot,
  { path, version }: { path: string; version?: number | undefined },
): { path: string; version: number } {
  validatePath(path)
  return { path: chroot.add(path), version: version ?? -1 }
}

/**
 * Makes the record of a setData. Spreading the result of `encodeTarget` instead costs 0.5 us more, here and where the
 * record is written: objects that are spread and extended do not share one shape (`pnpm bench --load multi`).
 */
function encodeSetData(
  chroot: Chroot,
  { path, data, version }: Extract<WriteOperation, { type: 'setData' }>,
): SetDataRequest {
  validatePath(path)
  return { path: chroot.add(path), data: toBytes(data), version: version ?? -1 }
}

function encodeCreate(
  chroot: Chroot,
  operation: Extract<WriteOperation, { type: 'create' | 'createWithStat' }>,
): WireOperation {
  const mode = modeOf(operation)
  const request = createBody(chroot, operation.path, operation.data ?? null, operation)
  if ('ttl' in request) return { type: OpCode.createTTL, request }
  if (isContainer(mode)) return { type: OpCode.createContainer, request }
  return { type: operation.type === 'create' ? OpCode.create : OpCode.create2, request }
}

/** Turns the reply into the results. @throws MultiError if one operation failed. */
function decodeWrites<Operations extends readonly WriteOperation[]>(
  chroot: Chroot,
  operations: Operations,
  { results }: MultiResponse,
): MultiResults<Operations> {
  checkCount('multi', operations.length, results)
  if (results.some(isFailure)) {
    throw new MultiError(
      operations,
      results.map(result => (isFailure(result) ? result.err : 0)),
      chroot.path,
    )
  }
  return results.map((result, index) =>
    toWritten(chroot, operations[index]!, result),
  ) as MultiResults<Operations>
}

function toWritten(chroot: Chroot, { type }: WriteOperation, result: MultiResult): WriteResults[typeof type] {
  if (type === 'create' && (result.type === OpCode.create || result.type === OpCode.create2))
    return chroot.strip(result.response.path)
  if (type === 'createWithStat' && (result.type === OpCode.create || result.type === OpCode.create2)) {
    return {
      path: chroot.strip(result.response.path),
      stat: result.type === OpCode.create2 ? result.response.stat : null,
    }
  }
  if (type === 'setData' && result.type === OpCode.setData) return result.response.stat
  if (
    (type === 'delete' && result.type === OpCode.delete) ||
    (type === 'check' && result.type === OpCode.check)
  )
    return undefined
  throw nonsense('multi', `${type} was answered with a result of type ${result.type}`)
}

function encodeRead(chroot: Chroot, operation: ReadOperation): WireReadOperation {
  checkOptions(operation, READ)
  const { type, path } = operation
  if (type !== 'getData' && type !== 'getChildren') {
    throw new InvalidArgument(`a multiRead has no operation ${describe(type)}`)
  }
  validatePath(path)
  return wireRead(chroot, type, path)
}

function wireRead(chroot: Chroot, type: ReadOperation['type'], path: string): WireReadOperation {
  const request = { path: chroot.add(path), watch: false }
  return { type: type === 'getData' ? OpCode.getData : OpCode.getChildren, request }
}

/** Turns the reply into the results. */
function decodeReads<Operations extends readonly ReadOperation[]>(
  chroot: Chroot,
  operations: Operations,
  { results }: MultiResponse,
): MultiReadResults<Operations> {
  checkCount('multiRead', operations.length, results)
  return results.map((result, index) => {
    const { type, path } = operations[index]!
    return toRead(chroot, type, path, result)
  }) as MultiReadResults<Operations>
}

function toRead(
  chroot: Chroot,
  type: ReadOperation['type'],
  path: string,
  result: MultiResult,
): ReadResults[typeof type] {
  if (isFailure(result))
    return ZooKeeperError.fromNumber(result.err, { operation: type, path, chroot: chroot.path })
  if (type === 'getData' && result.type === OpCode.getData) return result.response
  if (type === 'getChildren' && result.type === OpCode.getChildren) return result.response
  throw nonsense('multiRead', `${type} was answered with a result of type ${result.type}`)
}

function isFailure(result: MultiResult): result is Extract<MultiResult, { type: typeof ServerOpCode.error }> {
  return result.type === ServerOpCode.error
}

/** Checks that every operation has a result. @throws ZooKeeperError MARSHALLING_ERROR. */
export function checkCount(operation: string, count: number, results: readonly unknown[]): void {
  if (count !== results.length)
    throw nonsense(operation, `${count} operations were answered with ${results.length} results`)
}

function nonsense(operation: string, message: string): ZooKeeperError {
  return new ZooKeeperError('MARSHALLING_ERROR', { message, operation, outcome: 'unknown' })
}
