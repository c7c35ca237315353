import { ZooKeeperError } from '@zookit/connection'
import { ErrorNumber, op, type Stat } from '@zookit/jute'
import type { RequestOptions } from './arguments.ts'
import { BULK_CONCURRENCY, readAll, WHOLE_READ } from './bulk/bulk-reads.ts'
import { type Batch, listingBatches, ReadBatches, SHORT } from './bulk/read-batches.ts'
import { type ReadOperation, type ReadResults, readTogether } from './multi.ts'
import type { Children, NodeData, Shaped } from './operations.ts'
import { parentOf } from './path.ts'
import type { Requests } from './requests.ts'
import type { ZnodeOperations } from './znode-operations.ts'

/** The parts of a znode that an operation on a whole tree reads. */
export interface TreeRead {
  /** The names of its children, in no order. */
  readonly children: string[]
  readonly stat: Stat
  /** Undefined if the data are not read. */
  readonly data?: Buffer | null
}

/** The options of the reads of one tree. `signal` and `timeout` limit each request. */
interface TreeReadOptions extends Pick<RequestOptions, 'signal' | 'timeout'> {
  /** True reads the data, too. */
  data?: boolean | undefined
  /** The number of requests in flight. */
  concurrency?: number | undefined
}

/** Reads the znodes of one tree with the names of their children. */
interface TreeReader {
  /** Reads many of them; null for one that does not exist. A failure of one is that of all. */
  many(paths: readonly string[]): Promise<(TreeRead | null)[]>
  /** @throws NO_NODE. */
  one(path: string): Promise<TreeRead>
}

/** Makes what reads a tree. */
export type ReadTree = (options: TreeReadOptions) => TreeReader

const LISTING = {
  ...op.getChildren2,
  name: 'getChildren',
  noneOn: ErrorNumber.NO_NODE,
} as unknown as Shaped<Children | null>

/** The number of znodes from which on it is worth a question whether the server can read several with one request. */
const MANY = 32
/** The number of siblings of unknown length that are read before the others. */
const SAMPLE = 8

/** Makes what reads trees through a client. */
export function readTreeOf(zk: ZnodeOperations, requests: Requests): ReadTree {
  return options => new Reader(zk, requests, options)
}

/** Results by path; null for a znode that does not exist. */
type Results = Map<string, TreeRead | null>

/**
 * Reads several znodes with one multiRead where the server has it, which spares it most of the work of a request for each. Every
 * other znode takes a request of its own, and one for its listing if its data are read and it has children.
 */
class Reader implements TreeReader {
  readonly #zk: ZnodeOperations
  readonly #requests: Requests
  readonly #wantsData: boolean
  readonly #limits: Pick<RequestOptions, 'signal' | 'timeout'>
  readonly #concurrency: number
  readonly #batches = new ReadBatches()
  /** The znodes that were read so far, and the length of their data. */
  #znodes = 0
  #bytes = 0

  constructor(
    zk: ZnodeOperations,
    requests: Requests,
    { data = false, concurrency = BULK_CONCURRENCY, signal, timeout }: TreeReadOptions,
  ) {
    this.#zk = zk
    this.#requests = requests
    this.#wantsData = data
    this.#limits = { signal, timeout }
    this.#concurrency = concurrency
  }

