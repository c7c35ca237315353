import { batch, signal } from '@preact/signals'
import { MOST_FOLDERS } from '../../src/limits.ts'
import type { ChangesMessage, ChildrenView } from '../../src/protocol.ts'
import { get, type Refusal, refusalOf } from '../api.ts'
import { below, lineage, nameOf, parentOf } from '../paths.ts'
import { live, stream, tell } from '../state.ts'
import { onTree, showFolders } from '../stream.ts'
import { Upkeep } from '../upkeep.ts'
import { outdateAllMarks, outdateMarks, outdateMarksSoon, painted } from './marks.ts'

/** Milliseconds for which a changed row is marked. */
const FLASH = 1600
/** The least milliseconds between two readings of one znode's children after too many changes. */
const REREAD = 1000
/** Milliseconds between two readings of the marks of rows, where the console polls. */
const POLL = 2000

/** A row of the tree. */
export interface Row {
  readonly path: string
  readonly name: string
  readonly depth: number
}

/** The names of the children of the znodes that are open, sorted. */
const children = new Map<string, readonly string[]>()
const opened = new Set<string>(['/'])
/** The time of the newest change of a row, and its kind. */
export const flashes = new Map<string, { at: number; kind: string }>()

/** Counts up with each change of the rows. */
export const rows = signal<readonly Row[]>([{ path: '/', name: '/', depth: 0 }])
export const filter = signal('')
/** The first reason for which children that are open cannot be shown. */
export const treeError = signal<string | null>(null)
const failures = new Map<string, string>()

/** Returns true for a znode whose children are shown. */
export function isOpen(path: string): boolean {
  return opened.has(path)
}

function rebuild(): void {
  const wanted = filter.value.toLowerCase()
  const list: Row[] = []
  const walk = (path: string, depth: number): void => {
    list.push({ path, name: nameOf(path), depth })
    if (!opened.has(path)) return
    const prefix = path === '/' ? '/' : `${path}/`
    for (const name of children.get(path) ?? []) {
      const child = prefix + name
      // A filter keeps what matches, and whatever is open on the way to it.
      if (wanted === '' || opened.has(child) || name.toLowerCase().includes(wanted)) {
        if (opened.has(child)) walk(child, depth + 1)
        else list.push({ path: child, name, depth: depth + 1 })
      }
    }
  }
  walk('/', 0)
  rows.value = list
}

filter.subscribe(() => rebuild())

function announce(): Promise<void> {
  return showFolders([...opened])
}

/** The readings of children, by the path of the parent. */
const readings = new Map<string, Upkeep>()
/** The names that were created and deleted while children are read, with the newest change of each: the answer may be older. */
const meanwhile = new Map<string, Map<string, 'created' | 'deleted'>>()

/** Reads the children of an open znode again. */
function load(path: string): Promise<void> {
  const reading = readings.get(path) ?? new Upkeep(() => readChildren(path))
  readings.set(path, reading)
  return reading.ask()
}

async function readChildren(path: string): Promise<void> {
  if (!opened.has(path)) return
  const changed = new Map<string, 'created' | 'deleted'>()
  meanwhile.set(path, changed)
  try {
    const { children: names } = await get<ChildrenView>('children', { path })
    // It was closed meanwhile, and perhaps opened again: then a newer reading has begun.
    if (meanwhile.get(path) !== changed) return
    children.set(path, names)
    failures.delete(path)
    merge(path, changed)
  } catch (error) {
    if (meanwhile.get(path) === changed) refused(path, refusalOf(error))
  } finally {
    if (meanwhile.get(path) === changed) meanwhile.delete(path)
    treeError.value = failures.values().next().value ?? null
    rebuild()
  }
}

/** @throws the refusal, where asking again may be answered. */
function refused(path: string, refusal: Refusal): void {
  // An address may name what is no path.
  if (refusal.code === 'NO_NODE' || refusal.code === 'BAD_ARGUMENTS') {
    forget(path)
    return
  }
  // The head of the page says already that the console does not answer.
  if (refusal.code !== 'FAILED' || stream.value === 'open') failures.set(path, refusal.message)
  if (!refusal.isLasting) throw refusal
}

/** Forgets the children of a znode that is closed, or does not exist. The root stays open: it is where a chroot is going to be. */
function forget(path: string): void {
  if (path !== '/') {
    opened.delete(path)
    readings.get(path)?.stop()
    readings.delete(path)
  }
  children.delete(path)
  failures.delete(path)
  meanwhile.delete(path)
}

