/** The bytes of a full slab: few objects for a large table, and little unused memory for a small one. */
const FULL = 64 * 1024
/** The bytes of the first slab. */
const SMALLEST = 512
/** A record of more bytes has a slab of its own. */
const LONGEST = FULL / 8
/** An address counts pairs of bytes: 32 bits then reach 8 GiB. */
const PAIRS = FULL / 2
const NUMBER_SHIFT = Math.log2(PAIRS)
const MOST = 2 ** 32 / PAIRS
/** Bytes that may be unused in a table of any size. */
const TOLERATED = 4 * SMALLEST

const NOTHING = Buffer.alloc(0)

/**
 * Memory for records of any size, each at an address that is never 0. A record is not moved unless its owner does that, with
 * `victims`: memory of replaced records lies in between others, and comes back when a slab has none left.
 */
export class Slabs {
  /** The memory by number of the slab. There is no slab 0. */
  readonly buffers: Buffer[] = [NOTHING]
  /** The bytes in use, by number of the slab. */
  readonly #used: number[] = [0]
  /** The numbers without a slab. */
  readonly #vacant: number[] = []
  /** The slab that is being filled, 0 for none, and its first byte that was never used. */
  #open = 0
  #end = 0
  #total = 0
  #totalUsed = 0

  /** The bytes of all slabs. */
  get size(): number {
    return this.#total
  }

  /** True if so much is unused that records should be moved: more than a third. */
  get isWasteful(): boolean {
    const unused = this.#total - this.#totalUsed - this.#unusedEnd
    return unused > TOLERATED && unused > this.#total / 3
  }

  /** Takes memory for a record. @returns its address. */
  take(size: number): number {
    const bytes = even(size)
    if (bytes > LONGEST) {
      const number = this.#add(bytes)
      this.#use(number, bytes)
      return number * PAIRS
    }
    if (bytes > this.#unusedEnd) {
      this.#open = this.#add(Math.max(bytes, SMALLEST, Math.min(this.#total >>> 2, FULL)))
      this.#end = 0
    }
    const at = this.#end
    this.#end += bytes
    this.#use(this.#open, bytes)
    return this.#open * PAIRS + at / 2
  }

  /** Gives the memory of a record back. */
  give(address: number, size: number): void {
    const number = numberOf(address)
    this.#use(number, -even(size))
    if (this.#used[number] === 0) this.#remove(number)
  }

  /** Gives back what a record needs no more of its memory. */
  shrink(address: number, before: number, after: number): void {
    this.#use(numberOf(address), even(after) - even(before))
  }

  /** Says whether a record that grows has room where it is. */
  fits(before: number, after: number): boolean {
    return even(after) <= even(before)
  }

  /**
   * Chooses slabs whose records are to be moved, those with the least in use first. They are a small part of all, so that
   * moving takes no long time. Nothing is taken from them any more.
   *
   * @returns 1 at their numbers.
   */
  victims(): Uint8Array {
    const chosen = new Uint8Array(this.buffers.length)
    const unused = (number: number): number => {
      const end = number === this.#open ? this.#unusedEnd : 0
      return this.buffers[number]!.length - this.#used[number]! - end
    }
    const share = (number: number): number => unused(number) / this.buffers[number]!.length
    const candidates = [...this.buffers.keys()].filter(
      number => this.#used[number]! > 0 && unused(number) > 0,
    )
    let sum = 0
    for (const number of candidates.sort((a, b) => share(b) - share(a))) {
      if (sum > TOLERATED && sum > this.#total / 16) break
      sum += unused(number)
      chosen[number] = 1
      if (number === this.#open) this.#open = 0
    }
    return chosen
  }

  get #unusedEnd(): number {
    return this.#open === 0 ? 0 : this.buffers[this.#open]!.length - this.#end
  }

  #use(number: number, bytes: number): void {
    this.#used[number]! += bytes
    this.#totalUsed += bytes
  }

  #add(bytes: number): number {
    const number = this.#vacant.pop() ?? this.buffers.length
    if (number >= MOST) throw new RangeError('a cache holds at most 8 GiB of names, Stats and short data')
    this.buffers[number] = Buffer.allocUnsafeSlow(bytes)
    this.#used[number] = 0
    this.#total += bytes
    return number
  }

  #remove(number: number): void {
    this.#total -= this.buffers[number]!.length
    this.buffers[number] = NOTHING
    if (number === this.#open) this.#open = 0
    if (this.#total > 0) this.#vacant.push(number)
    else {
      this.buffers.length = this.#used.length = 1
      this.#vacant.length = 0
    }
  }
}

/** Returns the number of a record's slab. */
export function numberOf(address: number): number {
  return address >>> NUMBER_SHIFT
}

/** Returns the place of a record in its slab. */
export function offsetOf(address: number): number {
  return (address & (PAIRS - 1)) * 2
}

function even(size: number): number {
  return size + (size & 1)
}
