import { counted } from '@zookit/client'
import type { Fact, Participant, RecipeView } from '../protocol.ts'
import { childrenOf, type Entry, type Look, MOST_LISTED, participant, readEntries, recipe } from './look.ts'

const NAME = /^(.*?)(latch-|lock-|__lock__|__READ__|__WRIT__|__rlock__|lease-)(-?\d{9,10})$/

/** A child that stands in a line. */
interface Contender {
  readonly name: string
  /** The name before the marker, which the companions of one candidate share. */
  readonly stem: string
  readonly marker: string
  readonly sequence: number
}

/** Returns those who stand in the line, in their order. The server's number wraps around at 2^31. */
export function contenders(children: readonly string[], pattern: RegExp = NAME): Contender[] {
  return children
    .flatMap(name => {
      const [, stem, marker, digits] = pattern.exec(name) ?? []
      return digits === undefined
        ? []
        : [{ name, stem: stem!, marker: marker!, sequence: Number(digits) | 0 }]
    })
    .sort((a, b) => (a.sequence - b.sequence) | 0)
}

const UUID = '[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}'
const ZOOKIT = new RegExp(`^_c_${UUID}-[0-9a-f]{16}-`)
const CURATOR = new RegExp(`^_c_${UUID}-`)

/** Returns the names of the libraries whose layouts names have. */
export function layoutOf(names: readonly string[]): string {
  const found = names.map(name =>
    ZOOKIT.test(name)
      ? 'zookit'
      : CURATOR.test(name)
        ? 'Curator'
        : /__lock__|__rlock__|__party__|^entry-/.test(name)
          ? 'kazoo'
          : 'own names',
  )
  return [...new Set(found)].sort().join(', ')
}

/** Recognises locks, read-write locks, elections and semaphores by the names of those who stand in the line. */
export async function contention(look: Look): Promise<RecipeView | null> {
  const line = contenders(look.children)
  if (line.length === 0) return null
  const markers = new Set(line.map(({ marker }) => marker))
  if (markers.has('latch-')) return election(look, line)
  if (markers.has('__READ__') || markers.has('__WRIT__') || markers.has('__rlock__'))
    return readWrite(look, line)
  if (markers.has('lease-')) return semaphore(look, line)
  return lock(look, line)
}

async function read(look: Look, line: readonly Contender[]): Promise<Map<string, Entry>> {
  const entries = await readEntries(
    look,
    line.map(({ name }) => name),
  )
  return new Map(entries.map(entry => [entry.name, entry]))
}

function lineFacts(line: readonly Contender[], participants: readonly Participant[], first: string): Fact[] {
  const waiting = participants.filter(({ role }) => role === 'waiting' || role === 'candidate').length
  const stale = participants.filter(({ owner }) => owner === null).length
  return [
    { name: first, value: participants[0]?.data ?? participants[0]?.owner ?? 'nobody', tone: 'plain' },
    { name: 'waiting', value: String(Math.max(waiting, line.length - MOST_LISTED - 1)), tone: 'plain' },
    ...(stale > 0
      ? [
          {
            name: 'without a session',
            value: `${stale}: nobody removes it when its process dies`,
            tone: 'bad',
          } as const,
        ]
      : []),
  ]
}

async function lock(look: Look, line: readonly Contender[]): Promise<RecipeView> {
  const entries = await read(look, line)
  const present = line.filter(({ name }) => entries.has(name))
  const participants = present.map(({ name }, i) => {
    const before = present[i - 1]
    return participant(
      entries.get(name)!,
      i === 0 ? 'holder' : 'waiting',
      before ? [entries.get(before.name)!.path] : [],
    )
  })
  const layout = layoutOf(line.map(({ name }) => name))
  return recipe(look, 'lock', {
    layout,
    because: `its children are named ${line[0]!.marker}NUMBER: a mutex, or an election of Curator's LeaderSelector or kazoo`,
    facts: lineFacts(line, participants, 'holder'),
    participants,
    more: Math.max(0, line.length - MOST_LISTED),
    revocable: true,
  })
}

