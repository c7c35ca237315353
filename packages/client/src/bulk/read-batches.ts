import { parentOf } from '../path.ts'

/** The most znodes that one multiRead reads, and the bytes that its reply should have at most. */
const BATCH = 128
const BATCH_BYTES = 256 * 1024
/** The most characters in the paths of one request, far below what any server takes. */
export const BATCH_CHARACTERS: number = 64 * 1024
/** The bytes of a znode in a reply beside its data. */
const OVERHEAD = 100
/** The bytes that the name of a child takes, about. */
export const NAME_BYTES = 64
/** The parents for which the usual length of their children's data is kept. */
const PARENTS = 1000
/** The number of znodes from which on their mean length tells what the data of others are like. */
const TELLING = 32
/** The most znodes of unknown length in a batch: where little was read yet or the data are long, and where they are short. */
const FIRST = 8
const FEW = 32

/** The growth of the bytes for a reply with each that was read. */
const GROWTH = 1.01

/** The ways to learn of znodes that are to be divided. */
interface Division<Znode> {
  /** Returns the path of a znode. */
  pathOf(znode: Znode): string
  /** Returns the length to expect of a znode's data, in bytes; undefined if it is not known. Default: `expected` of its path. */
  lengthOf?(znode: Znode): number | undefined
}

/**
 * Divides znodes into batches, each small enough for one multiRead. The length of a znode's data is not known before they are
 * read: it is expected to be that of its siblings. For packages that are built on this client.
 */
export class ReadBatches {
  /** The length of data, in bytes, up to which they are read with the Stat, whoever wants them: a question of their own costs more. */
  static readonly SHORT: number = 1024
  /** The length to expect of the data of a parent's children: the mean of some, or half of what was expected before. */
  readonly #usualBelow = new Map<string, number>()
  /** The znodes that were noted, and the bytes of their data. */
  #znodes = 0
  #bytes = 0
  /** The bytes that a reply should have at most: less after one that was too long, and more again, little by little. */
  #most = BATCH_BYTES

  /** The mean length of the data of all znodes that were read, in bytes; undefined while these were few. */
  get usual(): number | undefined {
    return this.#znodes < TELLING ? undefined : this.#bytes / this.#znodes
  }