/** Shows the children of a znode. */
export async function open(path: string): Promise<void> {
  if (opened.has(path) && children.has(path)) return
  if (opened.size >= MOST_FOLDERS)
    return tell(`At most ${MOST_FOLDERS} znodes can be open: close some.`, 'bad')
  opened.add(path)
  // The console knows before the children are read: no change can fall in between.
  await announce()
  await load(path)
}

/** Hides the children of a znode. */
export function close(path: string): void {
  forget(path)
  rebuild()
  void announce()
}

/** Opens everything on the way to a znode. */
export async function reveal(path: string): Promise<void> {
  for (const each of lineage(path).slice(0, -1)) await open(each)
}

const lastRead = new Map<string, number>()
const later = new Map<string, ReturnType<typeof setTimeout>>()

/** Reads children again, now or when the last reading is long enough ago. */
function rereadSoon(path: string): void {
  if (later.has(path)) return
  const wait = Math.max(0, (lastRead.get(path) ?? 0) + REREAD - performance.now())
  later.set(
    path,
    setTimeout(() => {
      later.delete(path)
      lastRead.set(path, performance.now())
      void load(path)
    }, wait),
  )
}

function apply({ changes, overflow }: ChangesMessage): void {
  if (overflow) for (const path of opened) rereadSoon(path)
  if (overflow) outdateAllMarks()
  const named = new Map<string, Map<string, 'created' | 'deleted'>>()
  const now = performance.now()
  for (const [path, kind] of changes) {
    flashes.set(path, { at: now, kind })
    if (kind === 'below') outdateMarksSoon(path)
    else outdateMarks(path)
    if (kind === 'below' || kind === 'changed') continue
    const parent = parentOf(path)
    if (parent === null) void load(path)
    else {
      outdateMarks(parent)
      const names = named.get(parent) ?? new Map()
      named.set(parent, names.set(nameOf(path), kind))
      if (kind === 'deleted') forget(path)
    }
  }
  const isChanged = [...named].filter(([parent, names]) => merge(parent, names)).length > 0
  batch(() => {
    if (isChanged) rebuild()
    painted.value++
  })
  setTimeout(() => {
    for (const [path, { at }] of flashes) if (performance.now() - at >= FLASH) flashes.delete(path)
    painted.value++
  }, FLASH + 20)
}

/** Merges what was created and deleted into the sorted names of children. @returns true if they are shown. */
function merge(parent: string, changed: ReadonlyMap<string, 'created' | 'deleted'>): boolean {
  for (const [name, kind] of changed) meanwhile.get(parent)?.set(name, kind)
  const names = children.get(parent)
  if (names === undefined || changed.size === 0) return false
  const added = [...changed].flatMap(([name, kind]) => (kind === 'created' ? [name] : []))
  children.set(
    parent,
    union(
      names.filter(name => changed.get(name) !== 'deleted'),
      added.sort(),
    ),
  )
  return true
}

/** Merges two sorted lists, in one pass. */
function union(a: readonly string[], b: readonly string[]): string[] {
  if (b.length === 0) return [...a]
  const merged: string[] = []
  let j = 0
  for (const name of a) {
    while (j < b.length && b[j]! < name) merged.push(b[j++]!)
    if (b[j] === name) j++
    merged.push(name)
  }
  while (j < b.length) merged.push(b[j++]!)
  return merged
}

onTree({
  changes: apply,
  resync() {
    outdateAllMarks()
    for (const path of opened) void load(path)
    painted.value++
  },
})

// A server that is polled tells of the rows that are open, not of the numbers beside the others.
setInterval(() => {
  if (live.value.mode !== 'polling') return
  outdateAllMarks()
  painted.value++
}, POLL)

/** Offers znodes for the beginning of a path. */
export async function complete(text: string): Promise<string[]> {
  const parent = text.slice(0, text.lastIndexOf('/')) || '/'
  try {
    const { children: names } = await get<ChildrenView>('children', { path: parent })
    return names
      .map(name => below(parent, name))
      .filter(path => path.startsWith(text))
      .slice(0, 50)
  } catch (error) {
    if (refusalOf(error).code === 'FAILED') tell(refusalOf(error).message, 'bad')
    return []
  }
}