async function election(look: Look, line: readonly Contender[]): Promise<RecipeView> {
  // One candidate of zookit has three znodes, so that other libraries see it: the first one counts.
  const seen = new Set<string>()
  const first = line.filter(({ stem }) => !seen.has(stem) && seen.add(stem))
  const entries = await read(look, first)
  const present = first.filter(({ name }) => entries.has(name))
  const participants = present.map(({ name }, i) => {
    const before = present[i - 1]
    return participant(
      entries.get(name)!,
      i === 0 ? 'leader' : 'candidate',
      before ? [entries.get(before.name)!.path] : [],
    )
  })
  return recipe(look, 'election', {
    layout: layoutOf(first.map(({ name }) => name)),
    because: 'its children are named latch-NUMBER',
    facts: lineFacts(first, participants, 'leader'),
    participants,
    more: Math.max(0, first.length - MOST_LISTED),
  })
}

async function readWrite(look: Look, line: readonly Contender[]): Promise<RecipeView> {
  const entries = await read(look, line)
  const present = line.filter(({ name }) => entries.has(name))
  const isReader = ({ marker }: Contender): boolean => marker === '__READ__' || marker === '__rlock__'
  const firstWriter = present.findIndex(each => !isReader(each))
  const holds = (i: number): boolean => (firstWriter === -1 || i < firstWriter ? true : i === 0)
  const participants = present.map((each, i) => {
    const path = (other: Contender): string => entries.get(other.name)!.path
    // A reader waits for the last writer before it, a writer for all that hold before it.
    const writer = present.slice(0, i).findLast(other => !isReader(other))
    const blockers = isReader(each) ? (writer ? [writer] : []) : present.slice(Math.max(0, i - 5), i)
    const role = `${isReader(each) ? 'reader' : 'writer'}${holds(i) ? '' : ', waiting'}`
    return participant(entries.get(each.name)!, role, holds(i) ? [] : blockers.map(path))
  })
  const holding = participants.filter((_, i) => holds(i))
  return recipe(look, 'read-write lock', {
    layout: layoutOf(line.map(({ name }) => name)),
    because: 'its children are readers and writers in one line',
    facts: [
      {
        name: 'held by',
        value: `${holding.length} ${holding[0]?.role ?? ''}${holding.length === 1 ? '' : 's'}`,
        tone: 'plain',
      },
      { name: 'waiting', value: String(participants.length - holding.length), tone: 'plain' },
    ],
    participants,
    more: Math.max(0, line.length - MOST_LISTED),
    revocable: true,
  })
}

async function semaphore(look: Look, line: readonly Contender[]): Promise<RecipeView> {
  const entries = await read(look, line)
  const present = line.flatMap(({ name }) => entries.get(name) ?? [])
  const weights = line.map(({ name }) => Number(/-w(\d+)-lease-/.exec(name)?.[1] ?? 1))
  return recipe(look, 'semaphore', {
    layout: layoutOf(line.map(({ name }) => name)),
    because: 'its children are named lease-NUMBER',
    facts: [
      {
        name: 'asked for',
        value: counted(
          weights.reduce((sum, each) => sum + each, 0),
          'permit',
        ),
        tone: 'plain',
      },
      { name: 'admitted', value: 'the first ones, up to the size that the clients have set', tone: 'plain' },
    ],
    participants: present.map(entry => participant(entry, 'permit')),
    more: Math.max(0, line.length - MOST_LISTED),
  })
}

/** Recognises Curator's InterProcessSemaphoreV2: permits and the line before them are in znodes of their own. */
export async function curatorSemaphore(look: Look): Promise<RecipeView | null> {
  const names = new Set(look.children)
  if (!names.has('leases')) return null
  const leases = { zk: look.zk, path: `${look.path}/leases` }
  const line = contenders(await childrenOf(leases.zk, leases.path))
  if (line.length === 0 && !names.has('locks')) return null
  const entries = await readEntries(
    leases,
    line.map(({ name }) => name),
  )
  const waiting = names.has('locks') ? (await childrenOf(look.zk, `${look.path}/locks`)).length : 0
  return recipe(look, 'semaphore', {
    layout: 'Curator',
    because: 'it has the children leases and locks',
    facts: [
      { name: 'permits asked for', value: String(line.length), tone: 'plain' },
      { name: 'in the line', value: String(waiting), tone: 'plain' },
    ],
    participants: entries.map(entry => participant(entry, 'permit')),
    more: Math.max(0, line.length - MOST_LISTED),
  })
}
