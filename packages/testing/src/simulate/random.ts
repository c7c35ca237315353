/**
 * A seeded source of chance: the same seed gives the same numbers on every machine.
 *
 * The generator is sfc32. `fork` makes a source of its own for each part of a world, so that one part that draws more
 * or fewer numbers does not change what the others draw: that is what makes a shrunk schedule behave like the long one.
 */
export class Random {
  readonly #key: string
  #a: number
  #b: number
  #c: number
  #count = 1

  /** @param key a seed as text; any text is a seed. */
  constructor(key: string) {
    this.#key = key
    const seed = hash(key)
    this.#a = seed()
    this.#b = seed()
    this.#c = seed()
    for (let round = 0; round < 12; round++) this.next()
  }

  /** Makes an independent source, named by this source's seed and `label`. */
  fork(label: string | number): Random {
    return new Random(`${this.#key}/${label}`)
  }

  /** Returns a number in [0, 1). */
  next(): number {
    const sum = (this.#a + this.#b + this.#count) | 0
    this.#count = (this.#count + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum
    this.#c |= 0
    return (sum >>> 0) / 2 ** 32
  }

  /** Returns a whole number from `from` to `to`, both included. */
  int(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1))
  }

  /** Returns true with this probability. */
  chance(probability: number): boolean {
    return this.next() < probability
  }

  /**
   * Returns one element of a list.
   *
   * @throws RangeError for an empty list.
   */
  pick<T>(from: readonly T[]): T {
    if (from.length === 0) throw new RangeError('there is nothing to pick from: the list is empty')
    return from[this.int(0, from.length - 1)]!
  }

  /** Returns one key of a table of weights; a key of weight 0 never. */
  weighted<Key extends string>(weights: Readonly<Record<Key, number>>): Key {
    let sum = 0
    for (const key in weights) sum += weights[key]
    let left = this.next() * sum
    for (const key in weights) {
      left -= weights[key]
      if (left < 0) return key
    }
    throw new RangeError('there is nothing to pick from: all weights are 0')
  }

  /**
   * Returns a delay in whole milliseconds from 0 to `most`: short ones are more likely than long ones, so that both
   * the usual and the rare order of events come up.
   */
  delay(most: number): number {
    return Math.floor(most * this.next() ** 4)
  }
}

/** Turns text, with the hash xmur3, into as many 32-bit numbers as are asked for. */
function hash(text: string): () => number {
  let h = 1779033703 ^ text.length
  for (let at = 0; at < text.length; at++) {
    h = Math.imul(h ^ text.charCodeAt(at), 3432918353)
    h = (h << 13) | (h >>> 19)
  }
  return () => {
    h = Math.imul(h ^ (h >>> 16), 2246822507)
    h = Math.imul(h ^ (h >>> 13), 3266489909)
    return (h ^= h >>> 16) >>> 0
  }
}
