import { stripVTControlCharacters } from 'node:util'
import Table from 'cli-table3'

/** Formats rows in columns, without lines. */
export function formatTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  alignment: readonly ('left' | 'right')[] = [],
): string {
  const none = Object.fromEntries(PARTS.map(part => [part, '']))
  const table = new Table({
    head: [...head],
    chars: { ...none, middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: head.map((_, i) => alignment[i] ?? 'left'),
  })
  table.push(...rows.map(row => [...row]))
  return table
    .toString()
    .split('\n')
    .map(line => line.trimEnd())
    .join('\n')
}

/** A table to format. */
export interface Columns {
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
  readonly alignment: readonly ('left' | 'right')[]
}

/**
 * Formats rows in columns of at most `width` characters, so that a terminal breaks no row.
 *
 * @param lessNeeded names of columns: they are left out one after the other, until the rest fits.
 */
export function fittedTable(columns: Columns, width: number, lessNeeded: readonly string[]): string {
  const table = formatTable(columns.head, columns.rows, columns.alignment)
  const [name, ...others] = lessNeeded
  return name === undefined || widthOf(table) <= width
    ? table
    : fittedTable(without(columns, columns.head.indexOf(name)), width, others)
}

function without({ head, rows, alignment }: Columns, index: number): Columns {
  const rest = <Cell>(cells: readonly Cell[]): Cell[] => cells.filter((_, i) => i !== index)
  return { head: rest(head), rows: rows.map(rest), alignment: rest(alignment) }
}

/** Returns the number of characters of the longest line, as a terminal shows it. */
export function widthOf(lines: string): number {
  const lengths = stripVTControlCharacters(lines)
    .split('\n')
    .map(line => line.length)
  return Math.max(...lengths)
}

const PARTS = [
  'top',
  'top-mid',
  'top-left',
  'top-right',
  'bottom',
  'bottom-mid',
  'bottom-left',
  'bottom-right',
  'left',
  'left-mid',
  'mid',
  'mid-mid',
  'right',
  'right-mid',
]
