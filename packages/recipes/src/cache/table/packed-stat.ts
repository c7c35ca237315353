// A Stat takes 68 bytes on the wire, and most of them say nothing: a znode that nobody has changed has one zxid, one time and
// zeros. What differs from that is in the bytes, and flags say what is there: 10 bytes for most znodes.

import { type Stat, StatRecord } from '@zookit/client'

/** Flags of a packed Stat. Bits from `FREE_FLAGS` on are for others. */
const MZXID = 1
const PZXID = 2
const MTIME = 4
const VERSION = 8
const CVERSION = 16
const AVERSION = 32
const OWNER = 64
const LENGTH = 128
const CHILDREN = 256
/** Zxids take 8 bytes, not 5: those of an epoch above 255. */
const WIDE_ZXIDS = 512
/** Times take 8 bytes, as doubles, not 5: those before 2004 and after 2039. */
const WIDE_TIMES = 1024

/** The first flag that a packed Stat does not use. */
export const FREE_FLAG = 2048

/** Stages of 64-bit values between bigints or doubles and their halves: written completely before they are read. */
const longs = new BigInt64Array(4)
const halves = new Int32Array(longs.buffer)
const double = new Float64Array(1)
const doubleHalves = new Int32Array(double.buffer)
longs[0] = 1n
const HIGH = halves[0]!
const LOW = 1 - HIGH

const TWO_32 = 2 ** 32
/** The first time that takes 5 bytes, and the first that does not any more: one has the same highest bit as the other. */
const FIRST_SHORT = 2 ** 40
const END_OF_SHORT = 2 ** 41

/** Returns the flags of a Stat. @param dataLength the length that it need not say. */
export function flagsOf(stat: Stat, dataLength: number): number {
  const { czxid, mzxid, pzxid, ctime, mtime } = stat
  longs[0] = czxid
  longs[1] = mzxid
  longs[2] = pzxid
  const high = halves[HIGH]! | halves[2 + HIGH]! | halves[4 + HIGH]!
  return (
    (mzxid === czxid ? 0 : MZXID) |
    (pzxid === czxid ? 0 : PZXID) |
    (mtime === ctime ? 0 : MTIME) |
    (stat.version === 0 ? 0 : VERSION) |
    (stat.cversion === 0 ? 0 : CVERSION) |
    (stat.aversion === 0 ? 0 : AVERSION) |
    (stat.ephemeralOwner === 0n ? 0 : OWNER) |
    (stat.dataLength === dataLength ? 0 : LENGTH) |
    (stat.numChildren === 0 ? 0 : CHILDREN) |
    (high >>> 8 === 0 ? 0 : WIDE_ZXIDS) |
    (isShort(ctime) && isShort(mtime) ? 0 : WIDE_TIMES)
  )
}

function isShort(time: number): boolean {
  return time >= FIRST_SHORT && time < END_OF_SHORT && Math.floor(time) === time
}

/** Returns the bytes that a Stat takes. */
export function sizeOf(flags: number): number {
  const zxid = flags & WIDE_ZXIDS ? 8 : 5
  const time = flags & WIDE_TIMES ? 8 : 5
  let size = zxid + time
  if (flags & MZXID) size += zxid
  if (flags & PZXID) size += zxid
  if (flags & MTIME) size += time
  if (flags & OWNER) size += 8
  return size + sizeOfInts(flags)
}

const INTS = VERSION | CVERSION | AVERSION | LENGTH | CHILDREN

/** Writes a Stat. @returns the place after it. */
export function writeStat(bytes: Buffer, at: number, flags: number, stat: Stat): number {
  const isWide = (flags & WIDE_ZXIDS) !== 0
  longs[0] = stat.czxid
  longs[1] = stat.mzxid
  longs[2] = stat.pzxid
  longs[3] = stat.ephemeralOwner
  at = putLong(bytes, at, 0, isWide)
  if (flags & MZXID) at = putLong(bytes, at, 1, isWide)
  if (flags & PZXID) at = putLong(bytes, at, 2, isWide)
  if (flags & OWNER) at = putLong(bytes, at, 3, true)
  at = putTime(bytes, at, flags, stat.ctime)
  if (flags & MTIME) at = putTime(bytes, at, flags, stat.mtime)
  if (flags & VERSION) at = putInt(bytes, at, stat.version)
  if (flags & CVERSION) at = putInt(bytes, at, stat.cversion)
  if (flags & AVERSION) at = putInt(bytes, at, stat.aversion)
  if (flags & LENGTH) at = putInt(bytes, at, stat.dataLength)
  if (flags & CHILDREN) at = putInt(bytes, at, stat.numChildren)
  return at
}

