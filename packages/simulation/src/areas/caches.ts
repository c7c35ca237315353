import { ZooKeeperError } from '@zookit/client'
import { ChildrenCache, NodeCache, TreeCache } from '@zookit/recipes'
import type { RecordedRequest } from '@zookit/testing'
import type { Random } from '@zookit/testing/simulate'
import type { Actor } from '../actor.ts'
import { area } from '../area.ts'
import type { System } from '../system.ts'
import { failNow } from '../violation.ts'

const ROOT = '/tree'
/** Every path that is changed. Some children have the name of their parent. */
const PATHS = [
  '/tree',
  '/tree/a',
  '/tree/b',
  '/tree/a/x',
  '/tree/a/y',
  '/tree/a/a',
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

async function follow(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk, life } = actor
  if (zk === null) return
  const path = random.pick([ROOT, ROOT, '/tree/a', '/tree/a/x'])
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
    const started = cache.start(random.chance(0.2) ? { timeout: random.int(1, 500) } : {})
    await actor.follow(started.then(() => checkSynced(system, each)))
    each.started = true
    if (actor.life === life) await actor.follow(checkGaps(system, each))
  } catch (error) {
    if (!ZooKeeperError.is(error)) throw error
    own.following.delete(each)
  }
}

async function close(own: Own, _: System, random: Random): Promise<void> {
  const open = [...own.following].filter(({ actor, life }) => actor.life === life)
  if (open.length === 0) return
  const each = random.pick(open)
  own.following.delete(each)
  await each.actor.follow(each.cache.close())
}

async function change(_: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk } = actor
  if (zk === null) return
  const path = random.pick(PATHS)
  const act = random.pick([
    () => zk.setData(path, system.token(actor)),
    () => zk.create(path, system.token(actor)),
    () => zk.delete(path),
    () => zk.create('/tree/b/e-', null, { mode: 'ephemeral-sequential' }),
  ])
  try {
    await actor.follow(act() as Promise<unknown>)
  } catch (error) {
    if (!ZooKeeperError.is(error)) throw error
  }
}

const SYSTEM_ERROR = -1
const MARSHALLING_ERROR = -5

/** Answers reads of the tree with errors that say nothing about a znode. */
function answerWithError(system: System, random: Random): void {
  const top = system.serverPath(ROOT)
  const member = random.pick(system.ensemble.members)
  const err = random.pick([SYSTEM_ERROR, MARSHALLING_ERROR])
  const times = random.int(1, 3)
  system.world.note(`server ${member.id} answers ${times} reads of ${top} and below with ${err}`)
  member.answerWith(request => isReadBelow(request, top), err, times)
}

function isReadBelow({ operation, body }: RecordedRequest, top: string): boolean {
  const { path } = (body ?? {}) as { path?: string }
  const isRead = ['getData', 'exists', 'getChildren', 'getChildren2'].includes(operation)
  return isRead && path !== undefined && (path === top || path.startsWith(`${top}/`))
}

/** Throws when a cache that says it is complete misses what its server had before the cache began to read. */
function checkSynced(system: System, { what, actor, life, cache }: Following): void {
  if (actor.life !== life || cache.stale) return
  const shown = shownBy(cache)
  for (const path of PATHS) {
    if (!isShown(cache, path)) continue
    const last = system.history.of(system.serverPath(path)).at(-1)
    if (last === undefined || last.zxid > actor.seenWhenConnected || last.type === 'setAcl') continue
    const should = last.type === 'delete' ? undefined : last.data
    if (shown.get(path) !== should)
      failNow(`${what} says that it is complete, and shows ${shown.get(path)} at ${path}, not ${should}`)
  }
}

/** Looks at a cache each time when it has closed a gap. */
async function checkGaps(system: System, each: Following): Promise<void> {
  for await (const { type } of each.cache.changes()) if (type === 'resynced') checkSynced(system, each)
}

/** Tells whether a cache is to show the znode of a path, if it exists. */
function isShown(cache: Following['cache'], path: string): boolean {
  const root = cache.path
  if (cache instanceof NodeCache) return path === root
  if (cache instanceof TreeCache) return path === root || path.startsWith(`${root}/`)
  return path.startsWith(`${root}/`) && !path.slice(root.length + 1).includes('/')
}

/** Returns the part of the leader's tree that a cache should show: data by the path that the client knows. */
function expected(system: System, cache: Following['cache']): Map<string, string | null> {
  const { chroot } = system.settings.options
  const rows = Object.entries(system.dump())
    .filter(([path]) => path.startsWith(`${chroot}/`))
    .map(([path, data]) => [path.slice(chroot.length), data] as const)
  return new Map(rows.filter(([path]) => isShown(cache, path)))
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
  begin(system, random) {
    system.seedSome(random, { tree: { a: { x: {}, a: '' }, b: {}, tree: '' } })
    return { following: new Set() }
  },
  steps: {
    'follow a tree': { weight: 4, run: follow },
    'close a cache': { weight: 3, run: close },
    'change the tree': { weight: 16, run: change },
    'answer a read with an error': { weight: 3, run: (_, system, random) => answerWithError(system, random) },
  },
  async quiet(own, system) {
    await system.quietFor(20_000)
    for (const { what, actor, life, cache, started } of own.following) {
      if (actor.life !== life) continue
      if (!started) failNow(`${what} has not started`)
      if (cache.stale) failNow(`${what} is stale at a quiet point`)
      const [is, should] = [textOf(shownBy(cache)), textOf(expected(system, cache))]
      if (is !== should) failNow(`${what} shows ${is}, where the tree is ${should}`)
    }
  },
})
