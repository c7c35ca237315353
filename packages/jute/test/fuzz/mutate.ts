/** A small generator of random numbers (mulberry32): the same seed gives the same numbers. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0
  }

  /** Returns an integer from 0 to `below - 1`. */
  below(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) % below
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!
  }
}

/** Lengths and numbers that decoders get wrong. */
const NUMBERS = [
  -1,
  -2,
  -5,
  0,
  1,
  2,
  4,
  0xff,
  0xffff,
  0xfffff,
  0x100000,
  2 ** 31 - 1,
  2 ** 31 - 16,
  -(2 ** 31),
]

type Mutation = (bytes: Buffer, random: Random, other: Buffer) => Buffer

const MUTATIONS: readonly Mutation[] = [
  // A bit, a byte, a number.
  (bytes, random) => changed(bytes, copy => (copy[random.below(copy.length)]! ^= 1 << random.below(8))),
  (bytes, random) => changed(bytes, copy => (copy[random.below(copy.length)] = random.below(256))),
  (bytes, random) => withInt(bytes, random, random.pick(NUMBERS)),
  // A length that is right, or wrong by one, for what is left.
  (bytes, random) => {
    const at = random.below(bytes.length + 1)
    const left = bytes.length - at - 4
    return left < 0 ? bytes : changed(bytes, copy => copy.writeInt32BE(left + random.below(3) - 1, at))
  },
  // Cut off, cut out, put in, put behind.
  (bytes, random) => bytes.subarray(0, random.below(bytes.length + 1)),
  (bytes, random) => {
    const at = random.below(bytes.length + 1)
    const end = at + random.below(bytes.length - at + 1)
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)])
  },
  (bytes, random, other) => {
    const at = random.below(bytes.length + 1)
    const piece = other.subarray(random.below(other.length + 1))
    return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)])
  },
  (bytes, random, other) => {
    const tail = random.below(2) === 0 ? bytes : other
    return Buffer.concat([bytes, tail.subarray(random.below(tail.length + 1))])
  },
]

function changed(bytes: Buffer, change: (copy: Buffer) => void): Buffer {
  if (bytes.length === 0) return bytes
  const copy = Buffer.allocUnsafe(bytes.length)
  copy.set(bytes)
  change(copy)
  return copy
}

function withInt(bytes: Buffer, random: Random, value: number): Buffer {
  if (bytes.length < 4) return bytes
  return changed(bytes, copy => copy.writeInt32BE(value, random.below(copy.length - 3)))
}

/** Returns a frame's body: one of the corpus with a few mutations, or, one time in eight, any bytes at all. */
export function mutant(corpus: readonly Buffer[], random: Random): Buffer {
  if (random.below(8) === 0) return noise(random)
  let bytes = random.pick(corpus)
  for (let i = random.below(4); i >= 0; i--)
    bytes = random.pick(MUTATIONS)(bytes, random, random.pick(corpus))
  return bytes
}

function noise(random: Random): Buffer {
  const bytes = Buffer.allocUnsafe(random.below(120))
  // Mostly small numbers, as lengths and counts are.
  for (let i = 0; i < bytes.length; i++)
    bytes[i] = random.below(4) === 0 ? random.below(256) : random.below(3)
  return bytes
}
