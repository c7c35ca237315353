import type { Commit } from '../history.ts'
import { failNow } from '../violation.ts'

/** A compare-and-set, and what its caller was told. */
export interface Swap {
  readonly what: string
  readonly token: string
  readonly path: string
  /** The data that was read, with the version that the write names. */
  readonly expected: string
  /** The times when it was called, and when it was answered, on one clock for all callers. */
  readonly called: number
  ended: number
  outcome: 'pending' | 'applied' | 'rejected' | 'not-sent' | 'unknown'
}

/** The states of registers that clients have seen: none sees an older state than it saw, or made, before. */
export class Seen {
  readonly #newest = new Map<string, bigint>()

  /** Notes that a client has read or written a state of a register. Throws when it is older than one before. */
  note(client: string, path: string, mzxid: bigint): void {
    const key = `${client} ${path}`
    const before = this.#newest.get(key) ?? 0n
    if (mzxid < before)
      failNow(`${client} has seen ${path} at ${mzxid}, after it had seen or made it at ${before}`)
    this.#newest.set(key, mzxid)
  }
}

/**
 * Throws for a compare-and-set of which the caller was told what is not so, or that replaced what it had not read.
 *
 * @param changes all that was committed to a register, in order.
 * @param swaps those of the same register.
 * @param first what the register was made with.
 */
export function checkSwaps(changes: readonly Commit[], swaps: Iterable<Swap>, first: string): void {
  const places = new Map<string | null, number[]>()
  for (const [index, { data }] of changes.entries()) {
    const present = places.get(data)
    if (present === undefined) places.set(data, [index])
    else present.push(index)
  }
  for (const { what, token, expected, outcome } of swaps) {
    const made = places.get(token) ?? []
    if (made.length > 1) failNow(`${what} was applied ${made.length} times`)
    if (outcome === 'applied' && made.length === 0) failNow(`${what} was told success, and was not applied`)
    if ((outcome === 'rejected' || outcome === 'not-sent') && made.length > 0)
      failNow(`${what} was told ${outcome}, and was applied`)
    const [index] = made
    if (index === undefined) continue
    const before = changes[index - 1]?.data ?? first
    if (before !== expected) failNow(`${what} has replaced ${before}, where ${expected} had been read`)
  }
}

/** Throws when a write took effect before one that was answered when it was called: writes are linearizable. */
export function checkRealTime(swaps: ReadonlyMap<string, Swap>, commits: readonly Commit[]): void {
  let latest: Swap | null = null
  for (const { data } of commits) {
    const each = data === null ? undefined : swaps.get(data)
    if (each === undefined) continue
    if (latest !== null && each.outcome === 'applied' && each.ended < latest.called)
      failNow(`${latest.what} took effect before ${each.what}, which was answered when it was called`)
    if (latest === null || each.called > latest.called) latest = each
  }
}
