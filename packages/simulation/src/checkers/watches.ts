import type { ZooKeeper } from '@zookit/client'
import type { WatchInfo } from '@zookit/testing'
import type { Actor } from '../actor.ts'
import type { Commit } from '../history.ts'
import type { System } from '../system.ts'
import { failNow } from '../violation.ts'

/** The folder of znodes that one step each watches and changes, so that its change is the last one there. */
export const OWN_PATHS = '/own'

const TOPS = ['/w', OWN_PATHS]

/** The kinds of watches. */
export type Kind = 'data' | 'child' | 'persistent' | 'recursive'

/** A watch that a client believes to have. */
export interface Listening {
  readonly actor: Actor
  readonly life: number
  readonly path: string
  readonly kind: Kind
  /** The position in the history at which the client learned that the watch is set; null before. */
  since: number | null
  /** The position in the history of the newest message: an event, a `resync`, or the end. */
  heard: number
  /** True once nothing follows. */
  over: boolean
  /** Notices of a one-shot watch. */
  notices: number
  /** True for a one-shot watch on a znode that did not exist. */
  waitsForCreate: boolean
  /** Returns the lasting watch that a one-shot one was to be served by; null if none was asked for with it. */
  servedBy: (() => Listening) | null
}

/** The watches that clients believe to have. */
interface Believed {
  readonly listening: readonly Listening[]
  /** Paths of actors' lives where a read that was given up may have left a one-shot watch that the client knows nothing of. */
  readonly unsure: ReadonlySet<string>
}

/** Names a watch for people. */
export function describe({ actor, kind, path }: Listening): string {
  return `the ${kind} watch of ${actor.name} on ${path}`
}

/** Tells whether a change has an event for a watch. */
function concerns(each: Listening, { type, path }: Commit, watched: string): boolean {
  if (type === 'setAcl') return false
  const isChild = path.slice(0, path.lastIndexOf('/')) === watched
  switch (each.kind) {
    case 'data':
      return path === watched
    case 'child':
      return type !== 'setData' && (isChild || (type === 'delete' && path === watched))
    case 'persistent':
      return path === watched || (type !== 'setData' && isChild)
    case 'recursive':
      return path === watched || path.startsWith(`${watched}/`)
  }
}

/** Throws for a watch that was not told of a change, or of a gap in which it may have been. */
export function checkHeard(each: Listening, system: System): void {
  const { since, heard, over, actor, life } = each
  if (since === null || over || actor.life !== life) return
  const watched = system.serverPath(each.path)
  const { commits } = system.history
  const missed = commits.filter(commit => commit.at > since && concerns(each, commit, watched))
  const last = missed.at(-1)
  if (last === undefined || heard >= last.at) return
  // Without a connection, or behind a lasting watch that never stood, a creation that is undone goes unseen: the server compares states.
  const isUnserved = each.servedBy?.().since === null
  if (each.waitsForCreate && last.type === 'delete' && (isUnserved || last.at <= actor.restoredAt)) return
  failNow(`${describe(each)} was never told of the ${last.type} of ${last.path} at ${last.zxid}`)
}

/** Returns the watches that the servers hold for a client's session, on the paths of this area. */
function heldFor(system: System, zk: ZooKeeper): WatchInfo[] {
  const tops = TOPS.map(top => system.serverPath(top))
  return system.ensemble.members
    .flatMap(member => member.watches())
    .filter(({ sessionId, path }) => {
      return sessionId === zk.session.id && tops.some(top => path === top || path.startsWith(`${top}/`))
    })
}

/** Throws when the servers hold another set of watches than the client believes. */
export function checkHeld(own: Believed, system: System, actor: Actor): void {
  const { zk, name, life } = actor
  // A write that is too large for the server costs the connection, also when all faults are over.
  if (zk?.state !== 'connected') return
  const believed = own.listening.filter(each => each.actor === actor && each.life === life && !each.over)
  const held = heldFor(system, zk)
  for (const each of believed) {
    if (each.since === null) continue
    const path = system.serverPath(each.path)
    const isHeld = held.some(info => info.path === path && stands(system, info.kind, each.kind))
    if (!isHeld) failNow(`${describe(each)} does not stand at the server`)
  }
  for (const { path, kind } of held) {
    if (isOneShot(kind) && own.unsure.has(`${name}#${life} ${path}`)) continue
    const here = believed.filter(each => system.serverPath(each.path) === path)
    const isWanted = isOneShot(kind) ? mayStand(kind, here) : here.some(each => each.kind === kind)
    if (!isWanted) failNow(`the server holds a ${kind} watch on ${path} for ${name}, which nobody listens to`)
  }
}

/** Tells whether a watch that a server holds does what one of another kind would. */
function stands({ settings }: System, held: WatchInfo['kind'], wanted: Kind): boolean {
  if (held === wanted) return true
  if (held === 'persistent') return wanted === 'data' || wanted === 'child'
  // Before 3.9 the recursive watch is in the place of every other one on its path.
  return held === 'recursive' && (wanted === 'data' || settings.version !== '3.9')
}

function isOneShot(kind: WatchInfo['kind']): boolean {
  return kind === 'data' || kind === 'child'
}

/**
 * Tells whether somebody listens to a one-shot watch, or it may be left over: until an event has told the client of the
 * server's release, it does not remove one beside a lasting one, which a server before 3.9 would remove in its place. It
 * ends with its event.
 */
function mayStand(held: WatchInfo['kind'], here: readonly Listening[]): boolean {
  return here.some(({ kind }) => kind === held || kind === 'persistent' || kind === 'recursive')
}
