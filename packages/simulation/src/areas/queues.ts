import { type ZooKeeper, ZooKeeperError } from '@zookit/client'
import { DelayQueue, PriorityQueue, Queue, type QueueItem, type QueueOptions } from '@zookit/recipes'
import type { Random } from '@zookit/testing/simulate'
import { type Actor, PURPOSE } from '../actor.ts'
import { area } from '../area.ts'
import { checkItem, type Item, newItem } from '../checkers/queues.ts'
import type { System } from '../system.ts'
import { UnderWay } from '../under-way.ts'
import { failNow } from '../violation.ts'

type AnyQueue = Queue | PriorityQueue | DelayQueue

/** A queue of the run. */
interface Kind {
  readonly path: string
  open(zk: ZooKeeper): AnyQueue
}

/** After so many attempts, an item of the priority queue goes to the dead letters. */
const MOST_ATTEMPTS: QueueOptions = { maxAttempts: 2 }

const KINDS: readonly Kind[] = [
  { path: '/queue', open: zk => new Queue(zk, '/queue') },
  { path: '/queue', open: zk => new Queue(zk, '/queue') },
  { path: '/priorities', open: zk => new PriorityQueue(zk, '/priorities', MOST_ATTEMPTS) },
  { path: '/delays', open: zk => new DelayQueue(zk, '/delays') },
]

/** The longest suspension, in milliseconds, that clients take for a correction of the wall clock. */
const UNNOTICED = 50

interface Own {
  readonly calls: UnderWay
  readonly items: Map<string, Item>
  /** The times of the world before which nobody may have an item, by its token. */
  readonly due: Map<string, number>
}

function limits(random: Random): { timeout?: number } {
  return random.chance(0.3) ? { timeout: random.int(1, 1000) } : {}
}

function fail(error: unknown): ZooKeeperError {
  if (!ZooKeeperError.is(error)) throw error
  return error
}

/** Puts one item in, or several with one call. */
async function put(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk } = actor
  if (zk === null) return
  const tokens = Array.from({ length: random.pick([1, 1, 1, 3]) }, () => system.token(actor))
  const items = tokens.map(newItem)
  for (const item of items) own.items.set(item.token, item)
  const putting = putIn(own, system, random, random.pick(KINDS).open(zk), tokens).then(
    () => {
      for (const item of items) item.put = 'applied'
    },
    error => {
      for (const item of items) item.put = fail(error).outcome
    },
  )
  await own.calls.follow(actor, `putting ${tokens}`, putting)
}

async function putIn(
  own: Own,
  system: System,
  random: Random,
  queue: AnyQueue,
  tokens: readonly string[],
): Promise<void> {
  const [first, ...others] = tokens
  const ends = limits(random)
  if (queue instanceof DelayQueue) {
    const delay = random.int(0, 1500)
    for (const token of tokens) own.due.set(token, system.world.now + delay - hiddenSuspension(system))
    if (others.length === 0) await queue.put(first!, { delay, ...ends })
    else
      await queue.putAll(
        tokens.map(data => ({ data, delay })),
        ends,
      )
  } else if (queue instanceof PriorityQueue) {
    const priority = random.int(-1, 1)
    if (others.length === 0) await queue.put(first!, { priority, ...ends })
    else
      await queue.putAll(
        tokens.map(data => ({ data, priority })),
        ends,
      )
  } else if (others.length === 0) await queue.put(first!, ends)
  else await queue.putAll(tokens, ends)
}

async function take(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk } = actor
  if (zk === null) return
  const queue = random.pick(KINDS).open(zk)
  const taking = random.chance(0.8)
    ? queue.take({ timeout: random.int(1, 2000) })
    : queue.tryTake({ timeout: random.int(1, 2000) })
  const working = async (): Promise<void> => {
    const item = await taking
    if (item) await work(own, system, random, actor, item)
  }
  await own.calls.follow(actor, 'taking an item', working())
}

