import { counted } from '@zookit/client'
import type { RecipeView } from '../protocol.ts'
import { contenders, layoutOf } from './contention.ts'
import { childrenOf, type Look, MOST_LISTED, participant, readEntries, recipe } from './look.ts'

const MEMBER = /^(.*?)(member-)(-?\d{9,10})$/

/** Recognises zookit's partitioner. */
export async function partitioner(look: Look): Promise<RecipeView | null> {
  const names = new Set(look.children)
  if (!names.has('members') || !names.has('partitions')) return null
  const [members, partitions] = await Promise.all([
    childrenOf(look.zk, `${look.path}/members`),
    childrenOf(look.zk, `${look.path}/partitions`),
  ])
  const holders = await Promise.all(
    partitions.slice(0, MOST_LISTED).map(async name => {
      const at = `${look.path}/partitions/${name}`
      const [first] = contenders(await childrenOf(look.zk, at))
      const [entry] = first ? await readEntries({ zk: look.zk, path: at }, [first.name]) : []
      return entry ? { ...participant(entry, 'partition'), data: `${name}: held` } : null
    }),
  )
  const held = holders.filter(each => each !== null)
  return recipe(look, 'partitioner', {
    layout: 'zookit',
    because: 'it has the children members and partitions',
    facts: [
      { name: 'members', value: String(members.length), tone: members.length > 0 ? 'good' : 'bad' },
      { name: 'held', value: `${held.length} of ${counted(partitions.length, 'partition')}`, tone: 'plain' },
    ],
    participants: held,
    more: Math.max(0, partitions.length - MOST_LISTED),
  })
}

/** Recognises double barriers: members that wait for each other at the beginning and at the end. */
export async function doubleBarrier(look: Look): Promise<RecipeView | null> {
  const line = contenders(look.children, MEMBER)
  const isReady = look.children.includes('ready')
  if (line.length === 0 && !isReady) return null
  const names =
    line.length > 0 ? line.map(({ name }) => name) : look.children.filter(name => name !== 'ready').sort()
  const entries = await readEntries(look, names)
  return recipe(look, 'double barrier', {
    layout: line.length > 0 ? layoutOf(names) : 'Curator, kazoo',
    because: line.length > 0 ? 'its children are named member-NUMBER' : 'it has a child ready',
    facts: [
      { name: 'members', value: String(names.length), tone: 'plain' },
      ...(line.length > 0
        ? []
        : [{ name: 'gate', value: isReady ? 'open' : 'closed', tone: 'plain' } as const]),
    ],
    participants: entries.map(entry => participant(entry, 'member')),
    more: Math.max(0, names.length - MOST_LISTED),
  })
}

/** Recognises a barrier by its name alone: it is one znode without children. */
export function barrier(look: Look): RecipeView | null {
  if (look.children.length > 0 || !/barrier|gate/i.test(look.name)) return null
  return recipe(look, 'barrier', {
    layout: 'Curator, kazoo, zookit',
    because: 'its name says so: any znode without children can be one',
    facts: [{ name: 'gate', value: 'closed: the znode is there', tone: 'plain' }],
  })
}

/** Recognises a group: every child belongs to a session. */
export async function group(look: Look): Promise<RecipeView | null> {
  if (look.children.length === 0 || look.path === '/') return null
  const entries = await readEntries(look, look.children.slice().sort())
  if (entries.length === 0 || entries.some(({ stat }) => stat.ephemeralOwner === 0n)) return null
  const isParty = look.children.every(name => name.endsWith('__party__'))
  return recipe(look, 'group', {
    layout: isParty ? 'kazoo, zookit' : 'any',
    because: 'all of its children are ephemeral',
    facts: [
      { name: 'members', value: String(look.children.length), tone: 'good' },
      {
        name: 'sessions',
        value: String(new Set(entries.map(({ stat }) => stat.ephemeralOwner)).size),
        tone: 'plain',
      },
    ],
    participants: entries.map(entry => participant(entry, 'member')),
    more: Math.max(0, look.children.length - MOST_LISTED),
  })
}
