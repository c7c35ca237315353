import type { Stat } from '@zookit/client'
import {
  FREE_FLAG,
  flagsOf,
  readCzxid,
  readDataLength,
  readMzxid,
  readStat,
  sizeOf,
  writeStat,
} from './packed-stat.ts'
import { numberOf, offsetOf, Slabs } from './slabs.ts'

// Flags of a record, beside those of its Stat.

/** The name takes two bytes a character. */
const WIDE_NAME = FREE_FLAG
/** The record has a name, and nothing else. */
const BARE = 2 * FREE_FLAG
const NULL_DATA = 4 * FREE_FLAG
/** The data are elsewhere. */
const ASIDE = 8 * FREE_FLAG

/** Data of more bytes stay in the Buffer that was read. */
const LONGEST_COPIED = 4096

const NO_BYTES = Buffer.alloc(0)

/** The state of a znode. */
export interface State {
  readonly stat: Stat
  readonly data: Buffer | null
}

/**
 * Znodes as bytes in slabs, each at an address: flags, the name, and, unless it is bare, the Stat and short data. The garbage
 * collector has nothing to trace in them.
 *
 *     | flags 2 | length of the name | name | Stat | length of the data | data |
 */
export class Records {
  readonly #slabs = new Slabs()

  /** The bytes that all records take, with those that are unused. */
  get size(): number {
    return this.#slabs.size
  }

  /** True if records should be moved, so that memory is given back. */
  get isWasteful(): boolean {
    return this.#slabs.isWasteful
  }

  /** Writes a record. @param path the name is what it has from `from` on, up to `to`. @returns the address. */
  create(path: string, from: number, to: number, state: State | null): number {
    const isWide = hasWide(path, from, to)
    const nameSize = sizeOfName(to - from, isWide)
    const flags = flagsOfState(state) | (isWide ? WIDE_NAME : 0)
    const address = this.#slabs.take(nameSize + sizeOfState(flags, state))
    const bytes = this.#bytes(address)
    const at = offsetOf(address)
    let end = putLength(bytes, at + 2, to - from)
    for (let i = from; i < to; i++) {
      const unit = path.charCodeAt(i)
      bytes[end++] = unit
      if (isWide) bytes[end++] = unit >>> 8
    }
    putState(bytes, at, end, flags, state)
    return address
  }

  /** Replaces the state of a record. @returns its address from now on. */
  replace(address: number, state: State | null): number {
    const bytes = this.#bytes(address)
    const at = offsetOf(address)
    const nameEnd = endOfName(bytes, at)
    const flags = (flagsAt(bytes, at) & WIDE_NAME) | flagsOfState(state)
    const before = sizeAt(bytes, at)
    const after = nameEnd - at + sizeOfState(flags, state)
    if (this.#slabs.fits(before, after)) {
      this.#slabs.shrink(address, before, after)
      putState(bytes, at, nameEnd, flags, state)
      return address
    }
    const to = this.#slabs.take(after)
    const target = this.#bytes(to)
    bytes.copy(target, offsetOf(to), at, nameEnd)
    putState(target, offsetOf(to), offsetOf(to) + nameEnd - at, flags, state)
    this.#slabs.give(address, before)
    return to
  }

