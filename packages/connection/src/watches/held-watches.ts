import { WatcherType } from '@zookit/jute'

/**
 * The release's rule for watches of different modes on one path: true if a server keeps them all (from 3.9.0 on), false if
 * the last mode takes the place of the others (ZOOKEEPER-4466), null while nothing has told.
 */
export type Coexistence = boolean | null

/** The kinds of watches that a path has, or is to have, as bits. One on an absent znode (`exist`) is a data watch. */
export const Kind = { none: 0, data: 1, child: 2, persistent: 4, recursive: 8 } as const

const ONE_SHOT = Kind.data | Kind.child
const LASTING = Kind.persistent | Kind.recursive

// What a server holds for one path is a number: the kinds by the rule of 3.9.0 in the low four bits, and the mode of each
// of the two tables (data, children) by the rule of the older ones in two bits each. Both are kept up until the server
// has shown which rule is its own.
const KINDS = 15
const DATA_TABLE = 4
const CHILD_TABLE = 6
const MODES = 3
const Mode = { none: 0, oneShot: 1, persistent: 2, recursive: 3 } as const

/** A correction of what a server holds for a path. */
export type Correction =
  | { readonly add: 'persistent' | 'recursive' }
  | { readonly remove: (typeof WatcherType)[keyof typeof WatcherType] }

function dataMode(held: number): number {
  return (held >> DATA_TABLE) & MODES
}

function childMode(held: number): number {
  return (held >> CHILD_TABLE) & MODES
}

function combine(kinds: number, data: number, child: number): number {
  return kinds | (data << DATA_TABLE) | (child << CHILD_TABLE)
}

/** Tells whether a server that keeps one mode for a path has the recursive one there. */
export function isRecursive(held: number): boolean {
  return dataMode(held) === Mode.recursive
}

/** Returns what a server holds that was asked for these kinds, the recursive one last. */
export function heldAfterAll(kinds: number): number {
  if (kinds & Kind.recursive) return combine(kinds, Mode.recursive, Mode.recursive)
  if (kinds & Kind.persistent) return combine(kinds, Mode.persistent, Mode.persistent)
  return combine(kinds, kinds & Kind.data, (kinds & Kind.child) >> 1)
}

/** Returns what a server holds after it has set a one-shot watch or a lasting one. */
export function heldAfterSetting(held: number, kind: number): number {
  const kinds = (held & KINDS) | kind
  if (kind === Kind.data) return combine(kinds, Mode.oneShot, childMode(held))
  if (kind === Kind.child) return combine(kinds, dataMode(held), Mode.oneShot)
  const mode = kind === Kind.persistent ? Mode.persistent : Mode.recursive
  return combine(kinds, mode, mode)
}

/** Returns what a server holds after it has sent an event of the path that fires one-shot watches of these kinds. */
export function heldAfterEvent(held: number, fired: number): number {
  const spent = (mode: number): number => (mode === Mode.oneShot ? Mode.none : mode)
  return combine(
    held & KINDS & ~fired,
    fired & Kind.data ? spent(dataMode(held)) : dataMode(held),
    fired & Kind.child ? spent(childMode(held)) : childMode(held),
  )
}

/** Returns what a server holds after it has removed the watches of a `WatcherType`. */
export function heldAfterRemoving(held: number, type: number): number {
  const kinds = held & KINDS
  switch (type) {
    case WatcherType.children:
      return combine(kinds & ~Kind.child, dataMode(held), Mode.none)
    case WatcherType.data:
      return combine(kinds & ~Kind.data, Mode.none, childMode(held))
    case WatcherType.persistent:
      return combine(kinds & ~Kind.persistent, dataMode(held), childMode(held))
    case WatcherType.persistentRecursive:
      return combine(kinds & ~Kind.recursive, dataMode(held), childMode(held))
    default:
      return 0
  }
}

/**
 * Returns those of the wanted kinds that get no events from what the server holds: a persistent watch stands in for
 * one-shot ones, a recursive one for all but `child`; before 3.9.0 for that, too, as its events tell of every child. While
 * the rule is not known, a kind must be served by both.
 */
export function unserved(held: number, wanted: number, coexist: Coexistence): number {
  const byKinds = coexist === false ? 0 : wanted & ~servedByKinds(held & KINDS)
  const byModes = coexist === true ? 0 : wanted & ~servedByModes(dataMode(held), childMode(held))
  return byKinds | byModes
}

function servedByKinds(kinds: number): number {
  if (kinds & Kind.persistent) return kinds | ONE_SHOT
  return kinds & Kind.recursive ? kinds | Kind.data : kinds
}

function servedByModes(data: number, child: number): number {
  if (data === Mode.recursive) return ONE_SHOT | LASTING
  let served = 0
  if (data !== Mode.none) served |= Kind.data
  if (child === Mode.oneShot || child === Mode.persistent) served |= Kind.child
  if (data === Mode.persistent && child === Mode.persistent) served |= Kind.persistent
  return served
}

/** Returns the next request that brings what a server holds to what is wanted, except one-shot watches that it lacks. */
export function correctionFor(held: number, wanted: number, coexist: Coexistence): Correction | null {
  const surplus = surplusOf(held, wanted, coexist)
  if (surplus !== null) return surplus
  const missing = unserved(held, wanted, coexist)
  // A recursive watch goes last: before 3.9.0 it serves a persistent one, too.
  const alsoByKinds = coexist !== false && (wanted & ~held & Kind.persistent) !== 0
  if (missing & Kind.persistent && (alsoByKinds || !(wanted & Kind.recursive))) return { add: 'persistent' }
  if (missing & LASTING) return { add: 'recursive' }
  // The recursive watch serves a persistent one before 3.9.0, but brings too much where no other one is wanted.
  const isReplaceable = coexist === false && wanted & Kind.persistent && !(wanted & Kind.recursive)
  return isReplaceable && dataMode(held) === Mode.recursive ? { add: 'persistent' } : null
}

function surplusOf(held: number, wanted: number, coexist: Coexistence): Correction | null {
  if (wanted === Kind.none) return held === 0 ? null : { remove: WatcherType.any }
  const isModeLasting = dataMode(held) >= Mode.persistent || childMode(held) >= Mode.persistent
  if (coexist === false) {
    if (wanted & LASTING) return null
    return isModeLasting ? { remove: WatcherType.any } : oneShotSurplus(oneShotModes(held) & ~wanted)
  }
  const surplus = held & KINDS & ~wanted
  if (surplus & Kind.recursive) return { remove: WatcherType.persistentRecursive }
  if (surplus & Kind.persistent) return { remove: WatcherType.persistent }
  // Before 3.9.0 these types take away whatever is in the place of the one-shot watch, which ends by itself.
  if (coexist === null && (isModeLasting || wanted & LASTING)) return null
  return oneShotSurplus(surplus)
}

function oneShotSurplus(surplus: number): Correction | null {
  if (surplus === Kind.none) return null
  return { remove: surplus & Kind.data ? WatcherType.data : WatcherType.children }
}

/** Returns the kinds of one-shot watches in the tables of a server before 3.9.0 that has no lasting one there. */
function oneShotModes(held: number): number {
  return dataMode(held) | (childMode(held) << 1)
}
