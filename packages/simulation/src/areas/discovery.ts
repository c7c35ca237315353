import { joinPath, ZooKeeperError } from '@zookit/client'
import { type Service, ServiceDiscovery } from '@zookit/recipes'
import type { Random } from '@zookit/testing/simulate'
import { type Actor, PURPOSE } from '../actor.ts'
import { area } from '../area.ts'
import type { System } from '../system.ts'
import { UnderWay } from '../under-way.ts'
import { failNow } from '../violation.ts'

/** The path of the services that the area `members` publishes. */
const PATH = '/services'
const NAME = 'web'

interface Following {
  readonly actor: Actor
  readonly life: number
  readonly service: Service
}

interface Own {
  readonly calls: UnderWay
  readonly following: Set<Following>
}

async function follow(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk, life } = actor
  if (zk === null) return
  const service = new ServiceDiscovery(zk, PATH, { jitter: random.pick([0, 100]) }).service(NAME)
  const limits = random.chance(0.2) ? { timeout: random.int(1, 500) } : {}
  const started = service.start(limits).then(() => true)
  if (await own.calls.follow(actor, 'starting a service', started))
    own.following.add({ actor, life, service })
}

async function unfollow(own: Own, _: System, random: Random): Promise<void> {
  const open = [...own.following].filter(({ actor, life }) => actor.life === life)
  if (open.length === 0) return
  const each = random.pick(open)
  own.following.delete(each)
  await own.calls.follow(each.actor, 'closing a service', each.service.close())
}

/** Works with an instance, some of the time in vain, so that another one is tried. */
async function call(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk, life } = actor
  if (zk === null) return
  const open = [...own.following].filter(each => each.actor === actor && each.life === life)
  const isOwn = open.length === 0 || random.chance(0.2)
  const service = isOwn ? new ServiceDiscovery(zk, PATH).service(NAME) : random.pick(open).service
  const tried = new Set<string>()
  const calling = service.call(
    async ({ id }) => {
      if (tried.has(id)) failNow(`${actor.name} tries the instance ${id} twice`)
      tried.add(id)
      await system.world.sleep(random.delay(200))
      if (random.chance(0.3))
        throw new ZooKeeperError('INVALID_DATA', { message: PURPOSE, outcome: 'not-sent' })
    },
    { attempts: random.int(1, 3), timeout: random.int(1, 3000), attemptTimeout: random.int(50, 300) },
  )
  await own.calls.follow(actor, 'calling a service', calling)
  if (isOwn && actor.life === life)
    await own.calls.follow(actor, 'closing a service that was called', service.close())
}

/** Discovery: whoever follows a service sees the instances that are published, and no others, at a quiet point. */
export const discovery = area<Own>({
  name: 'discovery',
  begin: () => ({ calls: new UnderWay(), following: new Set() }),
  steps: {
    'follow a service': { weight: 2, run: follow },
    'follow a service no more': { weight: 1, run: unfollow },
    'call a service': { weight: 1, run: call },
  },
  async quiet(own, system) {
    await own.calls.ended(system)
    await system.quietFor(20_000)
    await system.world.sleep(3000)
    const top = `${system.serverPath(joinPath(PATH, NAME))}/`
    const should = Object.keys(system.dump()).filter(path => path.startsWith(top))
    for (const { actor, life, service } of own.following) {
      if (actor.life !== life) continue
      if (service.stale) failNow(`the service that ${actor.name} follows is stale at a quiet point`)
      const is = service.current.map(({ id }) => top + id).sort()
      if (is.join() !== should.sort().join())
        failNow(`${actor.name} sees ${is.join(', ') || 'nobody'}, where ${should.join(', ') || 'nobody'} is`)
    }
  },
})
