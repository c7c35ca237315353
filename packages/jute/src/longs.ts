import { endianness } from 'node:os'

/** As many as a record of fixed size has. */
const STAGES = 8

/**
 * Where 64-bit integers pass from 32-bit halves to bigints and back. Typed arrays are read and written by compiled code, and
 * DataView's bigint methods by a call into native code (Node 20: the four of a Stat take 11 ns for 57 to write, 38 for 65 to read).
 */
export const stagedLongs: BigInt64Array = new BigInt64Array(STAGES)
const halves = new Int32Array(stagedLongs.buffer)
/** Which half of a stage is the high one. */
const HIGH = endianness() === 'LE' ? 1 : 0
const LOW = 1 - HIGH

/**
 * Puts the 64-bit integer at `at` into `stagedLongs[stage]`. Several are put there before the first is taken out: a processor
 * waits for what it has just written in halves.
 */
export function stageLong(view: DataView, at: number, stage: number): void {
  halves[stage * 2 + HIGH] = view.getInt32(at)
  halves[stage * 2 + LOW] = view.getInt32(at + 4)
}

/** The 64-bit integer at `at`. */
export function longAt(view: DataView, at: number): bigint {
  stageLong(view, at, 0)
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
  return view.getInt32(at) * 0x1_0000_0000 + view.getUint32(at + 4)
}

/** Puts a number at `at` as a 64-bit integer: exact up to 2^53. */
export function setLongNumberAt(view: DataView, at: number, value: number): void {
  view.setInt32(at, Math.floor(value / 0x1_0000_0000))
  view.setUint32(at + 4, value >>> 0)
}
