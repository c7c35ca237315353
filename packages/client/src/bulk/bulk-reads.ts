import { ErrorNumber, type Operation, op, type Reader, type Stat } from '@zookit/jute'
import { REQUEST_CHECKS, type RequestOptions } from '../arguments.ts'
import { checkOptions, describe, flag, type OptionTable, optionTable, whole } from '../checks.ts'
import { InvalidArgument } from '../invalid-argument.ts'
import type { Children, NodeData, Shaped } from '../operations.ts'
import { validatePath } from '../path.ts'
import type { Requests } from '../requests.ts'
import { BulkRead, type BulkSettings } from './bulk-read.ts'
import { readTogether } from './read-together.ts'

/** The options of many reads. `signal` and `timeout` limit all of them together, and `retry` counts lost connections. */
export interface BulkOptions extends RequestOptions {
  /** The number of reads of this call that are in flight. Default 1024. */
  concurrency?: number | undefined
}

/** The options that choose the parts of a znode that are read. */
export interface Parts {
  /** False leaves the data out. Default true. */
  data?: boolean | undefined
  /** False leaves the Stat out. Default true. */
  stat?: boolean | undefined
}

/** The options of `getChildrenData` and `eachMany`. */
export interface ManyOptions extends BulkOptions, Parts {}

/** The options of `getMany`. */
export interface GetManyOptions extends ManyOptions {
  /** True reads all znodes at one point in the server's history, with one multiRead. Needs server 3.6. Default false. */
  snapshot?: boolean | undefined
}

type Part<Options, Name extends keyof Parts, Fields> = Options extends { [N in Name]: infer Flag }
  ? [Flag] extends [false]
    ? unknown
    : false extends Flag
      ? Partial<Fields>
      : Fields
  : Fields

/** A znode that a bulk read has found: `data` and `stat`, without the parts that the options leave out. */
export type Found<Options extends Parts> = Part<Options, 'data', { data: Buffer | null }> &
  Part<Options, 'stat', { stat: Stat }>

/** The default number of reads of one call that are in flight. */
export const BULK_CONCURRENCY = 1024

const BULK_CHECKS = { ...REQUEST_CHECKS, concurrency: whole(1) }
const PART_CHECKS = { data: flag, stat: flag }

/** The options of `existsMany`. */
export const BULK_OPTIONS: OptionTable = optionTable('{ timeout: 5000 }', BULK_CHECKS)
/** The options of `getChildrenData` and `eachMany`. */
export const MANY_OPTIONS: OptionTable = optionTable('{ stat: false }', { ...BULK_CHECKS, ...PART_CHECKS })
/** The options of `getMany`. */
export const GET_MANY_OPTIONS: OptionTable = optionTable('{ stat: false }', {
  ...BULK_CHECKS,
  ...PART_CHECKS,
  snapshot: flag,
})

/** The size of a Stat in bytes, which ends the reply of a getData. */
const STAT_SIZE = 68

type Row = Operation<unknown, unknown>

/** Shapes a read whose missing znode is an answer, and no failure. */
function reading<Result>(row: unknown, readResponse: (reader: Reader) => Result): Shaped<Result | null> {
  return { ...(row as Row), noneOn: ErrorNumber.NO_NODE, readResponse } as Shaped<Result | null>
}

/** The read of a znode with its data. */
export const WHOLE_READ: Shaped<{ data: Buffer | null; stat: Stat } | null> = reading(
  op.getData,
  op.getData.readResponse,
)

const READS = {
  both: WHOLE_READ,
  data: reading(op.getData, reader => {
    const data = reader.nullableBuffer()
    reader.take(STAT_SIZE)
    return { data }
  }),
  stat: reading(op.exists, op.exists.readResponse),
}

/** The read of a znode's Stat alone. */
export const STAT_READ: Shaped<Stat | null> = reading(op.exists, op.exists.readAnswer)

/** Checks the options of a bulk read. @throws InvalidArgument. */
export function checkParts(options: Parts | undefined, table: OptionTable): void {
  if (options === undefined) return
  checkOptions(options, table)
  if (options.data === false && options.stat === false) {
    throw new InvalidArgument(
      'the options data and stat are both false: existsMany tells whether znodes exist',
    )
  }
}

