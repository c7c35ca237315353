import type { NodeEvent, OneShotEvent, StreamEvent, Watch, ZooKeeper } from '@zookit/client'
import { ZooKeeperError } from '@zookit/client'
import type { WatchInfo } from '@zookit/testing'
import { Random } from '@zookit/testing/simulate'
import type { Actor } from '../actor.ts'
import { area } from '../area.ts'
import type { Commit } from '../history.ts'
import type { System } from '../system.ts'
import { failNow } from '../violation.ts'

const PATHS = ['/w', '/w/a', '/w/b', '/w/a/x']

/** The folder of znodes that one step each watches and changes, so that its change is the last one there. */
const OWN_PATHS = '/own'

type Kind = 'data' | 'child' | 'persistent' | 'recursive'

/** A watch that a client believes to have. */
interface Listening {
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
}

interface Own {
  readonly listening: Listening[]
  readonly open: Map<Listening, Watch>
  /** Paths of actors' lives where a read that was given up may have left a one-shot watch that the client knows nothing of. */
  readonly unsure: Set<string>
}

/** A source of chance that always picks one client and one path. */
class Narrowed extends Random {
  readonly #actor: Actor
  readonly #path: string

  constructor(random: Random, actor: Actor, path: string) {
    super(`narrowed ${random.next()}`)
    this.#actor = actor
    this.#path = path
  }

  override pick<T>(from: readonly T[]): T {
    const [first] = from
    if (first instanceof Object && 'process' in first) return this.#actor as T
    if (first instanceof Object && 'notices' in first)
      return super.pick(this.#own(from as readonly Listening[])) as T
    return (from as readonly unknown[]) === PATHS ? (this.#path as T) : super.pick(from)
  }

  /** The watches of the client on the path; all of them if it has none there. */
  #own(all: readonly Listening[]): readonly Listening[] {
    const own = all.filter(({ actor, path }) => actor === this.#actor && path === this.#path)
    return own.length > 0 ? own : all
  }
}

function begin(own: Own, actor: Actor, path: string, kind: Kind): Listening {
  const { life } = actor
  const state = { since: null, heard: 0, over: false, notices: 0, waitsForCreate: false }
  const each: Listening = { actor, life, path, kind, ...state }
  own.listening.push(each)
  return each
}

function describe({ actor, kind, path }: Listening): string {
  return `the ${kind} watch of ${actor.name} on ${path}`
}

/** Leaves a one-shot watch with a read. */
async function read(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk, life } = actor
  if (zk === null) return
  const path = random.pick(PATHS)
  const method = random.pick(['getData', 'exists', 'getChildren'] as const)
  const each = begin(own, actor, path, method === 'getChildren' ? 'child' : 'data')
  const watch = (event: OneShotEvent): void => {
    each.notices++
    each.heard = system.world.happened
    each.over = true
    if (each.notices > 1) failNow(`${describe(each)} was told of ${event.type} after it had fired`)
  }
  const options = random.chance(0.25) ? { watch, timeout: random.pick([1, random.int(1, 100)]) } : { watch }
  try {
    const found = await actor.follow(zk[method](path, options) as Promise<unknown>)
    if (actor.life !== life) return
    each.since = system.world.happened
    each.waitsForCreate = found === null
  } catch (error) {
    if (!ZooKeeperError.is(error)) throw error
    each.over = true
    if (error.outcome === 'unknown') own.unsure.add(`${actor.name}#${life} ${system.serverPath(path)}`)
  }
}

/** Watches by an iterator, and takes its events one by one. */
async function watch(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const path = random.pick(PATHS)
  const each = watchAt(own, system, actor, path, random.chance(0.5) ? 'recursive' : 'persistent')
  await each?.told
}

/** A watch by an iterator. */
interface Opened {
  readonly each: Listening
  readonly stream: Watch
  /** Settles when nothing follows. */
  readonly told: Promise<unknown>
}

function watchAt(
  own: Own,
  system: System,
  actor: Actor,
  path: string,
  kind: 'persistent' | 'recursive',
): Opened | null {
  const { zk } = actor
  if (zk === null) return null
  const each = begin(own, actor, path, kind)
  const stream = zk.watch(path, { recursive: kind === 'recursive' })
  own.open.set(each, stream)
  stream.ready.then(
    () => (each.since = system.world.happened),
    () => (each.over = true),
  )
  return { each, stream, told: actor.follow(consume(own, system, each, stream)) }
}

/**
 * Closes one of two lasting watches on one path while another client makes a child there: whichever the server keeps for both,
 * the other one is told.
 */
async function closeOneOfTwo(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const other = random.pick(system.actors)
  const { life } = actor
  const path = `${OWN_PATHS}/${system.token(actor)}`
  if (actor.zk === null || other.zk === null) return
  await actor.follow(attempt(() => actor.zk!.create(path)))
  const kinds = random.chance(0.7)
    ? (['recursive', 'persistent'] as const)
    : (['persistent', 'recursive'] as const)
  if (actor.life !== life) return
  const [first, second] = kinds.map(kind => watchAt(own, system, actor, path, kind))
  if (!first || !second) return
  const ready = Promise.all([first.stream.ready, second.stream.ready])
  const isReady = await actor.follow(ready.then(() => true)).catch(() => false)
  if (!isReady || actor.life !== life) return
  system.world.note(`${describe(first.each)} is closed beside another one`)
  first.each.over = true
  const closed = actor.follow(first.stream.close())
  await system.world.sleep(random.int(0, 100))
  const { zk } = other
  if (zk !== null) await other.follow(attempt(() => zk.create(`${path}/child`)))
  await closed
}

async function consume(own: Own, system: System, each: Listening, stream: Watch): Promise<void> {
  const seen = new Set<string>()
  try {
    for await (const event of stream) {
      each.heard = system.world.happened
      checkTwice(each, event, seen)
    }
  } catch (error) {
    // Before 3.6 there are no such watches; a session that is told to go ends them too.
    if (!ZooKeeperError.is(error)) throw error
  }
  each.over = true
  own.open.delete(each)
}

/**
 * Throws for a change that a watch has told of before. Servers before 3.9 do not say which change an event tells of, and
 * one transaction that deletes several ephemerals has a `children` event for each.
 */
function checkTwice(each: Listening, event: StreamEvent, seen: Set<string>): void {
  if (event.type === 'resync' || event.type === 'children' || event.zxid < 0n) return
  const { type, path, zxid } = event as NodeEvent
  const key = `${type} ${path} ${zxid}`
  if (seen.has(key)) failNow(`${describe(each)} was told twice of ${type} of ${path} at ${zxid}`)
  seen.add(key)
}

/** Ends one of the iterators. */
async function endOne(own: Own, system: System, random: Random): Promise<void> {
  const open = [...own.open.keys()].filter(({ actor, life }) => actor.life === life)
  if (open.length === 0) return
  const each = random.pick(open)
  const stream = own.open.get(each)!
  system.world.note(`${describe(each)} is closed`)
  each.over = true
  await each.actor.follow(random.chance(0.5) ? stream.close() : stream.return().then(() => {}))
}

/** Changes one of the watched znodes, whatever comes of it. */
async function change(_: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk } = actor
  if (zk === null) return
  const path = random.pick(PATHS)
  const act = random.pick([
    () => zk.setData(path, 'new'),
    () => zk.create(path),
    () => zk.delete(path),
    () => zk.create('/w/b/-', null, { mode: 'ephemeral-sequential' }),
  ])
  system.world.note(`${actor.name}: changes ${path}`)
  await actor.follow(attempt(act))
}