/** Reads a Stat. @param dataLength the length of the data, if the Stat does not say it. */
export function readStat(bytes: Buffer, at: number, flags: number, dataLength: number): Stat {
  const isWide = (flags & WIDE_ZXIDS) !== 0
  const zxid = isWide ? 8 : 5
  stageLong(bytes, at, 0, isWide)
  at += zxid
  if (flags & MZXID) {
    stageLong(bytes, at, 1, isWide)
    at += zxid
  }
  if (flags & PZXID) {
    stageLong(bytes, at, 2, isWide)
    at += zxid
  }
  if (flags & OWNER) {
    stageLong(bytes, at, 3, true)
    at += 8
  }
  const timeSize = flags & WIDE_TIMES ? 8 : 5
  const ctime = timeAt(bytes, at, flags)
  at += timeSize
  const mtime = flags & MTIME ? timeAt(bytes, at, flags) : ctime
  if (flags & MTIME) at += timeSize
  const czxid = longs[0]!
  return new StatRecord(
    czxid,
    flags & MZXID ? longs[1]! : czxid,
    ctime,
    mtime,
    flags & VERSION ? intAt(bytes, at) : 0,
    flags & CVERSION ? intAt(bytes, at + intsBefore(flags, CVERSION)) : 0,
    flags & AVERSION ? intAt(bytes, at + intsBefore(flags, AVERSION)) : 0,
    flags & OWNER ? longs[3]! : 0n,
    flags & LENGTH ? intAt(bytes, at + intsBefore(flags, LENGTH)) : dataLength,
    flags & CHILDREN ? intAt(bytes, at + intsBefore(flags, CHILDREN)) : 0,
    flags & PZXID ? longs[2]! : czxid,
  )
}

/** Returns the bytes of the 32-bit fields before one of them. */
function intsBefore(flags: number, flag: number): number {
  return sizeOfInts(flags & INTS & (flag - 1))
}

function sizeOfInts(flags: number): number {
  let size = 0
  for (let ints = flags & INTS; ints !== 0; ints &= ints - 1) size += 4
  return size
}

/** Reads the czxid of a Stat. */
export function readCzxid(bytes: Buffer, at: number, flags: number): bigint {
  stageLong(bytes, at, 0, (flags & WIDE_ZXIDS) !== 0)
  return longs[0]!
}

/** Reads the mzxid of a Stat. */
export function readMzxid(bytes: Buffer, at: number, flags: number): bigint {
  const isWide = (flags & WIDE_ZXIDS) !== 0
  const skipped = flags & MZXID ? (isWide ? 8 : 5) : 0
  stageLong(bytes, at + skipped, 0, isWide)
  return longs[0]!
}

/** Reads the length of the data that a Stat says; undefined if that is the length of the data beside it. */
export function readDataLength(bytes: Buffer, at: number, flags: number): number | undefined {
  if ((flags & LENGTH) === 0) return undefined
  return intAt(bytes, at + sizeOf(flags & ((2 * LENGTH - 1) | WIDE_ZXIDS | WIDE_TIMES)) - 4)
}

function putLong(bytes: Buffer, at: number, stage: number, isWide: boolean): number {
  const high = halves[2 * stage + HIGH]!
  putInt(bytes, at, halves[2 * stage + LOW]!)
  if (isWide) return putInt(bytes, at + 4, high)
  bytes[at + 4] = high
  return at + 5
}

function stageLong(bytes: Buffer, at: number, stage: number, isWide: boolean): void {
  halves[2 * stage + LOW] = intAt(bytes, at)
  halves[2 * stage + HIGH] = isWide ? intAt(bytes, at + 4) : bytes[at + 4]!
}

function putTime(bytes: Buffer, at: number, flags: number, time: number): number {
  if (flags & WIDE_TIMES) {
    double[0] = time
    putInt(bytes, at, doubleHalves[0]!)
    return putInt(bytes, at + 4, doubleHalves[1]!)
  }
  putInt(bytes, at, time | 0)
  bytes[at + 4] = (time - FIRST_SHORT) / TWO_32
  return at + 5
}

function timeAt(bytes: Buffer, at: number, flags: number): number {
  if (flags & WIDE_TIMES) {
    doubleHalves[0] = intAt(bytes, at)
    doubleHalves[1] = intAt(bytes, at + 4)
    return double[0]!
  }
  return FIRST_SHORT + bytes[at + 4]! * TWO_32 + (intAt(bytes, at) >>> 0)
}

function putInt(bytes: Buffer, at: number, value: number): number {
  bytes[at] = value
  bytes[at + 1] = value >>> 8
  bytes[at + 2] = value >>> 16
  bytes[at + 3] = value >>> 24
  return at + 4
}

function intAt(bytes: Buffer, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
}
