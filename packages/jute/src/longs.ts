import { endianness } from 'node:os'

/** More than any record of fixed size has. */
const STAGES = 8

/**
 * Where 64-bit integers pass from 32-bit halves to bigints and back. Typed arrays are read and written by compiled code, and
 * DataView's bigint methods by a call into native code (Node 20, the four of a Stat: 52 ns to read for 34, 48 to write for 31).
 */
export const stagedLongs: BigInt64Array = new BigInt64Array(STAGES)
/** The same, two to a long: at `2 * stage + HIGH` and `2 * stage + LOW`. */
export const halves: Int32Array = new Int32Array(stagedLongs.buffer)
/** Which half of a long is the high one. */
export const HIGH: number = endianness() === 'LE' ? 1 : 0
/** Which is the low one. */
export const LOW: number = 1 - HIGH

/** What the high half of a long counts. */
export const TWO_32 = 0x1_0000_0000

/** The 64-bit integer at `at`. */
export function longAt(view: DataView, at: number): bigint {
  halves[HIGH] = view.getInt32(at)
  halves[LOW] = view.getInt32(at + 4)
  return stagedLongs[0]!
}

/** Puts a 64-bit integer at `at`. */
export function setLongAt(view: DataView, at: number, value: bigint): void {
  stagedLongs[0] = value
  view.setInt32(at, halves[HIGH]!)
  view.setInt32(at + 4, halves[LOW]!)
}

/** The 64-bit integer at `at` as a number: exact up to 2^53. */
export function longNumberAt(view: DataView, at: number): number {
  return view.getInt32(at) * TWO_32 + view.getUint32(at + 4)
}

/** Puts a number at `at` as a 64-bit integer: exact up to 2^53. */
export function setLongNumberAt(view: DataView, at: number, value: number): void {
  view.setInt32(at, Math.floor(value / TWO_32))
  view.setUint32(at + 4, value >>> 0)
}
