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

/** Znodes that one request reads together. */
export type Batch = string[]

/**
 * Divides znodes into batches, each small enough for one multiRead. The length of a znode's data is not known before they are
 * read: it is expected to be that of its siblings. For packages that are built on this client.
 */
export class ReadBatches {
  /** The length of data, in bytes, up to which they are read with the Stat, whoever wants them: a question of their own costs more. */
  static readonly SHORT: number = 1024
  /** The length to expect of the data of a parent's children: the mean of some, or half of what was expected before. */
  readonly #usualBelow = new Map<string, number>()

  /** Returns the length to expect of a znode's data, in bytes; undefined while no sibling was read. */
  expected(path: string): number | undefined {
    return this.#usualBelow.get(parentOf(path) ?? '')
  }

  /**
   * Divides znodes.
   *
   * @param few the size of a batch of znodes whose data may be long: no sibling was read yet. The server holds the whole reply
   *   in memory.
   * @param lengthOf returns the length to expect of a znode's data. Default: `expected`.
   */
  divide(
    paths: readonly string[],
    few: number,
    lengthOf: (path: string) => number | undefined = path => this.expected(path),
  ): Batch[] {
    const known: string[] = []
    const unknown: string[] = []
    for (const path of paths) (lengthOf(path) === undefined ? unknown : known).push(path)
    return [...pack(known, BATCH, path => lengthOf(path)! + OVERHEAD), ...pack(unknown, few, () => 0)]
  }

  /** Notes the lengths of the data of znodes that were read. */
  note(paths: readonly string[], lengthOf: (index: number) => number): void {
    let from = 0
    while (from < paths.length) {
      const parent = parentOf(paths[from]!) ?? ''
      let to = from
      let bytes = 0
      for (; to < paths.length && (parentOf(paths[to]!) ?? '') === parent; to++) bytes += lengthOf(to)
      this.#note(parent, bytes / (to - from))
      from = to
    }
  }

  /** Notes that the reply with these znodes was too long: each of their siblings is read by itself for a while. */
  noteTooLong(paths: readonly string[]): void {
    for (const path of paths) this.#note(parentOf(path) ?? '', BATCH_BYTES)
  }

  #note(parent: string, usual: number): void {
    // Short ones tell little of the next: long ones are expected for a while longer.
    const previous = this.#usualBelow.get(parent) ?? 0
    if (this.#usualBelow.size >= PARENTS) this.#usualBelow.clear()
    this.#usualBelow.set(parent, Math.max(usual, previous / 2))
  }
}

/** Divides znodes into batches of listings. @param childrenOf returns the number of children of a znode. */
export function listingBatches(paths: readonly string[], childrenOf: (path: string) => number): Batch[] {
  return pack(paths, BATCH, path => childrenOf(path) * NAME_BYTES)
}

/** Divides znodes in their order, so that neither the request of a batch nor its reply is long, unless it is of one alone. */
function pack(paths: readonly string[], most: number, bytesOf: (path: string) => number): Batch[] {
  const batches: Batch[] = []
  let batch: Batch = []
  let bytes = 0
  let characters = 0
  for (const path of paths) {
    const more = bytesOf(path)
    const isFull =
      batch.length >= most || bytes + more > BATCH_BYTES || characters + path.length > BATCH_CHARACTERS
    if (batch.length > 0 && isFull) {
      batches.push(batch)
      batch = []
      bytes = 0
      characters = 0
    }
    batch.push(path)
    bytes += more
    characters += path.length
  }
  if (batch.length > 0) batches.push(batch)
  return batches
}