  /** The most znodes of unknown length that should be in one batch. */
  get #few(): number {
    return (this.usual ?? Infinity) <= ReadBatches.SHORT ? FEW : FIRST
  }

  /** Returns the length to expect of a znode's data, in bytes; undefined while no sibling was read. */
  expected(path: string): number | undefined {
    return this.#usualBelow.get(parentOf(path) ?? '')
  }

  /**
   * Divides znodes. A batch of znodes whose data may be long, because no sibling was read yet, is small: the server holds the
   * whole reply in memory.
   */
  divide<Znode>(
    znodes: readonly Znode[],
    { pathOf, lengthOf = znode => this.expected(pathOf(znode)) }: Division<Znode>,
  ): Znode[][] {
    const known: Znode[] = []
    const unknown: Znode[] = []
    for (const znode of znodes) (lengthOf(znode) === undefined ? unknown : known).push(znode)
    const bytesOf = (znode: Znode) => (lengthOf(znode) ?? 0) + OVERHEAD
    const into = { pathOf, bytesOf, mostBytes: this.#most }
    return [...pack(known, { ...into, most: BATCH }), ...pack(unknown, { ...into, most: this.#few })]
  }

  /**
   * Finds the end of the batch that begins at an index: the znodes from there on in their order.
   *
   * @param most the most znodes in it.
   */
  endOf(paths: readonly string[], from: number, most: number): number {
    const last = Math.min(paths.length, from + Math.min(most, BATCH))
    let [at, bytes, characters, unknown] = [from, 0, 0, this.#few]
    while (at < last) {
      const end = endOfSiblings(paths, at, last)
      const expected = this.expected(paths[at]!)
      for (; at < end; at++) {
        bytes += (expected ?? 0) + OVERHEAD
        characters += paths[at]!.length
        if (at === from) continue
        if (bytes > this.#most || characters > BATCH_CHARACTERS) return at
        if (expected === undefined && --unknown <= 0) return at
      }
    }
    return at
  }

  /** Notes the lengths of the data of znodes that were read: of the paths from an index on, up to another. */
  note(
    paths: readonly string[],
    lengthOf: (index: number) => number,
    from = 0,
    to: number = paths.length,
  ): void {
    if (to - from > 1) this.#most = Math.min(this.#most * GROWTH, BATCH_BYTES)
    for (let at = from; at < to; ) {
      const end = endOfSiblings(paths, at, to)
      let bytes = 0
      for (let i = at; i < end; i++) bytes += lengthOf(i)
      this.#note(parentOf(paths[at]!) ?? '', bytes / (end - at))
      this.#znodes += end - at
      this.#bytes += bytes
      at = end
    }
  }

  /** Notes that the request for these znodes, or its reply, was too long: each of their siblings is read by itself for a while, and later fewer together. */
  noteTooLong(paths: readonly string[]): void {
    const expected = paths.reduce((sum, path) => sum + (this.expected(path) ?? 0) + OVERHEAD, 0)
    this.#most = Math.min(this.#most, expected / 2)
    for (const path of paths) this.#note(parentOf(path) ?? '', BATCH_BYTES)
  }

  #note(parent: string, usual: number): void {
    // Short ones tell little of the next: long ones are expected for a while longer.
    const previous = this.#usualBelow.get(parent) ?? 0
    if (this.#usualBelow.size >= PARENTS) this.#usualBelow.clear()
    this.#usualBelow.set(parent, Math.max(usual, previous / 2))
  }
}

/**
 * Finds the end of the znodes that have the same parent as the one at an index. A look at each would be most of the cost, so
 * it looks at the next ones, at fewer and fewer behind them, and at the last one: parents that take turns are told apart.
 */
function endOfSiblings(paths: readonly string[], from: number, last: number): number {
  const prefix = paths[from]!.slice(0, paths[from]!.lastIndexOf('/') + 1)
  const isSibling = (path: string) => path.startsWith(prefix) && path.lastIndexOf('/') < prefix.length
  let step = 1
  while (from + step < last && isSibling(paths[from + step]!)) step *= 2
  if (from + step >= last && isSibling(paths[last - 1]!)) return last
  let at = from + 1
  while (isSibling(paths[at]!)) at++
  return at
}

/** Divides znodes into batches of listings. @param childrenOf returns the number of children of a znode. */
export function listingBatches(paths: readonly string[], childrenOf: (path: string) => number): string[][] {
  const bytesOf = (path: string) => childrenOf(path) * NAME_BYTES
  return pack(paths, { pathOf: path => path, bytesOf, most: BATCH, mostBytes: BATCH_BYTES })
}

interface Packing<Znode> {
  pathOf(znode: Znode): string
  /** Returns the bytes that a znode takes in a reply. */
  bytesOf(znode: Znode): number
  /** The most znodes of a batch. */
  readonly most: number
  /** The bytes that a reply should have at most. */
  readonly mostBytes: number
}

/** Divides znodes in their order, so that neither the request of a batch nor its reply is long, unless it is of one alone. */
function pack<Znode>(
  znodes: readonly Znode[],
  { pathOf, bytesOf, most, mostBytes }: Packing<Znode>,
): Znode[][] {
  const batches: Znode[][] = []
  let batch: Znode[] = []
  let bytes = 0
  let characters = 0
  for (const znode of znodes) {
    const more = bytesOf(znode)
    const { length } = pathOf(znode)
    const isFull = batch.length >= most || bytes + more > mostBytes || characters + length > BATCH_CHARACTERS
    if (batch.length > 0 && isFull) {
      batches.push(batch)
      batch = []
      bytes = 0
      characters = 0
    }
    batch.push(znode)
    bytes += more
    characters += length
  }
  if (batch.length > 0) batches.push(batch)
  return batches
}