  async one(path: string): Promise<TreeRead> {
    const limits = this.#limits
    if (!this.#wantsData) return this.#zk.getChildren(path, limits)
    const znode = await this.#zk.getData(path, limits)
    if (znode.stat.numChildren === 0) return { ...znode, children: [] }
    return { ...znode, children: (await this.#zk.getChildren(path, limits)).children }
  }

  async many(paths: readonly string[]): Promise<(TreeRead | null)[]> {
    const results: Results = new Map()
    if (paths.length < MANY || !(await this.#hasMultiRead())) await this.#each(paths, results)
    else {
      const sample = this.#sampleOf(paths)
      await this.#read(sample, results)
      await this.#read(sample.length === 0 ? paths : paths.filter(path => !results.has(path)), results)
    }
    return paths.map(path => results.get(path)!)
  }

  /** Tells whether the server has multiRead. An older one would close the connection over it. */
  async #hasMultiRead(): Promise<boolean> {
    const release = (await this.#requests.session.serverRelease()) ?? ''
    const [major = 0, minor = 0] = release.split('.').map(Number)
    return major > 3 || (major === 3 && minor >= 6)
  }

  /** Chooses some children of each parent that has many here, and of which none was read. */
  #sampleOf(paths: readonly string[]): string[] {
    const below = new Map<string, string[]>()
    for (const path of paths) {
      if (this.#batches.expected(path) !== undefined) continue
      const parent = parentOf(path) ?? ''
      const siblings = below.get(parent)
      if (siblings === undefined) below.set(parent, [path])
      else siblings.push(path)
    }
    const many = [...below.values()].filter(siblings => siblings.length > 2 * SAMPLE)
    return many.flatMap(siblings => siblings.slice(0, SAMPLE))
  }

  /** Reads znodes together, except those whose data are long and not wanted. */
  async #read(paths: readonly string[], results: Results): Promise<void> {
    const usual = this.#znodes < MANY ? Infinity : this.#bytes / this.#znodes
    const isRead = (path: string) => this.#wantsData || (this.#batches.expected(path) ?? usual) <= SHORT
    const [read, listed] = [paths.filter(isRead), paths.filter(path => !isRead(path))]
    const few = usual <= SHORT ? MANY : SAMPLE
    const batches = this.#batches.divide(read, few).map(batch => this.#readBatch(batch, results))
    await Promise.all([...batches, this.#each(listed, results)])
  }

  /** Reads the znodes of a batch. */
  async #readBatch(paths: Batch, results: Results): Promise<void> {
    const znodes = paths.length === 1 ? null : await this.#together('getData', paths)
    if (znodes === null) return this.#each(paths, results)
    this.#note(paths, index => znodes[index]?.data?.length ?? 0)
    const parents = new Map<string, NodeData>()
    paths.forEach((path, index) => {
      const znode = znodes[index]!
      if (znode !== null && znode.stat.numChildren > 0) parents.set(path, znode)
      else results.set(path, znode && this.#shape(znode, []))
    })
    const listings = listingBatches([...parents.keys()], path => parents.get(path)!.stat.numChildren)
    await Promise.all(listings.map(batch => this.#list(batch, parents, results)))
  }

  /** Lists the znodes of a batch that were read. */
  async #list(paths: Batch, znodes: ReadonlyMap<string, NodeData>, results: Results): Promise<void> {
    const together = paths.length === 1 ? null : await this.#together('getChildren', paths)
    const listings = together ?? (await this.#all(LISTING, paths))
    paths.forEach((path, index) => {
      const listing = listings[index]!
      // A znode without a listing was deleted after it was read.
      results.set(path, listing && this.#shape(znodes.get(path)!, listing.children))
    })
  }

  /**
   * Sends one multiRead.
   *
   * @returns its results, with null for a znode that does not exist; null where each znode must be read by itself.
   */
  async #together<Type extends ReadOperation['type']>(
    type: Type,
    paths: Batch,
  ): Promise<(Exclude<ReadResults[Type], ZooKeeperError> | null)[] | null> {
    try {
      const results = await readTogether(this.#requests, type, paths, { ...this.#limits, retry: 0 })
      return results.map(orAbsent) as (Exclude<ReadResults[Type], ZooKeeperError> | null)[]
    } catch (error) {
      if (!ZooKeeperError.is(error) || !this.#isOfBatch(error)) throw error
      if (error.code === 'RESPONSE_TOO_LARGE') this.#batches.noteTooLong(paths)
      return null
    }
  }

  /** Tells whether an error may be that of the batch alone: each znode by itself may be read. */
  #isOfBatch({ code, path }: ZooKeeperError): boolean {
    // The next connection may be to an older server.
    if (code === 'CONNECTION_LOSS') return this.#requests.retryReads > 0
    return path === undefined && ['RESPONSE_TOO_LARGE', 'UNIMPLEMENTED', 'BAD_ARGUMENTS'].includes(code)
  }

  /** Reads each znode with a request of its own. */
  async #each(paths: readonly string[], results: Results): Promise<void> {
    if (paths.length === 0) return
    if (!this.#wantsData) {
      const found = await this.#all(LISTING, paths)
      paths.forEach((path, index) => void results.set(path, found[index]!))
      return this.#note(paths, index => found[index]?.stat.dataLength ?? 0)
    }
    const znodes = await this.#all(WHOLE_READ, paths)
    const parents = paths.filter((_, index) => (znodes[index]?.stat.numChildren ?? 0) > 0)
    const listings = parents.length > 0 ? await this.#all(LISTING, parents) : []
    let next = 0
    paths.forEach((path, index) => {
      const znode = znodes[index]!
      const listing = znode && (znode.stat.numChildren === 0 ? LEAF : listings[next++]!)
      // A znode without a listing was deleted between its two reads.
      results.set(path, listing && { ...znode!, children: listing.children })
    })
    this.#note(paths, index => znodes[index]?.data?.length ?? 0)
  }

  #all<Result>(operation: Shaped<Result>, paths: readonly string[]): Promise<Result[]> {
    return readAll(this.#requests, operation, paths, { ...this.#limits, concurrency: this.#concurrency })
  }

  #shape({ data, stat }: NodeData, children: string[]): TreeRead {
    return this.#wantsData ? { children, stat, data } : { children, stat }
  }

  #note(paths: readonly string[], lengthOf: (index: number) => number): void {
    this.#batches.note(paths, lengthOf)
    for (let i = 0; i < paths.length; i++) this.#bytes += lengthOf(i)
    this.#znodes += paths.length
  }
}

const LEAF = { children: [] }

/** Returns the result of one read of several; null for a znode that does not exist. @throws any other failure. */
function orAbsent<Result>(result: Result | ZooKeeperError): Result | null {
  if (!ZooKeeperError.is(result)) return result
  if (result.code === 'NO_NODE') return null
  throw result
}
