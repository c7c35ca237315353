import { ZooKeeperError } from '@zookit/client'
import { Partitioner } from '@zookit/recipes'
import type { Random } from '@zookit/testing/simulate'
import type { Actor } from '../actor.ts'
import { area } from '../area.ts'
import type { System } from '../system.ts'
import { UnderWay } from '../under-way.ts'
import { failNow } from '../violation.ts'

const PATH = '/parts'
const PARTITIONS = ['p1', 'p2', 'p3']

interface Member {
  readonly actor: Actor
  readonly life: number
  readonly session: bigint
  readonly partitioner: Partitioner
}

interface Own {
  readonly calls: UnderWay
  readonly members: Set<Member>
}

async function join(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk, life } = actor
  if (zk === null || [...own.members].some(each => each.actor === actor && each.life === life)) return
  const partitioner = new Partitioner(zk, PATH, {
    partitions: PARTITIONS,
    settle: random.pick([0, 200]),
    jitter: random.pick([0, 100]),
  })
  const member = { actor, life, session: zk.session.id, partitioner }
  own.members.add(member)
  void own.calls.follow(actor, 'working on partitions', work(partitioner))
  const limits = random.chance(0.2) ? { timeout: random.int(1, 2000) } : {}
  const started = partitioner.start(limits).then(() => true)
  if (!(await own.calls.follow(actor, 'joining the partitioner', started))) own.members.delete(member)
}

/** Releases a partition when it is asked for. */
async function work(partitioner: Partitioner): Promise<void> {
  const seen = new Set<AbortSignal>()
  for await (const { partitions } of partitioner.changes()) {
    for (const partition of partitions) {
      const { signal } = partition
      if (seen.has(signal)) continue
      seen.add(signal)
      const release = (): void => {
        partition.release().catch(error => {
          if (!ZooKeeperError.is(error)) throw error
        })
      }
      if (signal.aborted) release()
      else signal.addEventListener('abort', release, { once: true })
    }
  }
}

async function leave(own: Own, _: System, random: Random): Promise<void> {
  const all = [...own.members].filter(({ actor, life }) => actor.life === life)
  if (all.length === 0) return
  const member = random.pick(all)
  own.members.delete(member)
  await own.calls.follow(member.actor, 'leaving the partitioner', member.partitioner.close())
}

/** Throws when two members certainly hold one partition. */
function checkOwners(own: Own, system: System): void {
  if (system.sessionsAreSwapped) return
  const owners = new Map<string, Actor>()
  for (const { actor, life, partitioner } of own.members) {
    const { zk } = actor
    if (actor.life !== life || actor.wasSuspended || zk === null) continue
    if (actor.process.stillUntil > system.world.now || system.expiredByForce.has(zk.session.id)) continue
    for (const { name, held } of partitioner.current.partitions) {
      if (!held) continue
      const other = owners.get(name)
      if (other) failNow(`partition ${name} is certainly held by ${other.name} and by ${actor.name}`)
      owners.set(name, actor)
    }
  }
}

/** Partitions: each has one owner at a time, and one at every quiet point. */
export const partitions = area<Own>({
  name: 'partitions',
  begin: () => ({ calls: new UnderWay(), members: new Set() }),
  steps: {
    'join the partitioner': { weight: 1, run: join },
    'leave the partitioner': { weight: 1, run: leave },
  },
  check: checkOwners,
  async quiet(own, system) {
    await system.quietFor(30_000)
    const members = [...own.members].filter(({ actor, life }) => actor.life === life)
    const held = members.flatMap(({ partitioner }) => partitioner.current.partitions.map(({ name }) => name))
    if (members.length > 0 && held.sort().join() !== PARTITIONS.join())
      failNow(`${members.length} members hold the partitions ${held.join(', ') || 'none'}`)
    for (const { partitioner } of members) await partitioner.close()
    await own.calls.ended(system)
  },
})