async function attempt(act: () => Promise<unknown>): Promise<void> {
  try {
    await act()
  } catch (error) {
    if (!ZooKeeperError.is(error)) throw error
  }
}

async function removeAll(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk } = actor
  if (zk === null) return
  const path = random.pick(PATHS)
  const kind = random.pick(['data', 'children', 'any'] as const)
  system.world.note(`${actor.name}: removes the watches (${kind}) of ${path}`)
  await actor.follow(attempt(() => zk.removeWatches(path, kind, random.chance(0.5) ? { local: true } : {})))
  void own
}

/** Does several things in one turn of the event loop: for one client and one path more often than not. */
async function burst(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const path = random.pick(PATHS)
  const narrow = random.chance(0.7)
  const choose = narrow ? new Narrowed(random, actor, path) : random
  const acts = Array.from({ length: random.int(2, 6) }, () =>
    random.pick([read, read, watch, watch, endOne, endOne, change, removeAll]),
  )
  const all = acts.map(act => act(own, system, choose))
  if (random.chance(0.15)) await closeNow(system, actor)
  await Promise.all(all)
}

/** Closes a client while its watches are being changed, and starts another one in its place. */
async function closeNow(system: System, actor: Actor): Promise<void> {
  const { zk, life } = actor
  if (zk === null) return
  system.world.note(`${actor.name}: close() behind changes of its watches`)
  const isOver = await actor.follow(zk.close().then(() => true))
  if (isOver && actor.life === life) actor.restart()
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
function checkHeard(each: Listening, system: System): void {
  const { since, heard, over, actor, life } = each
  if (since === null || over || actor.life !== life) return
  const watched = system.serverPath(each.path)
  const { commits } = system.history
  const missed = commits.filter(commit => commit.at > since && concerns(each, commit, watched))
  const last = missed.at(-1)
  if (last === undefined || heard >= last.at) return
  // Without a connection a creation that is undone goes unseen: the server compares states.
  const { restoredAt } = actor
  if (each.waitsForCreate && last.type === 'delete' && last.at <= restoredAt) return
  failNow(`${describe(each)} was never told of the ${last.type} of ${last.path} at ${last.zxid}`)
}

/** Returns the watches that the servers hold for a client's session, on the paths of this area. */
function heldFor(system: System, zk: ZooKeeper): WatchInfo[] {
  const tops = ['/w', OWN_PATHS].map(top => system.serverPath(top))
  return system.ensemble.members
    .flatMap(member => member.watches())
    .filter(({ sessionId, path }) => {
      return sessionId === zk.session.id && tops.some(top => path === top || path.startsWith(`${top}/`))
    })
}

/** Throws when the servers hold another set of watches than the client believes. */
function checkHeld(own: Own, system: System, actor: Actor): void {
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

/** Watches: every change has its event, every gap its message; the server holds what the client believes, and nothing more. */
export const watches = area<Own>({
  name: 'watches',
  begin(system, random) {
    system.seedSome(random, { w: { a: { x: '' }, b: {} } })
    system.seed({ [OWN_PATHS.slice(1)]: {} })
    return { listening: [], open: new Map(), unsure: new Set() }
  },
  steps: {
    'read with a watch': { weight: 10, run: read },
    'watch by an iterator': { weight: 5, run: watch },
    'end an iterator': { weight: 4, run: endOne },
    'change a watched znode': { weight: 12, run: change },
    'several things at once': { weight: 8, run: burst },
    'remove watches': { weight: 2, run: removeAll },
    'close one of two watches': { weight: 2, run: closeOneOfTwo },
  },
  async quiet(own, system) {
    await system.quietFor(5000)
    for (const each of own.listening) checkHeard(each, system)
    for (const actor of system.actors) checkHeld(own, system, actor)
    for (const stream of [...own.open.values()]) void stream.close()
    own.open.clear()
  },
})