  /** Moves a record to other memory. @returns its address from now on. */
  move(address: number): number {
    const bytes = this.#bytes(address)
    const at = offsetOf(address)
    const size = sizeAt(bytes, at)
    const to = this.#slabs.take(size)
    bytes.copy(this.#bytes(to), offsetOf(to), at, at + size)
    this.#slabs.give(address, size)
    return to
  }

  /** Gives a record's memory back. */
  free(address: number): void {
    this.#slabs.give(address, sizeAt(this.#bytes(address), offsetOf(address)))
  }

  /** Returns a function that says whether a record is to be moved: none at an address below those of records. */
  choose(): (address: number) => boolean {
    const victims = this.#slabs.victims()
    return address => victims[numberOf(address)] === 1
  }

  /** Says whether a record has a state. */
  isBare(address: number): boolean {
    return (this.#flags(address) & BARE) !== 0
  }

  /** Says whether the data of a record are not in it, because they are long. */
  isAside(address: number): boolean {
    return (this.#flags(address) & ASIDE) !== 0
  }

  /** Says whether the name of a record is what a path has from `from` on, up to `to`. */
  isNamed(address: number, path: string, from: number, to: number): boolean {
    const bytes = this.#bytes(address)
    const at = offsetOf(address)
    const length = lengthAt(bytes, at + 2)
    if (length !== to - from) return false
    let nameAt = at + 2 + sizeOfLength(length)
    if (flagsAt(bytes, at) & WIDE_NAME) {
      for (let i = from; i < to; i++, nameAt += 2) {
        if ((bytes[nameAt]! | (bytes[nameAt + 1]! << 8)) !== path.charCodeAt(i)) return false
      }
      return true
    }
    for (let i = from; i < to; i++) if (bytes[nameAt++] !== path.charCodeAt(i)) return false
    return true
  }

  /** Returns the hash of a record's name: see `hashed`. */
  hash(address: number, seed: number): number {
    const bytes = this.#bytes(address)
    const at = offsetOf(address)
    const end = endOfName(bytes, at)
    let hash = seed
    let nameAt = at + 2 + sizeOfLength(lengthAt(bytes, at + 2))
    if (flagsAt(bytes, at) & WIDE_NAME) {
      for (; nameAt < end; nameAt += 2) hash = hashed(hash, bytes[nameAt]! | (bytes[nameAt + 1]! << 8))
      return hash
    }
    while (nameAt < end) hash = hashed(hash, bytes[nameAt++]!)
    return hash
  }

  name(address: number): string {
    const bytes = this.#bytes(address)
    const at = offsetOf(address)
    const length = lengthAt(bytes, at + 2)
    const from = at + 2 + sizeOfLength(length)
    if (flagsAt(bytes, at) & WIDE_NAME) return bytes.toString('utf16le', from, from + 2 * length)
    return bytes.toString('latin1', from, from + length)
  }

  czxid(address: number): bigint {
    const bytes = this.#bytes(address)
    const at = offsetOf(address)
    return readCzxid(bytes, endOfName(bytes, at), flagsAt(bytes, at))
  }

  mzxid(address: number): bigint {
    const bytes = this.#bytes(address)
    const at = offsetOf(address)
    return readMzxid(bytes, endOfName(bytes, at), flagsAt(bytes, at))
  }

  /** Returns the `dataLength` of the Stat. */
  dataLength(address: number): number {
    const bytes = this.#bytes(address)
    const at = offsetOf(address)
    const flags = flagsAt(bytes, at)
    const statAt = endOfName(bytes, at)
    return readDataLength(bytes, statAt, flags) ?? lengthOfData(bytes, statAt, flags)
  }

  stat(address: number): Stat {
    const bytes = this.#bytes(address)
    const at = offsetOf(address)
    const flags = flagsAt(bytes, at)
    const statAt = endOfName(bytes, at)
    return readStat(bytes, statAt, flags, lengthOfData(bytes, statAt, flags))
  }

  /** Returns a copy of the data; null if there are none, or they are elsewhere. */
  data(address: number): Buffer | null {
    const bytes = this.#bytes(address)
    const at = offsetOf(address)
    const flags = flagsAt(bytes, at)
    if (flags & (NULL_DATA | ASIDE)) return null
    const lengthFrom = endOfName(bytes, at) + sizeOf(flags)
    const length = lengthAt(bytes, lengthFrom)
    if (length === 0) return NO_BYTES
    const from = lengthFrom + sizeOfLength(length)
    const copy = Buffer.allocUnsafe(length)
    copy.set(new Uint8Array(bytes.buffer, from, length))
    return copy
  }

  #bytes(address: number): Buffer {
    return this.#slabs.buffers[numberOf(address)]!
  }

  #flags(address: number): number {
    return flagsAt(this.#bytes(address), offsetOf(address))
  }
}

/** Continues the hash of a name by a UTF-16 unit. */
export function hashed(hash: number, unit: number): number {
  return Math.imul(hash ^ unit, 0x01000193)
}

/** Says whether data are too long to be copied. */
export function isLong(data: Buffer): boolean {
  return data.length > LONGEST_COPIED
}

function flagsOfState(state: State | null): number {
  if (state === null) return BARE
  const { stat, data } = state
  if (data === null) return flagsOf(stat, 0) | NULL_DATA
  return isLong(data) ? flagsOf(stat, 0) | ASIDE : flagsOf(stat, data.length)
}

function sizeOfState(flags: number, state: State | null): number {
  if (state === null) return 0
  const { data } = state
  const size = sizeOf(flags)
  return data === null || flags & ASIDE ? size : size + sizeOfLength(data.length) + data.length
}

function putState(bytes: Buffer, at: number, end: number, flags: number, state: State | null): void {
  bytes[at] = flags
  bytes[at + 1] = flags >>> 8
  if (state === null) return
  const { data, stat } = state
  const statEnd = writeStat(bytes, end, flags, stat)
  if (data !== null && (flags & ASIDE) === 0) bytes.set(data, putLength(bytes, statEnd, data.length))
}

/** Returns the bytes of a whole record. */
function sizeAt(bytes: Buffer, at: number): number {
  const flags = flagsAt(bytes, at)
  const statAt = endOfName(bytes, at)
  if (flags & BARE) return statAt - at
  const end = statAt + sizeOf(flags) - at
  if (flags & (NULL_DATA | ASIDE)) return end
  const length = lengthAt(bytes, at + end)
  return end + sizeOfLength(length) + length
}

function lengthOfData(bytes: Buffer, statAt: number, flags: number): number {
  return flags & (NULL_DATA | ASIDE) ? 0 : lengthAt(bytes, statAt + sizeOf(flags))
}

function flagsAt(bytes: Buffer, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8)
}

/** Returns the place after a record's name. */
function endOfName(bytes: Buffer, at: number): number {
  const length = lengthAt(bytes, at + 2)
  return at + sizeOfName(length, (flagsAt(bytes, at) & WIDE_NAME) !== 0)
}

/** Returns the bytes of a record up to the end of its name. */
function sizeOfName(length: number, isWide: boolean): number {
  return 2 + sizeOfLength(length) + (isWide ? 2 * length : length)
}

function hasWide(path: string, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (path.charCodeAt(i) > 255) return true
  return false
}

/** A length takes a byte, or two, or five: most are short. */
function sizeOfLength(length: number): number {
  if (length < TWO) return 1
  return length < TWO_BYTES ? 2 : 5
}

/** The first bytes of lengths of two bytes and of five. */
const TWO = 192
const FIVE = 255
const TWO_BYTES = (FIVE - TWO) * 256

function putLength(bytes: Buffer, at: number, length: number): number {
  if (length < TWO) {
    bytes[at] = length
    return at + 1
  }
  if (length < TWO_BYTES) {
    bytes[at] = TWO + (length >>> 8)
    bytes[at + 1] = length
    return at + 2
  }
  bytes[at] = FIVE
  return bytes.writeUInt32LE(length, at + 1)
}

function lengthAt(bytes: Buffer, at: number): number {
  const first = bytes[at]!
  if (first < TWO) return first
  return first < FIVE ? ((first - TWO) << 8) | bytes[at + 1]! : bytes.readUInt32LE(at + 1)
}
