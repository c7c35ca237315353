import type { NodeEvent, OneShotEvent, StreamEvent, Watch } from '@zookit/client'
import { ZooKeeperError } from '@zookit/client'
import { Random } from '@zookit/testing/simulate'
import type { Actor } from '../actor.ts'
import { area } from '../area.ts'
import { checkHeard, checkHeld, describe, type Kind, type Listening, OWN_PATHS } from '../checkers/watches.ts'
import type { System } from '../system.ts'
import { failNow } from '../violation.ts'

const PATHS = ['/w', '/w/a', '/w/b', '/w/a/x']

interface Own {
  readonly listening: Listening[]
  readonly open: Map<Listening, Watch>
  /** Paths of actors' lives where a read that was given up may have left a one-shot watch that the client knows nothing of. */
  readonly unsure: Set<string>
  /** Set in runs whose znodes come and go behind watches that are given up: chance, for the time when all faults are over. */
  readonly comesAndGoes: Random | null
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
  const state = { since: null, heard: 0, over: false, notices: 0, waitsForCreate: false, servedBy: null }
  const each: Listening = { actor, life, path, kind, ...state }
  own.listening.push(each)
  return each
}

/** Leaves a one-shot watch with a read. */
async function read(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  if (actor.zk === null) return
  const path = random.pick(PATHS)
  const method = random.pick(['getData', 'exists', 'getChildren'] as const)
  const limits = random.chance(0.25) ? { timeout: random.pick([1, random.int(1, 100)]) } : {}
  await readAt(own, system, actor, { path, method, limits, servedBy: null })
}

/** A read that leaves a one-shot watch. */
interface Reading {
  readonly path: string
  readonly method: 'getData' | 'exists' | 'getChildren'
  readonly limits: { readonly timeout?: number }
  /** Returns the lasting watch that is to serve it; null if none was asked for with it. */
  readonly servedBy: Listening['servedBy']
}

async function readAt(
  own: Own,
  system: System,
  actor: Actor,
  { path, method, limits, servedBy }: Reading,
): Promise<void> {
  const { zk, life } = actor
  if (zk === null) return
  const each = begin(own, actor, path, method === 'getChildren' ? 'child' : 'data')
  each.servedBy = servedBy
  const watch = (event: OneShotEvent): void => {
    each.notices++
    each.heard = system.world.happened
    each.over = true
    if (each.notices > 1) failNow(`${describe(each)} was told of ${event.type} after it had fired`)
  }
  try {
    const found = await actor.follow(zk[method](path, { ...limits, watch }) as Promise<unknown>)
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

/**
 * Leaves a one-shot watch on a znode that is not there, behind a lasting watch that is to serve it and is given up, and lets the
 * znode come and go: the server may be asked for the one-shot watch when its listener has heard of that already.
 */
async function readBehindGivenUp(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk, life } = actor
  if (zk === null) return
  const path = `${OWN_PATHS}/${system.token(actor)}`
  system.world.note(`${actor.name}: ${path} comes and goes behind a watch that is given up`)
  // With a small window, what is before them in the queue keeps them in it.
  const before = Array.from({ length: random.pick([0, 3, 3]) }, () => attempt(() => zk.exists(path)))
  const first = watchAt(own, system, actor, path, random.pick(['persistent', 'persistent', 'recursive']))!
  let second = first
  const servedBy = (): Listening => second.each
  const reading = readAt(own, system, actor, { path, method: 'exists', limits: {}, servedBy })
  first.each.over = true
  const closed = first.stream.close()
  if (random.chance(0.3)) await system.world.sleep(random.int(0, 100))
  if (actor.life !== life) return
  second = watchAt(own, system, actor, path, random.chance(0.7) ? 'persistent' : 'recursive')!
  const changes = [attempt(() => zk.create(path)), attempt(() => zk.delete(path))]
  await actor.follow(Promise.all([...before, closed, ...changes]))
  await reading
  // What corrects the server's watches waits for its turn in the queue, one request after the other.
  for (let round = 0; round < 6 && actor.life === life; round++)
    await actor.follow(attempt(() => zk.exists(path)))
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

/** Watches: every change has its event, every gap its message; the server holds what the client believes, and nothing more. */
export const watches = area<Own>({
  name: 'watches',
  begin(system, random) {
    system.seedSome(random, { w: { a: { x: '' }, b: {} } })
    system.seed({ [OWN_PATHS.slice(1)]: {} })
    const chance = random.fork('comes and goes')
    const comesAndGoes = chance.chance(0.5) ? chance : null
    return { listening: [], open: new Map(), unsure: new Set(), comesAndGoes }
  },
  steps: {
    'read with a watch': { weight: 10, run: read },
    'watch by an iterator': { weight: 5, run: watch },
    'end an iterator': { weight: 4, run: endOne },
    'change a watched znode': { weight: 12, run: change },
    'several things at once': { weight: 8, run: burst },
    'remove watches': { weight: 2, run: removeAll },
    'close one of two watches': {
      weight: 2,
      run: (own, system, random) =>
        (own.comesAndGoes !== null && random.chance(0.5) ? readBehindGivenUp : closeOneOfTwo)(
          own,
          system,
          random,
        ),
    },
  },
  async quiet(own, system) {
    await system.quietFor(5000)
    // A connection that is lost later sets all right: here none is.
    if (own.comesAndGoes !== null) {
      await readBehindGivenUp(own, system, own.comesAndGoes)
      await system.world.sleep(2000)
    }
    for (const each of own.listening) checkHeard(each, system)
    for (const actor of system.actors) checkHeld(own, system, actor)
    for (const stream of [...own.open.values()]) void stream.close()
    own.open.clear()
  },
})
