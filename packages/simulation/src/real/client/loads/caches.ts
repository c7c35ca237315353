import { ChildrenCache, TreeCache } from '@zookit/recipes'
import type { Load, LoadContext } from '../context.ts'

/** The top of the tree that every client mirrors. */
export const TREE = '/tree'
const PATHS = ['a', 'b', 'a/x', 'a/y', 'b/z'].map(name => `${TREE}/${name}`)

/** The znodes that a cache shows: data by path. */
export type Shown = Record<string, string | null>

interface Caches {
  readonly tree: TreeCache
  readonly children: ChildrenCache
}

const started = new WeakMap<LoadContext, Caches>()

/** Returns what a cache shows, or tells why it shows nothing that counts. */
function shown(cache: TreeCache | ChildrenCache): Shown | string {
  if (cache.stale) return 'stale'
  return Object.fromEntries(
    [...cache.current.values()].map(({ path, data }) => [path, data?.toString() ?? null]),
  )
}

/** Caches: each client mirrors a tree, and its children, which all clients change. */
export const caches: Load = {
  start(context) {
    const { zk, random } = context
    const own = { tree: new TreeCache(zk, TREE), children: new ChildrenCache(zk, TREE) }
    started.set(context, own)
    for (const cache of Object.values(own)) void cache.start().catch(() => {})
    context.loop(60, async () => {
      const path = random.pick(PATHS)
      const token = context.token()
      const action = random.pick(['setData', 'setData', 'create', 'delete'] as const)
      await context.call({ load: 'caches', action, path, token }, async () => {
        if (action === 'delete') await zk.delete(path)
        else await zk[action](path, token)
      })
    })
  },
  report(context) {
    const { tree, children } = started.get(context)!
    return { tree: shown(tree), children: shown(children) }
  },
}
