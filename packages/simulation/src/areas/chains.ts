import { type OneShotEvent, type StreamEvent, type Watch, ZooKeeperError } from '@zookit/client'
import type { Random } from '@zookit/testing/simulate'
import { type Actor, PURPOSE } from '../actor.ts'
import { area } from '../area.ts'
import type { System } from '../system.ts'
import { failNow } from '../violation.ts'

const PATHS = ['/chain/a', '/chain/b']

/** An iterator whose consumer always waits for the next event. */
interface Following {
  readonly actor: Actor
  readonly life: number
  readonly path: string
  /** The position in the history at which the watch was set, or set again; null while it is not set. */
  since: number | null
  /** The newest transaction that it was told of. */
  told: bigint
}

interface Own {
  readonly following: Map<Following, Watch>
}

/** Reads with a watch whose listener reads again, from within the event; some listeners throw as well. */
function link(system: System, random: Random, actor: Actor, path: string, isInEvent = false): void {
  const { life, zk } = actor
  const { world } = system
  if (zk === null) return
  const listener = ({ type }: OneShotEvent): void => {
    if (actor.life !== life || type === 'lost' || type === 'removed') return
    link(system, random, actor, path, true)
    if (random.chance(0.2)) throw new Error(PURPOSE)
  }
  const [at, wasConnected] = [world.happened, zk.state === 'connected']
  zk.getData(path, { watch: listener }).catch(error => {
    if (!ZooKeeperError.is(error)) throw error
    // A server has just spoken, so there is a connection. It may end by the next words of the same server.
    const hasEnded = wasConnected && zk.state !== 'connected'
    if (isInEvent && error.code === 'NOT_CONNECTED' && world.happened <= at + 1 && !hasEnded)
      failNow(`${actor.name} was refused to read ${path} in the listener of an event`)
  })
}

function chain(_: Own, system: System, random: Random): void {
  const actor = random.pick(system.actors)
  link(system, random, actor, random.pick(PATHS))
}

async function follow(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk, life } = actor
  if (zk === null) return
  const path = random.pick(PATHS)
  const stream = zk.watch(path)
  const each: Following = { actor, life, path, since: null, told: 0n }
  own.following.set(each, stream)
  stream.ready.then(
    () => (each.since ??= system.world.happened),
    () => {},
  )
  try {
    await actor.follow(consume(system, each, stream))
  } catch (error) {
    // Before 3.6 there are no such watches.
    if (!ZooKeeperError.is(error)) throw error
  }
  own.following.delete(each)
}

async function consume(system: System, each: Following, stream: Watch): Promise<void> {
  for await (const event of stream) take(system, each, event)
  each.since = null
}

function take(system: System, each: Following, event: StreamEvent): void {
  if (event.type === 'resync') each.since = system.world.happened
  else if (event.zxid > each.told) each.told = event.zxid
}

/** Throws when a reply shows a change of which an iterator, whose consumer waits, was to be told before. */
function checkTold(system: System, { actor, path, since, told }: Following, mzxid: bigint): void {
  if (since === null || actor.zk?.state !== 'connected') return
  const commit = system.history.of(system.serverPath(path)).find(({ zxid }) => zxid === mzxid)
  if (commit === undefined || commit.at <= since || told >= mzxid) return
  failNow(`${actor.name} read ${path} at ${mzxid}, and its watch had told of changes up to ${told} only`)
}

function read(own: Own, system: System, random: Random): Promise<void> {
  return readAt(own, system, random.pick(system.actors), random.pick(PATHS))
}

async function readAt(own: Own, system: System, actor: Actor, path: string): Promise<void> {
  const { zk, life } = actor
  if (zk === null) return
  // Nothing comes between the reply and the look at the iterators: what they were told later does not count.
  const reading = zk.getData(path).then(
    ({ stat }) => {
      if (system.settings.version !== '3.9') return
      for (const each of own.following.keys()) {
        if (each.actor === actor && each.life === life && each.path === path)
          checkTold(system, each, stat.mzxid)
      }
    },
    error => {
      if (!ZooKeeperError.is(error)) throw error
    },
  )
  await actor.follow(reading)
}

async function attempt(call: Promise<unknown>): Promise<void> {
  try {
    await call
  } catch (error) {
    if (!ZooKeeperError.is(error)) throw error
  }
}

/** Changes a znode several times in a row, so that the events come together, and lets others read it meanwhile. */
async function change(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk } = actor
  if (zk === null) return
  const path = random.pick(PATHS)
  const writes = Array.from({ length: random.int(1, 4) }, () =>
    attempt(zk.setData(path, system.token(actor))),
  )
  for (let count = random.int(0, 3); count > 0; count--) void read(own, system, random)
  await actor.follow(Promise.all(writes))
}

/** Lets a client stand still while the events of another's writes come, and behind them the replies to its own reads. */
async function pileUp(own: Own, system: System, random: Random): Promise<void> {
  const open = [...own.following.keys()].filter(({ actor, life }) => actor.life === life)
  const writer = random.pick(system.actors)
  if (open.length === 0 || writer.zk === null) return
  const { actor, life, path } = random.pick(open)
  if (actor === writer || actor.zk?.state !== 'connected') return
  const { zk } = writer
  const writes = Array.from({ length: random.int(2, 4) }, () =>
    attempt(zk.setData(path, system.token(writer))),
  )
  // Followed from here on: the writer may be killed meanwhile.
  const written = writer.follow(Promise.all(writes))
  for (let count = random.int(1, 4); count > 0; count--) {
    await system.world.sleep(random.int(0, 20))
    if (actor.life !== life) break
    void readAt(own, system, actor, path)
  }
  // What was written in this turn of the event loop is sent before the process stands still.
  await system.world.sleep(0)
  if (actor.life === life) actor.process.stall(random.int(20, 400))
  await written
}

async function unfollow(own: Own, _: System, random: Random): Promise<void> {
  const open = [...own.following].filter(([{ actor, life }]) => actor.life === life)
  if (open.length === 0) return
  const [each, stream] = random.pick(open)
  each.since = null
  await each.actor.follow(stream.close())
}

/** Chains of watches whose listeners read again, and the order of events and replies. */
export const chains = area<Own>({
  name: 'chains',
  begin(system, random) {
    system.seedSome(random, { chain: { a: 'first', b: 'first' } })
    return { following: new Map() }
  },
  steps: {
    'begin a chain of reads': { weight: 2, run: chain },
    'follow a znode': { weight: 2, run: follow },
    'follow a znode no more': { weight: 1, run: unfollow },
    'change a followed znode': { weight: 5, run: change },
    'let events pile up': { weight: 3, run: pileUp },
    'read a followed znode': { weight: 6, run: read },
  },
  quiet(own) {
    for (const stream of own.following.values()) void stream.close()
  },
})