/**
 * Copies and checks a list of paths.
 *
 * @param before the number of paths before these, if they are a part of more.
 * @throws InvalidArgument, which names the path that is not valid.
 */
export function checkPaths(paths: readonly string[], before?: number): string[] {
  if (!Array.isArray(paths)) throw new InvalidArgument(`the paths must be a list, not ${describe(paths)}`)
  const copy: string[] = [...paths]
  let index = 0
  try {
    for (; index < copy.length; index++) validatePath(copy[index]!)
  } catch (error) {
    if (!InvalidArgument.is(error)) throw error
    const place = before === undefined ? `${index + 1} of ${copy.length}` : `${before + index + 1}`
    throw atPath(error, copy[index], place)
  }
  return copy
}

function atPath({ reason }: InvalidArgument, path: unknown, place: string): InvalidArgument {
  const subject = typeof path === 'string' ? path : undefined
  return new InvalidArgument(`path ${place}: ${reason}`, undefined, subject)
}

/** Reads znodes. @param name the method that errors name. */
export function readParts<Options extends Parts & BulkOptions>(
  requests: Requests,
  name: string,
  paths: readonly string[],
  options: Options | undefined,
): Promise<(Found<Options> | null)[]> {
  const read = options?.data === false ? READS.stat : options?.stat === false ? READS.data : READS.both
  const operation = { ...read, name } as Shaped<Found<Options> | null>
  // A multiRead has no exists.
  const lengthOf = read === READS.stat ? undefined : lengthOfData
  return readAll(requests, operation, paths, { ...options, lengthOf } as BulkOptions)
}

function lengthOfData(znode: Partial<NodeData> | null): number {
  return znode?.data?.length ?? 0
}

/** Reads each path. @param options.lengthOf see BulkSettings. */
export function readAll<Result>(
  requests: Requests,
  operation: Shaped<Result>,
  paths: readonly string[],
  options: BulkOptions & Pick<BulkSettings<Result>, 'lengthOf' | 'onRepeat'> = {},
): Promise<Result[]> {
  const { concurrency = BULK_CONCURRENCY, retry: retries = requests.retryReads, lengthOf, onRepeat } = options
  const settings = { concurrency, retries, lengthOf, onRepeat }
  return new BulkRead(requests, operation, paths, settings).run(requests.limits(options))
}

/** The result of getChildrenData. */
export interface ChildrenData<Options extends ManyOptions> {
  /** The children by name, without those that were deleted between the two steps. */
  children: Map<string, Found<Options>>
  /** The Stat of the znode itself. */
  stat: Stat
}

const LISTING = { ...op.getChildren2, name: 'getChildrenData' } as unknown as Shaped<Children>

/** Lists a znode's children and reads each of them. */
export async function childrenData<Options extends ManyOptions>(
  requests: Requests,
  path: string,
  options: Options | undefined,
): Promise<ChildrenData<Options>> {
  const { signal, timeout, retry } = options ?? {}
  const due = timeout === undefined ? undefined : requests.now() + timeout
  const { children: names, stat } = await requests.read(LISTING, path, { signal, timeout, retry })
  const left = due === undefined ? undefined : Math.max(due - requests.now(), 1)
  const prefix = path === '/' ? '/' : `${path}/`
  const paths = names.map(name => prefix + name)
  const found = await readParts<Options>(requests, 'getChildrenData', paths, {
    ...options,
    timeout: left,
  } as Options)
  const children = new Map<string, Found<Options>>()
  found.forEach((znode, index) => {
    if (znode !== null) children.set(names[index]!, znode)
  })
  return { children, stat }
}

/** Reads znodes with one multiRead. */
export async function readSnapshot<Options extends Parts>(
  requests: Requests,
  paths: readonly string[],
  { concurrency: _, data = true, stat = true, snapshot: __, ...options }: GetManyOptions,
): Promise<(Found<Options> | null)[]> {
  const results = await readTogether(requests, 'getData', paths, options, { name: 'getMany' })
  return results.map(result => {
    if (result === null) return null
    return (data && stat
      ? result
      : data
        ? { data: result.data }
        : { stat: result.stat }) as unknown as Found<Options>
  })
}
