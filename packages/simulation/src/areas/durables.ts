import { joinPath, type ZooKeeper, ZooKeeperError } from '@zookit/client'
import { PersistentNode, type PersistentNodeMode, PersistentTtlNode } from '@zookit/recipes'
import type { Random } from '@zookit/testing/simulate'
import type { Actor } from '../actor.ts'
import { area } from '../area.ts'
import type { System } from '../system.ts'
import { UnderWay } from '../under-way.ts'
import { failNow } from '../violation.ts'

const FOLDER = '/durable'

/** The modes of znodes that no other process wants. */
const MODES: readonly (PersistentNodeMode | 'ttl')[] = [
  'persistent',
  'persistent-sequential',
  'ephemeral-sequential',
  'ttl',
]

/** A znode that is kept, and whose path nobody else has. */
interface Durable {
  readonly actor: Actor
  readonly life: number
  readonly mode: (typeof MODES)[number]
  readonly node: PersistentNode | PersistentTtlNode
  text: string
  /** True once it was told that it exists. */
  isBegun: boolean
  isEnding: boolean
}

interface Own {
  readonly calls: UnderWay
  readonly kept: Set<Durable>
}

function make(zk: ZooKeeper, path: string, mode: Durable['mode'], data: string): Durable['node'] {
  if (mode === 'ttl') return new PersistentTtlNode(zk, path, { ttl: 600_000, touchInterval: 2000, data })
  return new PersistentNode(zk, path, { mode, data })
}

async function keep(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk, life } = actor
  if (zk === null) return
  const text = system.token(actor)
  const mode = random.pick(MODES)
  const node = make(zk, joinPath(FOLDER, text), mode, text)
  const each: Durable = { actor, life, mode, node, text, isBegun: false, isEnding: false }
  own.kept.add(each)
  const limits = random.chance(0.2) ? { timeout: random.int(1, 1000) } : {}
  const started = await own.calls.follow(
    actor,
    `beginning ${node.path}`,
    node.start(limits).then(() => true),
  )
  if (started) each.isBegun = true
  else own.kept.delete(each)
}

function pick(own: Own, random: Random): Durable | null {
  const living = [...own.kept].filter(
    ({ actor, life, isBegun, isEnding }) => actor.life === life && isBegun && !isEnding,
  )
  return living.length === 0 ? null : random.pick(living)
}

async function write(own: Own, system: System, random: Random): Promise<void> {
  const each = pick(own, random)
  if (each === null) return
  each.text = system.token(each.actor)
  await own.calls.follow(each.actor, `writing ${each.text}`, each.node.setData(each.text))
}

async function end(own: Own, _: System, random: Random): Promise<void> {
  const each = pick(own, random)
  if (each === null) return
  each.isEnding = true
  await own.calls.follow(each.actor, 'ending a kept znode', each.node.close())
  own.kept.delete(each)
}

/** Deletes the znode of another: it is made again. */
async function vandalise(own: Own, system: System, random: Random): Promise<void> {
  const each = pick(own, random)
  const actor = random.pick(system.actors)
  const { zk } = actor
  const path = each?.node.current?.path
  if (zk === null || path === undefined) return
  await actor.follow(
    zk.delete(path).catch(error => {
      if (!ZooKeeperError.is(error)) throw error
    }),
  )
}

/** Throws when a znode that is kept is not there with its text, or more than once. */
function checkKept(own: Own, system: System): void {
  const texts = Object.entries(system.dump())
    .filter(([path]) => path.startsWith(`${system.serverPath(FOLDER)}/`))
    .map(([, data]) => data)
  for (const { actor, life, node, text, isBegun, isEnding, mode } of own.kept) {
    if (actor.life !== life || !isBegun || isEnding) continue
    const times = texts.filter(each => each === text).length
    if (times !== 1) failNow(`the ${mode} znode ${node.path} of ${actor.name} is there ${times} times`)
    if (node.current === null) failNow(`${actor.name} does not know that its ${node.path} is there`)
  }
}

/** Kept znodes that outlive their session, or whose names the server completes: there, with their newest data, once. */
export const durables = area<Own>({
  name: 'durables',
  begin: () => ({ calls: new UnderWay(), kept: new Set() }),
  steps: {
    'keep a durable znode': { weight: 2, run: keep },
    'write into a durable znode': { weight: 2, run: write },
    'end a durable znode': { weight: 1, run: end },
    'delete a durable znode of another': { weight: 1, run: vandalise },
  },
  async quiet(own, system) {
    await system.quietFor(20_000)
    await own.calls.ended(system)
    checkKept(own, system)
    for (const each of own.kept) if (each.actor.life === each.life) await each.node.close()
  },
})
