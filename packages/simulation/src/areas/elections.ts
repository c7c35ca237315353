import { ZooKeeperError } from '@zookit/client'
import {
  type ElectionView,
  LeaderElection,
  type Leadership,
  type Lock,
  type Lockable,
  Mutex,
  type ReentrantLock,
  ReentrantMutex,
} from '@zookit/recipes'
import type { Random } from '@zookit/testing/simulate'
import type { Actor } from '../actor.ts'
import { area } from '../area.ts'
import type { System } from '../system.ts'
import { drained, UnderWay } from '../under-way.ts'
import { failNow } from '../violation.ts'

const ELECTION = '/election'
/** The path of a lock that its holder gives back when it is asked for. */
const ASKED = '/asked-for'

/**
 * The most candidates at a time where replies have a limit: each has three znodes of about ninety bytes, and an election whose
 * list is too long for a reply is rightly refused. Those of clients that are gone stay for a while.
 */
const MOST = 25

/** A candidate that works while it leads. */
interface Candidate {
  readonly actor: Actor
  readonly life: number
  /** Ends it. */
  readonly stop: AbortController
  /** The mandate that it has now. */
  leadership: Leadership | null
  session: bigint
}

/** An observer of the election, and what it was told last. */
interface Observer {
  readonly actor: Actor
  readonly life: number
  readonly stop: AbortController
  view: ElectionView | null
}

interface Own {
  readonly calls: UnderWay
  readonly candidates: Set<Candidate>
  /** Candidates that stand for election once, and have not heard yet. */
  readonly standing: Set<{ readonly actor: Actor; readonly life: number }>
  readonly observers: Set<Observer>
}

function jitter(random: Random): { jitter: number } {
  return { jitter: random.pick([0, 100]) }
}

/** Tells if the list of one more candidate may be too long for a reply. */
function isCrowded({ candidates, standing }: Own, { settings }: System): boolean {
  if (settings.options.maxResponseSize === undefined) return false
  return livingOf([...candidates, ...standing]).length >= MOST
}

/** Leads again and again, for short times, until the end of the run or before. */
async function lead(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk, life } = actor
  if (zk === null || isCrowded(own, system)) return
  const stop = new AbortController()
  const candidate: Candidate = { actor, life, stop, leadership: null, session: 0n }
  own.candidates.add(candidate)
  const work = async (signal: AbortSignal, leadership: Leadership): Promise<void> => {
    if (candidate.leadership !== null) failNow(`the work of ${actor.name} runs twice`)
    Object.assign(candidate, { leadership, session: zk.session.id })
    await system.world.sleep(random.delay(2000))
    candidate.leadership = null
    if (signal.aborted) throw new ZooKeeperError('ABORTED', { outcome: 'unknown' })
  }
  const election = new LeaderElection(zk, ELECTION, { data: actor.name, ...jitter(random) })
  const leading = election.lead(work, { signal: stop.signal, requeue: random.chance(0.7) })
  if (random.chance(0.5)) actor.process.environment.setTimer(() => stop.abort(), random.int(1, 8000))
  await own.calls.steadfast(actor, 'leading', leading)
  own.candidates.delete(candidate)
}

/** Stands for election once, and resigns. */
async function campaign(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk, life } = actor
  if (zk === null || isCrowded(own, system)) return
  const election = new LeaderElection(zk, ELECTION, { data: actor.name, ...jitter(random) })
  const place = { actor, life }
  own.standing.add(place)
  const standing = election.campaign({ timeout: random.int(1, 4000) })
  const leadership = await own.calls.steadfast(actor, 'standing for election', standing)
  own.standing.delete(place)
  if (leadership === undefined || actor.life !== life) return
  const stop = new AbortController()
  const candidate: Candidate = { actor, life, stop, leadership, session: zk.session.id }
  own.candidates.add(candidate)
  await system.world.sleep(random.delay(1000))
  own.candidates.delete(candidate)
  if (actor.life === life) await own.calls.steadfast(actor, 'resigning', leadership.resign())
}

async function observe(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk, life } = actor
  if (zk === null) return
  const present = [...own.observers].filter(each => each.actor === actor && each.life === life)
  if (present.length >= 3) return
  const observer: Observer = { actor, life, stop: new AbortController(), view: null }
  own.observers.add(observer)
  const following = async (): Promise<void> => {
    const election = new LeaderElection(zk, ELECTION, jitter(random))
    for await (const view of election.observe({ signal: observer.stop.signal })) observer.view = view
  }
  await own.calls.steadfast(actor, 'observing the election', following())
  own.observers.delete(observer)
}

