/** The fewest slots, and the fewest bits of an id. */
const FEWEST = 8
const FEWEST_BITS = 3
/** The index grows when more of its slots are taken, so that at most that many are. */
const FULLEST = 0.8
/** The part of the slots that is taken after it has grown or shrunk. */
const AFTER = 0.55
/** The index shrinks when fewer are taken. */
const EMPTIEST = 0.25

/** The most bits of an id: a shift by 32 does nothing. */
const MOST_BITS = 31

const TWO_32 = 2 ** 32

/**
 * Finds ids, which are above 0, by hashes: a table with open addressing. The bits of a slot that an id does not need are those of
 * its hash: others are passed over without a look at what they stand for.
 */
export class IdIndex {
  #slots = new Uint32Array(FEWEST)
  #count = 0
  /** The number of bits that an id has. */
  #bits = FEWEST_BITS
  readonly #hashOf: (id: number) => number

  /** @param hashOf returns the hash of an id that is in the index: any 32 bits. */
  constructor(hashOf: (id: number) => number) {
    this.#hashOf = hashOf
  }

  /** The bytes that it takes. */
  get size(): number {
    return this.#slots.byteLength
  }

  /** Returns the slot of the first id that may have a hash: the caller finds out. -1 for none. */
  first(hash: number): number {
    const bits = mixed(hash)
    return this.#candidate(bits, this.#home(bits))
  }

  /** Returns the slot of the next one. */
  next(hash: number, slot: number): number {
    return this.#candidate(mixed(hash), this.#after(slot))
  }

  /** Returns the id in a slot. */
  at(slot: number): number {
    return this.#slots[slot]! & ~(-1 << this.#bits)
  }

  add(id: number): void {
    const isTooHigh = id >>> this.#bits !== 0
    if (isTooHigh || this.#count + 1 > this.#slots.length * FULLEST) this.#rebuild(this.#count + 1, id)
    this.#put(id)
    this.#count++
  }

  /** Removes an id, and closes the gap: what is behind it must be found without it. */
  remove(id: number): void {
    let gap = this.#home(mixed(this.#hashOf(id)))
    while (this.at(gap) !== id) gap = this.#after(gap)
    const size = this.#slots.length
    for (let slot = this.#after(gap); this.#slots[slot] !== 0; slot = this.#after(slot)) {
      const home = this.#home(mixed(this.#hashOf(this.at(slot))))
      if ((slot - home + size) % size < (slot - gap + size) % size) continue
      this.#slots[gap] = this.#slots[slot]!
      gap = slot
    }
    this.#slots[gap] = 0
    this.#count--
    if (size > FEWEST && this.#count < size * EMPTIEST) this.#rebuild(this.#count, 0)
  }

  #home(bits: number): number {
    return Math.floor(((bits >>> 0) * this.#slots.length) / TWO_32)
  }

  #after(slot: number): number {
    return slot + 1 === this.#slots.length ? 0 : slot + 1
  }

  /** Looks from a slot on for one whose bits of the hash are the same. */
  #candidate(bits: number, slot: number): number {
    const slots = this.#slots
    for (let value = slots[slot]!; value !== 0; value = slots[slot]!) {
      if ((value ^ (bits << this.#bits)) >>> this.#bits === 0) return slot
      slot = this.#after(slot)
    }
    return -1
  }

  #put(id: number): void {
    const bits = mixed(this.#hashOf(id))
    let slot = this.#home(bits)
    while (this.#slots[slot] !== 0) slot = this.#after(slot)
    this.#slots[slot] = id | (bits << this.#bits)
  }

  /** Makes room for that many ids, and for the bits of that one. */
  #rebuild(count: number, id: number): void {
    const mask = ~(-1 << this.#bits)
    let highest = id
    for (const value of this.#slots) highest = Math.max(highest, value & mask)
    const isThere = new Uint8Array(highest + 1)
    for (const value of this.#slots) isThere[value & mask] = 1
    // One bit more than is needed now.
    this.#bits = Math.min(32 - Math.clz32(highest) + 1, MOST_BITS)
    this.#slots = new Uint32Array(Math.max(FEWEST, Math.ceil(count / AFTER)))
    // In the order of the ids: what their hashes are made of is then read from one end of the memory to the other.
    for (let one = 1; one <= highest; one++) if (isThere[one] === 1) this.#put(one)
  }
}

/** Spreads the bits of a hash: the high ones, which choose the slot, and the low ones depend on all. */
function mixed(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
