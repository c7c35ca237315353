import { ZooKeeperError } from '@zookit/client'
import { Queue, type QueueItem } from '@zookit/recipes'
import type { Random } from '@zookit/testing/simulate'
import type { Actor } from '../actor.ts'
import { area } from '../area.ts'
import { checkItem, type Item, newItem } from '../checkers/queues.ts'
import type { System } from '../system.ts'
import { failNow } from '../violation.ts'

const PATH = '/queue'

interface Own {
  readonly items: Map<string, Item>
  /** Calls under way. */
  readonly busy: Set<{ readonly what: string; readonly actor: Actor; readonly life: number }>
}

function limits(random: Random): { timeout?: number } {
  return random.chance(0.3) ? { timeout: random.int(1, 1000) } : {}
}

function fail(error: unknown): ZooKeeperError {
  if (!ZooKeeperError.is(error)) throw error
  return error
}

async function put(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk, life } = actor
  if (zk === null) return
  const token = system.token(actor)
  const item = newItem(token)
  own.items.set(token, item)
  const call = { what: `putting ${token}`, actor, life }
  own.busy.add(call)
  try {
    const path = await actor.follow(new Queue(zk, PATH).put(token, limits(random)))
    if (path !== undefined) item.put = 'applied'
  } catch (error) {
    item.put = fail(error).outcome
  }
  own.busy.delete(call)
}

async function take(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk, life } = actor
  if (zk === null) return
  const call = { what: 'taking an item', actor, life }
  own.busy.add(call)
  try {
    const item = await actor.follow(new Queue(zk, PATH).take({ timeout: random.int(1, 2000) }))
    if (item) await work(own, system, random, actor, item)
  } catch (error) {
    fail(error)
  }
  own.busy.delete(call)
}

async function work(own: Own, system: System, random: Random, actor: Actor, taken: QueueItem): Promise<void> {
  const { life } = actor
  const token = String(taken.data)
  const item = own.items.get(token)
  if (item === undefined) failNow(`${actor.name} took ${token}, which nobody has put in`)
  if (item.completed > 0) failNow(`${actor.name} took ${token}, which had been completed`)
  system.world.note(`${actor.name}: takes ${token}`)
  await system.world.sleep(random.delay(1000))
  if (actor.life !== life) return
  if (random.chance(0.3)) return void (await actor.follow(taken.release(limits(random))))
  item.maybeCompleted = true
  item.tries++
  try {
    await actor.follow(taken.complete(limits(random)))
    if (actor.life !== life) return
    item.completed++
    system.world.note(`${actor.name}: has completed ${token}`)
    if (item.completed > 1) failNow(`${token} was completed twice`)
  } catch (error) {
    item.told = fail(error).outcome
  }
}

function busyOf(own: Own): string[] {
  return [...own.busy]
    .filter(({ actor, life }) => actor.life === life)
    .map(({ actor, what }) => `${actor.name}: ${what}`)
}

/** Queues: an item that was put in is there until it is completed, and is completed once. */
export const queues = area<Own>({
  name: 'queues',
  begin: () => ({ items: new Map(), busy: new Set() }),
  steps: {
    'put an item': { weight: 6, run: put },
    'take an item': { weight: 8, run: take },
  },
  async quiet(own, system) {
    for (let waited = 0; busyOf(own).length > 0; waited += 100) {
      if (waited > 60_000) failNow(`still busy after a minute of quiet: ${busyOf(own).join('; ')}`)
      await system.world.sleep(100)
    }
    const left = new Set(Object.values(system.dump()))
    for (const item of own.items.values()) checkItem(item, left.has(item.token))
  },
})