async function ask(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk } = actor
  if (zk === null) return
  const election = new LeaderElection(zk, ELECTION, jitter(random))
  const mutex = new Mutex(zk, ASKED, jitter(random))
  const limits = random.chance(0.3) ? { timeout: random.int(1, 500) } : {}
  const question = random.pick<() => Promise<unknown>>([
    () => election.leader(limits),
    () => election.count(limits),
    () => mutex.isLocked(limits),
    () => mutex.contenders(limits),
    () => mutex.revoke(null, limits),
    () => mutex.revoke(null, limits),
  ])
  await own.calls.follow(actor, 'asking about an election or a lock', question())
}

/** Holds a lock, which some enter twice, until it is asked for, and for a few seconds at most. */
async function holdUntilAsked(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk } = actor
  if (zk === null) return
  const settings = { revocable: true, ...jitter(random) }
  const work = async (signal: AbortSignal, held: Lock | ReentrantLock): Promise<void> => {
    const until = system.world.now + random.delay(3000)
    const again = 'enter' in held && held.held ? held.enter() : null
    while (!signal.aborted && !held.revoked.aborted && system.world.now < until) await system.world.sleep(50)
    await again?.release()
  }
  const lock = random.chance(0.5) ? new ReentrantMutex(zk, ASKED, settings) : new Mutex(zk, ASKED, settings)
  const limits = random.chance(0.3) ? { timeout: random.int(1, 2000) } : {}
  await own.calls.follow(
    actor,
    'working under a lock',
    (lock as Lockable<Lock | ReentrantLock>).withLock(work, limits),
  )
}

/** Throws when two certainly lead. */
function checkLeaders({ candidates }: Own, system: System): void {
  if (system.sessionsAreSwapped) return
  const leaders = [...candidates].filter(
    ({ actor, life, leadership, session }) =>
      actor.life === life && !actor.wasSuspended && !system.expiredByForce.has(session) && leadership?.held,
  )
  if (leaders.length < 2) return
  const names = leaders.map(({ actor, leadership }) => `${actor.name} (token ${leadership!.token})`)
  failNow(`${names.join(' and ')} certainly lead`)
}

function livingOf<Each extends Pick<Candidate, 'actor' | 'life'>>(all: Iterable<Each>): Each[] {
  return [...all].filter(({ actor, life }) => actor.life === life)
}

/** Waits until nobody stands for election any more, and every observer has been told of that. */
async function viewsAreQuiet(own: Own, system: System): Promise<void> {
  const check = (): never => {
    checkViews(own, system)
    failNow('somebody stands for election after a minute of quiet')
  }
  await drained(system, () => livingOf([...own.candidates, ...own.standing]).length, check)
  const shown = ({ view }: Observer): number => view?.candidates.length ?? 1
  await drained(system, () => livingOf(own.observers).reduce((sum, each) => sum + shown(each), 0), check)
}

/** Throws when an observer has another view of the election than the tree. */
function checkViews(own: Own, system: System): void {
  for (const { actor, view } of livingOf(own.observers)) {
    const shown = (view?.candidates ?? []).map(({ path }) => system.serverPath(path)).sort()
    const there = Object.keys(system.dump()).filter(path => shown.includes(path))
    if (view === null) failNow(`${actor.name} observes the election, and was told nothing`)
    if (there.length !== shown.length)
      failNow(`${actor.name} sees ${shown.join(', ')}, of which ${there.join(', ') || 'nobody'} is there`)
    if (shown.length > 0) failNow(`${actor.name} sees ${shown.join(', ')}, and nobody stands for election`)
  }
}

/** Elections and locks that are asked for: one leader at a time, views that are true, and nothing left behind. */
export const elections = area<Own>({
  name: 'elections',
  begin: () => ({ calls: new UnderWay(), candidates: new Set(), standing: new Set(), observers: new Set() }),
  steps: {
    'lead again and again': { weight: 1, run: lead },
    'lead once, and resign': { weight: 2, run: campaign },
    'observe an election': { weight: 0.5, run: observe },
    'ask about an election or a lock': { weight: 2, run: ask },
    'hold a lock until it is asked for': { weight: 2, run: holdUntilAsked },
  },
  check: checkLeaders,
  async quiet(own, system) {
    for (const { stop } of own.candidates) stop.abort()
    await system.quietFor(20_000)
    await system.world.sleep(3000)
    await viewsAreQuiet(own, system)
    for (const { stop } of own.observers) stop.abort()
    await own.calls.ended(system)
    await system.world.sleep(3000)
    const contender = new RegExp(`^(${[ELECTION, ASKED].map(path => system.serverPath(path)).join('|')})/`)
    const left = Object.keys(system.dump()).filter(path => contender.test(path))
    if (left.length > 0)
      failNow(`nobody stands for election or holds the lock, and there is ${left.join(', ')}`)
  },
})
