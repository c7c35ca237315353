import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { HOME } from '../paths.ts'
import { type Machine, writeJson } from '../results.ts'
import { type Bar, cellsOfBar } from './bar.ts'

/** Some figures that were measured together. */
export interface Part {
  part: string
  /** When and on what. */
  on: Machine
  bars: Bar[]
}

const FILE = `${HOME}results/budget.json`
const PAGE = `${HOME}../docs/performance.md`
const BEGIN = '<!-- budget: printed by `pnpm bench:budget --save` -->'
const END = '<!-- end of budget -->'

/** The new parts in place of the old ones of the same names, and the other old ones. */
export function merge(old: readonly Part[], found: readonly Part[], order: readonly string[]): Part[] {
  const all = new Map([...old, ...found].map(part => [part.part, part]))
  return order.flatMap(name => all.get(name) ?? [])
}

/** The parts as a table of Markdown. */
export function pageTable(parts: readonly Part[]): string {
  const head = '| what | bar | measured | middle half of the rounds | |\n|---|---|---|---|---|'
  const rows = parts.flatMap(({ bars }) => bars.map(bar => `| ${cellsOfBar(bar).join(' | ')} |`))
  const commits = [...new Set(parts.map(({ on }) => on.commit))].join(', ')
  const loads = parts.map(({ on }) => on.loadAverage)
  const range = `${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}`
  const { node, cpu, cores, at } = parts[0]!.on
  const measured = `Measured on ${at.slice(0, 10)} at ${commits}: Node ${node}, ${cores} × ${cpu}; load average ${range}.`
  return [head, ...rows, '', measured].join('\n')
}

/** The page with its table replaced. @throws Error where the page has no place for one. */
export function withTable(page: string, table: string): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)]
  if (begin === -1 || end < begin) throw new Error('the page has no place for the table')
  return `${page.slice(0, begin + BEGIN.length)}\n${table}\n${page.slice(end)}`
}

/** Writes the parts to the file of results, beside those that it has already, and to the page. */
export function save(found: readonly Part[], order: readonly string[]): void {
  const old = existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as { parts: Part[] }).parts : []
  const parts = merge(old, found, order)
  if (parts.length === 0) return
  writeJson(FILE, { parts })
  writeFileSync(PAGE, withTable(readFileSync(PAGE, 'utf8'), pageTable(parts)))
}
