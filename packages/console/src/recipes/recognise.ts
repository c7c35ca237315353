import type { ZooKeeper } from '@zookit/client'
import type { RecipesView, RecipeView } from '../protocol.ts'
import { config, type Schemas } from './config.ts'
import { contention, curatorSemaphore } from './contention.ts'
import { discovery, service } from './discovery.ts'
import { barrier, doubleBarrier, group, partitioner } from './gatherings.ts'
import { lease } from './lease.ts'
import { below, type Look, lookAt, type Recogniser } from './look.ts'
import { queue } from './queue.ts'

/** The recognisers, the surest first. */
const RECOGNISERS: readonly Recogniser[] = [
  queue,
  partitioner,
  curatorSemaphore,
  contention,
  lease,
  doubleBarrier,
  service,
  discovery,
  group,
  barrier,
]

/** Znodes that one search looks at. */
const MOST_LOOKED = 5000
/** A znode with more children than this is no place for a recipe, unless it is one itself. */
const MOST_CHILDREN = 500
const AT_A_TIME = 32

/** Returns the recipe that a znode is, or null. */
export async function recognise(zk: ZooKeeper, path: string, schemas: Schemas): Promise<RecipeView | null> {
  const look = await lookAt(zk, path)
  return look === null ? null : recogniseLook(look, schemas)
}

async function recogniseLook(look: Look, schemas: Schemas): Promise<RecipeView | null> {
  if (look.path === '/zookeeper' || look.path.startsWith('/zookeeper/')) return null
  for (const each of RECOGNISERS) {
    const found = await each(look)
    if (found !== null) return found
  }
  return config(look, schemas)
}

/** Searches a tree for recipes, level by level. What is below a recipe belongs to it. */
export async function findRecipes(zk: ZooKeeper, root: string, schemas: Schemas): Promise<RecipesView> {
  const recipes: RecipeView[] = []
  let [level, looked, leftOut]: [string[], number, string | null] = [[root], 0, null]
  while (level.length > 0) {
    const next: string[] = []
    for (let at = 0; at < level.length; at += AT_A_TIME) {
      if (looked >= MOST_LOOKED)
        return {
          recipes: sorted(recipes),
          looked,
          leftOut: `the search has ended after ${MOST_LOOKED} znodes`,
        }
      const paths = level.slice(at, at + AT_A_TIME)
      looked += paths.length
      for (const { look, found } of await Promise.all(paths.map(path => examine(zk, path, schemas)))) {
        if (found !== null) recipes.push({ ...found, participants: found.participants.slice(0, 5) })
        if (look === null || (found !== null && found.kind !== 'discovery' && found.kind !== 'config'))
          continue
        if (look.children.length > MOST_CHILDREN)
          leftOut ??= `${look.path} has too many children to be searched`
        else next.push(...look.children.map(name => below(look.path, name)))
      }
    }
    level = next
  }
  return { recipes: sorted(recipes), looked, leftOut }
}

function sorted(recipes: readonly RecipeView[]): RecipeView[] {
  return recipes.toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

async function examine(
  zk: ZooKeeper,
  path: string,
  schemas: Schemas,
): Promise<{ look: Look | null; found: RecipeView | null }> {
  if (path === '/zookeeper') return { look: null, found: null }
  const look = await lookAt(zk, path)
  return { look, found: look === null ? null : await recogniseLook(look, schemas) }
}
