import { ZooKeeperError } from '@zookit/client'
import { ChildrenCache, NodeCache, TreeCache } from '@zookit/recipes'
import type { Random } from '@zookit/testing/simulate'
import type { Actor } from '../actor.ts'
import { area } from '../area.ts'
import type { Ground } from '../ground.ts'
import { failNow } from '../violation.ts'

const ROOT = '/tree'
const PATHS = [
  '/tree',
  '/tree/a',
  '/tree/b',
  '/tree/a/x',
  '/tree/a/y',
  '/tree/a/x/tree',
  '/tree/tree',
  '/tree/b/z',
]

interface Following {
  readonly what: string
  readonly actor: Actor
  readonly life: number
  readonly cache: TreeCache | ChildrenCache | NodeCache
  started: boolean
}

interface Own {
  readonly following: Set<Following>
}

async function follow(own: Own, ground: Ground, random: Random): Promise<void> {
  const actor = random.pick(ground.actors)
  const { zk, life } = actor
  if (zk === null) return
  const path = random.pick([ROOT, '/tree/a', '/tree/a/x'])
  const kind = random.pick([TreeCache, ChildrenCache, NodeCache])
  const cache = new kind(zk, path, { jitter: random.pick([0, 100]), window: random.pick([1, 400]) })
  const each: Following = {
    what: `${kind.name} of ${actor.name} on ${path}`,
    actor,
    life,
    cache,
    started: false,
  }
  own.following.add(each)
  try {
    await actor.follow(cache.start(random.chance(0.2) ? { timeout: random.int(1, 500) } : {}))
    each.started = true
  } catch (error) {
    if (!(error instanceof ZooKeeperError)) throw error
    own.following.delete(each)
  }
}

async function close(own: Own, _: Ground, random: Random): Promise<void> {
  const open = [...own.following].filter(({ actor, life }) => actor.life === life)
  if (open.length === 0) return
  const each = random.pick(open)
  own.following.delete(each)
  await each.actor.follow(each.cache.close())
}

async function change(_: Own, ground: Ground, random: Random): Promise<void> {
  const actor = random.pick(ground.actors)
  const { zk } = actor
  if (zk === null) return
  const path = random.pick(PATHS)
  const act = random.pick([
    () => zk.setData(path, ground.token(actor)),
    () => zk.create(path, ground.token(actor)),
    () => zk.delete(path),
    () => zk.create('/tree/b/e-', null, { mode: 'ephemeral-sequential' }),
  ])
  try {
    await actor.follow(act() as Promise<unknown>)
  } catch (error) {
    if (!(error instanceof ZooKeeperError)) throw error
  }
}

/** The part of the leader's tree that a cache should show: data by the path that the client knows. */
function expected(ground: Ground, cache: Following['cache']): Map<string, string | null> {
  const root = ground.serverPath(cache.path)
  const strip = (path: string): string =>
    path.slice(ground.serverPath('/').length === 1 ? 0 : ground.serverPath('/').length)
  const shown = Object.entries(ground.dump()).filter(([path]) => {
    if (cache instanceof NodeCache) return path === root
    if (cache instanceof TreeCache) return path === root || path.startsWith(`${root}/`)
    return path.startsWith(`${root}/`) && !path.slice(root.length + 1).includes('/')
  })
  return new Map(shown.map(([path, data]) => [strip(path), data]))
}

function shownBy(cache: Following['cache']): Map<string, string | null> {
  const { current } = cache
  const nodes = current === null ? [] : 'path' in current ? [current] : [...current.values()]
  return new Map(nodes.map(({ path, data }) => [path, data === null ? null : data.toString()]))
}

function textOf(map: Map<string, string | null>): string {
  return JSON.stringify([...map].map(([path, data]) => [path, data ?? '']).sort())
}

/** Caches: equal to the tree at a quiet point, whatever happened, and not stale. */
export const caches = area<Own>({
  name: 'caches',
  begin(ground) {
    ground.seed({ tree: { a: { x: {} }, b: {} } })
    return { following: new Set() }
  },
  steps: {
    'follow a tree': { weight: 4, run: follow },
    'close a cache': { weight: 3, run: close },
    'change the tree': { weight: 16, run: change },
  },
  async quiet(own, ground) {
    await ground.world.sleep(20_000)
    for (const { what, actor, life, cache, started } of own.following) {
      if (actor.life !== life) continue
      if (!started) failNow(`${what} has not started`)
      if (cache.stale) failNow(`${what} is stale at a quiet point`)
      const [is, should] = [textOf(shownBy(cache)), textOf(expected(ground, cache))]
      if (is !== should) failNow(`${what} shows ${is}, where the tree is ${should}`)
    }
  },
})
