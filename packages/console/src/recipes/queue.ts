import type { Fact, RecipeView } from '../protocol.ts'
import { contenders, layoutOf } from './contention.ts'
import { childrenOf, type Look, MOST_LISTED, participant, readEntries, recipe } from './look.ts'

const RANK = /-r(-?\d{1,16})-item-/
const ITEM = /^(.*?)(item-)(-?\d{9,10})$/

/** Recognises queues of zookit, of Curator and of kazoo. */
export async function queue(look: Look): Promise<RecipeView | null> {
  const names = new Set(look.children)
  if (names.has('items') && names.has('claims')) return own(look, names.has('dead'))
  if (names.has('entries') && names.has('taken')) return locking(look)
  const isAll = (pattern: RegExp): boolean =>
    look.children.length > 0 && look.children.every(name => pattern.test(name))
  if (isAll(/^entry-\d{3}-\d{10}$/))
    return flat(look, 'kazoo', 'its children are named entry-PRIORITY-NUMBER')
  if (isAll(/^queue-[0-9A-F]*\d{10}$/i)) return flat(look, 'Curator', 'its children are named queue-NUMBER')
  if (isAll(/^qn-\d{10}$/)) return flat(look, 'kazoo', 'its children are named qn-NUMBER')
  return null
}

async function own(look: Look, hasDead: boolean): Promise<RecipeView> {
  const [names, claims, dead] = await Promise.all([
    childrenOf(look.zk, `${look.path}/items`),
    childrenOf(look.zk, `${look.path}/claims`),
    hasDead ? childrenOf(look.zk, `${look.path}/dead/items`) : [],
  ])
  const rank = (name: string): number => Number(RANK.exec(name)?.[1] ?? 0)
  // The sort keeps the order of arrival within one rank.
  const items = contenders(names, ITEM)
    .map(({ name }) => name)
    .sort((a, b) => rank(a) - rank(b))
  const claimed = new Set(claims)
  const entries = await readEntries({ zk: look.zk, path: `${look.path}/items` }, items)
  return recipe(look, 'queue', {
    layout: layoutOf(items) || 'zookit',
    because: 'it has the children items and claims',
    facts: [
      ...backlog(
        items.length,
        entries.map(({ stat }) => stat.ctime),
      ),
      { name: 'being worked on', value: String(claims.length), tone: 'plain' },
      ...(dead.length > 0
        ? [{ name: 'dead letters', value: String(dead.length), tone: 'bad' } as const]
        : []),
    ],
    participants: entries.map(entry => participant(entry, claimed.has(entry.name) ? 'claimed' : 'item')),
    more: Math.max(0, items.length - MOST_LISTED),
  })
}

async function locking(look: Look): Promise<RecipeView> {
  const [items, taken] = await Promise.all([
    childrenOf(look.zk, `${look.path}/entries`),
    childrenOf(look.zk, `${look.path}/taken`),
  ])
  const claimed = new Set(taken)
  const entries = await readEntries({ zk: look.zk, path: `${look.path}/entries` }, items)
  return recipe(look, 'queue', {
    layout: 'kazoo',
    because: 'it has the children entries and taken, as of a LockingQueue',
    facts: [
      ...backlog(
        items.length,
        entries.map(({ stat }) => stat.ctime),
      ),
      { name: 'being worked on', value: String(taken.length), tone: 'plain' },
    ],
    participants: entries.map(entry => participant(entry, claimed.has(entry.name) ? 'claimed' : 'item')),
    more: Math.max(0, items.length - MOST_LISTED),
  })
}

async function flat(look: Look, layout: string, because: string): Promise<RecipeView> {
  const items = look.children.slice().sort()
  const entries = await readEntries(look, items)
  return recipe(look, 'queue', {
    layout,
    because,
    facts: backlog(
      items.length,
      entries.map(({ stat }) => stat.ctime),
    ),
    participants: entries.map(entry => participant(entry, 'item')),
    more: Math.max(0, items.length - MOST_LISTED),
  })
}

function backlog(count: number, times: readonly number[]): Fact[] {
  const oldest = times.length === 0 ? null : Math.min(...times)
  return [
    { name: 'backlog', value: String(count), tone: 'plain' },
    ...(oldest === null ? [] : [{ name: 'oldest', value: '', since: oldest, tone: 'plain' } as const]),
  ]
}
