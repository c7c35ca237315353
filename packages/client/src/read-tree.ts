import { ZooKeeperError } from '@zookit/connection'
import { ErrorNumber, op, type Stat } from '@zookit/jute'
import type { RequestOptions } from './arguments.ts'
import { BULK_CONCURRENCY, readAll, WHOLE_READ } from './bulk/bulk-reads.ts'
import { listingBatches, ReadBatches } from './bulk/read-batches.ts'
import { hasMultiRead, isOfBatch, MANY, readTogether } from './bulk/read-together.ts'
import type { ReadOperation, ReadResults } from './multi.ts'
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
  /**
   * Reads many of them; null for one that does not exist. A failure of one is that of all. Where their data turn out to be
   * longer than those of their siblings, some are undefined: ask for them again when the others have had their turn.
   */
  many(paths: readonly string[]): Promise<(TreeRead | null | undefined)[]>
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

/** The number of siblings of unknown length that are read before the others. */
const SAMPLE = 8

/** The bytes that are read before their turn at each level of a tree, about, and those of long data that are requested at a time. */
export const BYTES_AHEAD: number = 4 * 1024 * 1024
const STEP_BYTES = 1024 * 1024
/** The length of data to expect before any were read, for this purpose. */
const UNKNOWN_BYTES = STEP_BYTES / SAMPLE

/** Makes what reads trees through a client. */
export function readTreeOf(zk: ZnodeOperations, requests: Requests): ReadTree {
  return options => new Reader(zk, requests, options)
}

/** The results of one call by path; null for a znode that does not exist. */
class Results extends Map<string, TreeRead | null> {
  /** The length of the data. */
  bytes = 0
  /** The znode that has its turn next, which is read in any case. */
  readonly first: string | undefined
  #last: Promise<unknown> = Promise.resolve()

  constructor(first: string | undefined) {
    super()
    this.first = first
  }

  override set(path: string, read: TreeRead | null): this {
    this.bytes += read?.data?.length ?? 0
    return super.set(path, read)
  }

  /** Calls a function after those before it have ended. */
  afterOthers(run: () => Promise<void>): Promise<void> {
    const running = this.#last.then(run, run)
    this.#last = running
    return running
  }
}

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

  async many(paths: readonly string[]): Promise<(TreeRead | null | undefined)[]> {
    const results = new Results(paths[0])
    if (paths.length < MANY || !(await this.#hasMultiRead())) await this.#each(paths, results)
    else {
      const sample = this.#sampleOf(paths)
      await this.#read(sample, results)
      await this.#read(sample.length === 0 ? paths : paths.filter(path => !results.has(path)), results)
    }
    return paths.map(path => results.get(path))
  }

  /** Tells whether the server has multiRead. An older one would close the connection over it. */
  async #hasMultiRead(): Promise<boolean> {
    return hasMultiRead(await this.#requests.session.serverRelease())
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
  async #read(wanted: readonly string[], results: Results): Promise<void> {
    const usual = this.#batches.usual ?? Infinity
    const isRead = (path: string) =>
      this.#wantsData || (this.#batches.expected(path) ?? usual) <= ReadBatches.SHORT
    const paths = this.#wantsData ? this.#withRoom(wanted) : wanted
    const [read, listed] = [paths.filter(isRead), paths.filter(path => !isRead(path))]
    const batches = this.#batches.divide(read, { pathOf: path => path })
    const alone = batches.filter(({ length }) => length === 1).flat()
    const together = batches.filter(({ length }) => length > 1)
    const reading = together.map(batch => this.#readBatch(batch, results))
    await Promise.all([...reading, this.#each(alone, results), this.#each(listed, results)])
  }

  /** Leaves out the znodes for whose data there is no room, if they are as long as expected. */
  #withRoom(paths: readonly string[]): readonly string[] {
    let bytes = 0
    const end = paths.findIndex((path, index) => {
      bytes += this.#batches.expected(path) ?? 0
      return bytes > BYTES_AHEAD && index >= SAMPLE
    })
    return end < 0 ? paths : paths.slice(0, end)
  }

  /** Reads the znodes of a batch. */
  async #readBatch(paths: readonly string[], results: Results): Promise<void> {
    const znodes = await this.#together('getData', paths)
    if (znodes === null) return this.#each(paths, results)
    this.#batches.note(paths, index => znodes[index]?.data?.length ?? 0)
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
  async #list(
    paths: readonly string[],
    znodes: ReadonlyMap<string, NodeData>,
    results: Results,
  ): Promise<void> {
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
    paths: readonly string[],
  ): Promise<(Exclude<ReadResults[Type], ZooKeeperError> | null)[] | null> {
    // The connection may be another one than that of the read before.
    if (!(await this.#hasMultiRead())) return null
    try {
      return await readTogether(
        this.#requests,
        type,
        paths,
        { ...this.#limits, retry: 0 },
        { onlyHere: true },
      )
    } catch (error) {
      if (!ZooKeeperError.is(error) || !this.#isOfBatch(error)) throw error
      if (isOfBatch(error)) this.#batches.noteTooLong(paths)
      return null
    }
  }

  /** Tells whether an error may be that of the batch alone: each znode by itself may be read. */
  #isOfBatch(error: ZooKeeperError): boolean {
    // The next connection may be to an older server.
    if (error.code === 'CONNECTION_LOSS') return error.outcome === 'not-sent' || this.#requests.retryReads > 0
    return isOfBatch(error)
  }

  /** Reads each znode with a request of its own; of znodes with long data only so many as there is room for. */
  async #each(paths: readonly string[], results: Results): Promise<void> {
    if (paths.length === 0) return
    if (this.#wantsData) return results.afterOthers(() => this.#eachInSteps(paths, results))
    const found = await this.#all(LISTING, paths)
    paths.forEach((path, index) => void results.set(path, found[index]!))
    this.#batches.note(paths, index => found[index]?.stat.dataLength ?? 0)
  }

  /** Reads znodes with their data, and ends when those of the call take too much room. */
  async #eachInSteps(paths: readonly string[], results: Results): Promise<void> {
    // As expected at first: the next ones after a reply that was too long may be short, and those behind them long again.
    const usual = this.#batches.usual ?? UNKNOWN_BYTES
    const expected = paths.map(path => this.#batches.expected(path) ?? usual)
    for (let from = 0; from < paths.length; ) {
      const isNext = results.first !== undefined && paths[from] === results.first
      if (results.bytes >= BYTES_AHEAD && !isNext) return
      let to = from
      for (let bytes = 0; to < paths.length && (bytes <= STEP_BYTES || to - from < SAMPLE); to++)
        bytes += expected[to]!
      await this.#readWhole(paths.slice(from, to), results)
      from = to
    }
  }

  /** Reads znodes with their data and, where they have children, their listings. */
  async #readWhole(paths: readonly string[], results: Results): Promise<void> {
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
    this.#batches.note(paths, index => znodes[index]?.data?.length ?? 0)
  }

  #all<Result>(operation: Shaped<Result>, paths: readonly string[]): Promise<Result[]> {
    return readAll(this.#requests, operation, paths, { ...this.#limits, concurrency: this.#concurrency })
  }

  #shape({ data, stat }: NodeData, children: string[]): TreeRead {
    return this.#wantsData ? { children, stat, data } : { children, stat }
  }
}

const LEAF = { children: [] }
