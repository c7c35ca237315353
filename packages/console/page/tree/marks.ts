import { signal } from '@preact/signals'
import type { RowView } from '../../src/protocol.ts'
import { post, refusalOf } from '../api.ts'
import { Upkeep } from '../upkeep.ts'

const ROWS_AT_A_TIME = 200
const MOST_MARKS = 20_000
/** Milliseconds until a row is read again below which something has changed: under a busy tree it always has. */
const BELOW = 1000

/** The marks of rows, as they were last read. */
export const marks = new Map<string, RowView>()
/** Counts up when marks or flashes change. */
export const painted = signal(0)

/** Rows that have changed since their marks were read. */
const outdated = new Set<string>()
const wanted = new Set<string>()
/** Rows that are being read, and have not changed since. */
let asked = new Set<string>()

const reading = new Upkeep(async () => {
  // The newest wishes first: they are on the screen. The others are wanted again when they are seen.
  const paths = [...wanted].slice(-ROWS_AT_A_TIME)
  wanted.clear()
  if (paths.length === 0) return
  asked = new Set(paths)
  try {
    const found = await post<RowView[]>('rows', { paths })
    for (const row of found) if (asked.has(row.path)) keep(row)
  } catch (error) {
    if (refusalOf(error).isLasting) return
    for (const path of paths) wanted.add(path)
    throw error
  } finally {
    asked = new Set()
  }
  painted.value++
})

function keep(row: RowView): void {
  marks.set(row.path, row)
  outdated.delete(row.path)
  if (marks.size > MOST_MARKS)
    for (const path of [...marks.keys()].slice(0, MOST_MARKS / 4)) marks.delete(path)
}

/** Asks for the marks of the rows that are seen, where they are not known or have changed. */
export function wantMarks(paths: readonly string[]): void {
  const missing = paths.filter(path => (!marks.has(path) || outdated.has(path)) && !asked.has(path))
  for (const path of missing) wanted.add(path)
  if (missing.length > 0) void reading.ask()
}

/** Notes that a row has changed. The marks that it has stay until the new ones are there. */
export function outdateMarks(path: string): void {
  asked.delete(path)
  if (marks.has(path)) outdated.add(path)
}

const changedBelow = new Set<string>()

/** Notes that something below a row has changed, which may be the number of its children. */
export function outdateMarksSoon(path: string): void {
  if (changedBelow.size === 0)
    setTimeout(() => {
      for (const each of changedBelow) outdateMarks(each)
      changedBelow.clear()
      painted.value++
    }, BELOW)
  changedBelow.add(path)
}

/** Notes that any row may have changed. */
export function outdateAllMarks(): void {
  asked.clear()
  for (const path of marks.keys()) outdated.add(path)
}
