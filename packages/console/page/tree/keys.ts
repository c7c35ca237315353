import { parentOf } from '../paths.ts'
import { close, isOpen, open, type Row, rows } from './model.ts'

/** Returns the row to go to for a key of a tree, or null for any other key. */
export function keyTarget(key: string, at: number, page: number): number | null {
  const list = rows.value
  const last = list.length - 1
  switch (key) {
    case 'ArrowDown':
      return Math.min(last, at + 1)
    case 'ArrowUp':
      return Math.max(0, at - 1)
    case 'PageDown':
      return Math.min(last, at + page)
    case 'PageUp':
      return Math.max(0, at - page)
    case 'Home':
      return 0
    case 'End':
      return last
    case 'ArrowRight':
      return list[at] === undefined ? null : right(list[at], at)
    case 'ArrowLeft':
      return list[at] === undefined ? null : left(list, list[at], at)
    default:
      return null
  }
}

function right(row: Row, at: number): number {
  if (!isOpen(row.path)) {
    void open(row.path)
    return at
  }
  return Math.min(rows.value.length - 1, at + 1)
}

function left(list: readonly Row[], row: Row, at: number): number {
  if (isOpen(row.path) && row.path !== '/') {
    close(row.path)
    return at
  }
  const parent = parentOf(row.path)
  const found = list.findIndex(({ path }) => path === parent)
  return found < 0 ? at : found
}
