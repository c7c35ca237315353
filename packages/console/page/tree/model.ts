import { batch, signal } from '@preact/signals'
import type { ChangesMessage, ChildrenView, RowView } from '../../src/protocol.ts'
import { get, post, refusalOf } from '../api.ts'
import { below, lineage, nameOf, parentOf } from '../paths.ts'
import { tell } from '../state.ts'
import { onTree, showFolders } from '../stream.ts'

/** Milliseconds for which a changed row is marked. */
const FLASH = 1600
const ROWS_AT_A_TIME = 200
/** The least milliseconds between two readings of one znode's children after too many changes. */
const REREAD = 1000

/** A row of the tree. */
export interface Row {
  readonly path: string
  readonly name: string
  readonly depth: number
}

/** The names of the children of the znodes that are open, sorted. */
const children = new Map<string, readonly string[]>()
const opened = new Set<string>(['/'])
export const marks = new Map<string, RowView>()
/** The time of the newest change of a row, and its kind. */
export const flashes = new Map<string, { at: number; kind: string }>()

/** Counts up with each change of the rows. */
export const rows = signal<readonly Row[]>([{ path: '/', name: '/', depth: 0 }])
/** Counts up when marks or flashes change. */
export const painted = signal(0)
export const filter = signal('')
export const treeError = signal<string | null>(null)

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

let isAnnounced: Promise<void> = Promise.resolve()

function announce(): Promise<void> {
  isAnnounced = showFolders([...opened])
  return isAnnounced
}

const loading = new Map<string, Promise<void>>()

/** Reads the children of an open znode again; one reading at a time. */
function load(path: string): Promise<void> {
  const running = loading.get(path)
  if (running !== undefined) return running
  const work = get<ChildrenView>('children', { path }).then(
    view => {
      children.set(path, view.children)
      treeError.value = null
    },
    error => {
      const refusal = refusalOf(error)
      if (refusal.code === 'NO_NODE') {
        children.delete(path)
        opened.delete(path)
      } else if (refusal.code !== 'FAILED') treeError.value = refusal.message
    },
  )
  const done = work.finally(() => {
    loading.delete(path)
    rebuild()
  })
  loading.set(path, done)
  return done
}

/** Shows the children of a znode. */
export async function open(path: string): Promise<void> {
  if (opened.has(path) && children.has(path)) return
  opened.add(path)
  // The console knows before the children are read: no change can fall in between.
  await announce()
  await load(path)
}

/** Hides the children of a znode. */
export function close(path: string): void {
  opened.delete(path)
  rebuild()
  void announce()
}

/** Opens everything on the way to a znode. */
export async function reveal(path: string): Promise<void> {
  for (const each of lineage(path).slice(0, -1)) await open(each)
}

const wantedMarks = new Set<string>()
let isReading = false

/** Asks for the marks of the rows that are seen. */
export function wantMarks(paths: readonly string[]): void {
  for (const path of paths) if (!marks.has(path)) wantedMarks.add(path)
  void readMarks()
}

async function readMarks(): Promise<void> {
  if (isReading || wantedMarks.size === 0) return
  isReading = true
  try {
    // The newest wishes first: they are on the screen.
    const paths = [...wantedMarks].slice(-ROWS_AT_A_TIME)
    wantedMarks.clear()
    for (const row of await post<RowView[]>('rows', { paths })) marks.set(row.path, row)
    if (marks.size > 20_000) for (const path of [...marks.keys()].slice(0, 5000)) marks.delete(path)
    painted.value++
  } catch {
    // The next look at the rows asks again.
  } finally {
    isReading = false
    if (wantedMarks.size > 0) void readMarks()
  }
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
  if (overflow) marks.clear()
  const added = new Map<string, Set<string>>()
  const removed = new Map<string, Set<string>>()
  const now = performance.now()
  for (const [path, kind] of changes) {
    flashes.set(path, { at: now, kind })
    if (kind !== 'below') marks.delete(path)
    const parent = parentOf(path)
    if (kind === 'below' || parent === null) continue
    if (kind === 'created' || kind === 'deleted') marks.delete(parent)
    if (kind === 'created') setOf(added, parent).add(nameOf(path))
    if (kind === 'deleted') {
      setOf(removed, parent).add(nameOf(path))
      opened.delete(path)
      children.delete(path)
    }
  }
  const isChanged = merge(added, removed)
  batch(() => {
    if (isChanged) rebuild()
    painted.value++
  })
  setTimeout(() => {
    for (const [path, { at }] of flashes) if (performance.now() - at >= FLASH) flashes.delete(path)
    painted.value++
  }, FLASH + 20)
}

function setOf(map: Map<string, Set<string>>, key: string): Set<string> {
  const found = map.get(key) ?? new Set()
  map.set(key, found)
  return found
}

/** Merges what was created and deleted into the sorted names. @returns true if any of them is shown. */
function merge(
  added: ReadonlyMap<string, ReadonlySet<string>>,
  removed: ReadonlyMap<string, ReadonlySet<string>>,
): boolean {
  let isChanged = false
  for (const parent of new Set([...added.keys(), ...removed.keys()])) {
    const names = children.get(parent)
    if (names === undefined) continue
    isChanged = true
    const gone = removed.get(parent)
    const kept = gone === undefined ? names : names.filter(name => !gone.has(name))
    children.set(parent, union(kept, [...(added.get(parent) ?? [])].sort()))
  }
  return isChanged
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
    marks.clear()
    for (const path of opened) void load(path)
    painted.value++
  },
})

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
