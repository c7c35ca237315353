import { ZooKeeperError } from '@zookit/connection'
import {
  ErrorNumber,
  OpCode,
  op,
  type Reader,
  readSameResults,
  type Writer,
  writeSameReads,
} from '@zookit/jute'
import type { RequestOptions } from '../arguments.ts'
import { checkCount, type ReadOperation, type ReadResults } from '../multi.ts'
import type { Shaped } from '../operations.ts'
import type { Requests } from '../requests.ts'

/** The results of a multiRead whose reads are of one type: null for a znode that does not exist. */
type Together<Type extends ReadOperation['type']> = Exclude<ReadResults[Type], ZooKeeperError>

/** The number of znodes from which on it is worth a question whether the server can read several with one request. */
export const MANY = 32

/** Tells whether a server of a release has multiRead. An older one would close the connection over it. */
export function hasMultiRead(release: string | null | undefined): boolean {
  const [major = 0, minor = 0] = (release ?? '').split('.').map(Number)
  return major > 3 || (major === 3 && minor >= 6)
}

/** Tells whether the error of a multiRead may be that of the whole alone: each znode by itself may be read. */
export function isOfBatch({ code, path }: ZooKeeperError): boolean {
  return path === undefined && ['RESPONSE_TOO_LARGE', 'UNIMPLEMENTED', 'BAD_ARGUMENTS'].includes(code)
}

/** The operation that reads one znode. */
interface Single<Result> {
  /** The name of the method that errors name. */
  readonly name: string
  /** Its opcode. */
  readonly code: number
  readResponse(reader: Reader): Result
}

/**
 * Shapes a multiRead whose reads are of one type. Its record is the list of the server's paths, and its result has for each path
 * what the single operation reads, or the number of its error.
 */
export function together<Result>(
  { operations }: Pick<Requests, 'operations'>,
  { name, code, readResponse }: Single<Result>,
): Shaped<(Result | number)[]> {
  return {
    ...operations.multiRead,
    name,
    writeRequest: (writer: Writer, paths: readonly string[]) => writeSameReads(writer, code, paths),
    readResponse: (reader: Reader) => readSameResults(reader, code, readResponse),
  } as unknown as Shaped<(Result | number)[]>
}

/**
 * Returns the result of one of the reads, or null if the znode does not exist.
 *
 * @param path the znode, as errors name it.
 * @throws ZooKeeperError: the read has failed.
 */
export function takeOne<Result>(
  { chroot }: Pick<Requests, 'chroot'>,
  operation: string,
  path: string,
  result: Result | number,
): Result | null {
  if (typeof result !== 'number') return result
  if (result === ErrorNumber.NO_NODE) return null
  throw ZooKeeperError.fromNumber(result, { operation, path, chroot: chroot.path })
}

const READERS = {
  getData: { code: OpCode.getData, readResponse: op.getData.readResponse },
  getChildren: { code: OpCode.getChildren, readResponse: op.getChildren.readResponse },
}

/**
 * Sends a `multiRead` of one type. The first failure but NO_NODE is that of all.
 *
 * @param paths valid paths, in a list that nobody changes.
 * @param options options that passed their checks.
 * @param settings.name the method that errors name. Default: the operations as they are called by themselves.
 * @param settings.onlyHere true refuses it with CONNECTION_LOSS if it waits when the connection is lost: see Operation.
 * @returns for each path its result, or null if the znode does not exist.
 */
export function readTogether<Type extends ReadOperation['type']>(
  requests: Requests,
  type: Type,
  paths: readonly string[],
  options: RequestOptions | undefined,
  { name, onlyHere = false }: { name?: string; onlyHere?: boolean },
): Promise<(Together<Type> | null)[]> {
  const whole = name ?? 'multiRead'
  const single = { ...READERS[type], name: whole } as Single<Together<Type>>
  const { readResponse, ...operation } = together(requests, single)
  const decode = (reader: Reader): (Together<Type> | null)[] => {
    const results = readResponse(reader)
    checkCount(whole, paths.length, results)
    return results.map((result, index) => takeOne(requests, name ?? type, paths[index]!, result))
  }
  return requests.send(
    { ...operation, onlyHere, readResponse: decode } as Shaped<(Together<Type> | null)[]>,
    requests.chroot.addAll(paths),
    undefined,
    options,
  )
}