/**
 * Returns the milliseconds of a suspension that the clocks of a client may not tell: a short one looks like a correction of the wall
 * clock, and a wall clock that was moved hides any.
 */
function hiddenSuspension({ actors }: System): number {
  const suspended = actors.filter(({ wasSuspended }) => wasSuspended)
  if (suspended.some(({ clockWasMoved }) => clockWasMoved)) return Number.POSITIVE_INFINITY
  return suspended.length > 0 ? UNNOTICED : 0
}

/** Returns what is known of an item that was taken. Throws when nobody has put it in, it has been completed, or it is not due. */
function taken(own: Own, system: System, actor: Actor, { data }: QueueItem): Item {
  const token = String(data)
  const item = own.items.get(token)
  if (item === undefined) failNow(`${actor.name} took ${token}, which nobody has put in`)
  if (item.completed > 0) failNow(`${actor.name} took ${token}, which had been completed`)
  const early = (own.due.get(token) ?? 0) - system.world.now
  // The queue counts in whole milliseconds.
  if (early > 1 + hiddenSuspension(system))
    failNow(`${actor.name} took ${token} ${early} ms before it was due`)
  system.world.note(`${actor.name}: takes ${token}`)
  return item
}

async function work(own: Own, system: System, random: Random, actor: Actor, each: QueueItem): Promise<void> {
  const { life } = actor
  const item = taken(own, system, actor, each)
  const { token } = item
  await system.world.sleep(random.delay(1000))
  if (actor.life !== life) return
  if (random.chance(0.3)) return void (await each.release(limits(random)))
  item.maybeCompleted = true
  item.tries++
  try {
    await each.complete(limits(random))
    if (actor.life !== life) return
    item.completed++
    system.world.note(`${actor.name}: has completed ${token}`)
    if (item.completed > 1) failNow(`${token} was completed twice`)
  } catch (error) {
    item.told = fail(error).outcome
  }
}

/** Consumes for a while, several items at a time. Some of the work fails, and its item comes again. */
async function consume(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk } = actor
  if (zk === null) return
  const stop = new AbortController()
  actor.process.environment.setTimer(() => stop.abort(), random.int(1, 3000))
  const working = async (each: QueueItem): Promise<void> => {
    const item = taken(own, system, actor, each)
    await system.world.sleep(random.delay(500))
    if (random.chance(0.3)) throw new Error(PURPOSE)
    // Nobody is told what comes of the completion.
    item.maybeCompleted = true
    item.tries += 2
  }
  const onError = (error: unknown): void => {
    if (!(error instanceof Error) || error.message !== PURPOSE) throw error
  }
  const options = { concurrency: random.int(1, 3), signal: stop.signal, onError }
  const consuming = random.pick(KINDS).open(zk).consume(working, options)
  await own.calls.steadfast(actor, 'consuming', consuming)
}

async function count(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  if (actor.zk === null) return
  await own.calls.follow(actor, 'counting items', random.pick(KINDS).open(actor.zk).size(limits(random)))
}

/** Throws for an item that was put in, though its producer was told otherwise: it may have been completed since. */
function checkPut({ token, put }: Item, { history }: System): void {
  const isRefused = put === 'rejected' || put === 'not-sent'
  if (isRefused && history.withData(token).length > 0) failNow(`${token} was told ${put}, and was put in`)
}

/** Queues: an item that was put in is there until it is completed, and is completed once. */
export const queues = area<Own>({
  name: 'queues',
  begin: () => ({ calls: new UnderWay(), items: new Map(), due: new Map() }),
  steps: {
    'put an item': { weight: 6, run: put },
    'take an item': { weight: 8, run: take },
    'consume for a while': { weight: 1, run: consume },
    'count items': { weight: 0.5, run: count },
  },
  async quiet(own, system) {
    await own.calls.ended(system)
    const left = new Set(Object.values(system.dump()))
    for (const item of own.items.values()) {
      checkItem(item, left.has(item.token))
      checkPut(item, system)
    }
  },
})
