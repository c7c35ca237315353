import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { HOME } from '../paths.ts'
import { type Machine, writeJson } from '../results.ts'
import { type Bar, cellsOfBar } from './bar.ts'

/** Figures that were measured together. */
export interface Part {
  part: string
  /** The time and the machine. */
  on: Machine
  bars: Bar[]
}

const FILE = `${HOME}results/budget.json`
const PAGE = `${HOME}../docs/performance.md`
const BEGIN = '<!-- budget: printed by `pnpm bench:budget --save` -->'
const END = '<!-- end of budget -->'

/** The release of Node whose figures have no note in the table. */
const USUAL = 20

function releaseOf({ on }: Part): number {
  return Number.parseInt(on.node.slice(1), 10)
}

/** Replaces the old parts by new ones of the same name and release of Node, and keeps the others. */
export function merge(old: readonly Part[], found: readonly Part[], order: readonly string[]): Part[] {
  const all = new Map([...old, ...found].map(part => [`${part.part} ${releaseOf(part)}`, part]))
  const oldestFirst = [...all.values()].sort((a, b) => releaseOf(a) - releaseOf(b))
  return order.flatMap(name => oldestFirst.filter(({ part }) => part === name))
}

function rowsOf(part: Part): string[] {
  const release = releaseOf(part)
  const note = release === USUAL ? '' : `, on Node ${release}`
  return part.bars.map(bar => {
    const [what, ...cells] = cellsOfBar(bar)
    return `| ${[`${what}${note}`, ...cells].join(' | ')} |`
  })
}

/** Formats the parts as a table of Markdown. */
export function pageTable(parts: readonly Part[]): string {
  const head = '| what | bar | measured | middle half of the rounds | |\n|---|---|---|---|---|'
  const rows = parts.flatMap(rowsOf)
  const commits = [...new Set(parts.map(({ on }) => on.commit))].join(', ')
  const loads = parts.map(({ on }) => on.loadAverage)
  const range = `${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}`
  const days = [...new Set(parts.map(({ on }) => on.at.slice(0, 10)))].sort().join(', ')
  const machines = [
    ...new Set(parts.map(({ on: { node, cores, cpu } }) => `Node ${node}, ${cores} × ${cpu}`)),
  ]
  const measured = `Measured on ${days} at ${commits}: ${machines.join(' and ')}; load average ${range}.`
  return [head, ...rows, '', measured].join('\n')
}

/** Replaces the table of a page. @throws Error if the page has no marks for it. */
export function withTable(page: string, table: string): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)]
  if (begin === -1 || end < begin)
    throw new Error('the page has no place for the table: its two marks are missing')
  return `${page.slice(0, begin + BEGIN.length)}\n${table}\n${page.slice(end)}`
}

/** Writes the parts to the page and to the file of results, which keeps its other parts. */
export function save(found: readonly Part[], order: readonly string[]): void {
  const old = existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as { parts: Part[] }).parts : []
  const parts = merge(old, found, order)
  if (parts.length === 0) return
  writeJson(FILE, { parts })
  writeFileSync(PAGE, withTable(readFileSync(PAGE, 'utf8'), pageTable(parts)))
}
