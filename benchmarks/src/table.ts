import Table from 'cli-table3'
import { REFERENCES } from './clients.ts'
import { describeCell } from './loads.ts'
import type { CellResult } from './measure.ts'
import type { Results } from './results.ts'
import { type Ratios, type Spread, type Summary, summarize } from './statistics.ts'

/** The head of a column with three ratios, in the order of the references. */
const REFERENCES_HEAD = '× floor | batch | lean'
const HEAD = [
  'client',
  'ops/s',
  '±',
  'CPU µs/op',
  'server µs/op',
  'p50 µs',
  'p99 µs',
  'p99.9 µs',
  'RSS MB',
  REFERENCES_HEAD,
  `CPU ${REFERENCES_HEAD}`,
]

/** Formats a number with three significant digits. */
function short(value: number): string {
  if (!Number.isFinite(value)) return '-'
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} M`
  if (value >= 1e5) return `${Math.round(value / 1000)} k`
  if (value >= 1e4) return `${(value / 1000).toFixed(1)} k`
  if (value >= 100) return String(Math.round(value))
  return value < 0.01 ? value.toPrecision(2) : value.toPrecision(3)
}

function relative({ median, spread }: Spread): string {
  return median === 0 ? '-' : `${Math.round((spread / median) * 100)} %`
}

function row(summary: Summary, hasLatency: boolean): string[] {
  const { client, throughput, cpu, serverCpu, p50, p99, p999, rss, against } = summary
  const latency = ({ median }: Spread): string => (hasLatency && median > 0 ? short(median) : '-')
  return [
    client,
    short(throughput.median),
    relative(throughput),
    short(cpu.median),
    serverCpu ? short(serverCpu.median) : '-',
    latency(p50),
    latency(p99),
    latency(p999),
    String(Math.round(rss / 1e6)),
    ratios(against, ({ throughput }) => throughput.median),
    ratios(against, ({ cpu }) => cpu.median),
  ]
}

function ratios(against: Summary['against'], of: (ratios: Ratios) => number): string {
  const texts = REFERENCES.map(name => {
    const found = against[name]
    return found ? short(of(found)) : '-'
  })
  return texts.every(text => text === '-') ? '-' : texts.join(' | ')
}

function plainTable(head: string[]): InstanceType<typeof Table> {
  const colAligns = head.map((_, index) => (index === 0 ? 'left' : 'right'))
  return new Table({ head, colAligns, style: { head: [], border: [], compact: true } })
}

/** Formats a cell: its title, its clients, and the reason for each client that is missing. */
export function cellTable(cell: CellResult): string {
  const summaries = summarize(cell)
  const hasLatency = !['fanOut', 'reconnect'].includes(cell.load)
  const lines = [describeCell(cell)]
  if (summaries.length > 0) {
    const table = plainTable(HEAD)
    for (const summary of summaries) table.push(row(summary, hasLatency))
    lines.push(table.toString())
  }
  lines.push(...notes(summaries))
  for (const { client, reason } of cell.skipped) lines.push(`  ${client}: ${reason.trim().split('\n')[0]}`)
  return lines.join('\n')
}

function notes(summaries: readonly Summary[]): string[] {
  const lines: string[] = []
  for (const { client, bytesPerWatch, percentiles } of summaries) {
    if (bytesPerWatch !== null) lines.push(`  ${client}: ${Math.round(bytesPerWatch)} bytes of heap a watch`)
    if (percentiles) {
      const parts = Object.entries(percentiles).map(([name, { median }]) => `${name} ${short(median)}`)
      lines.push(`  ${client}: ${parts.join(', ')} µs`)
    }
  }
  return lines
}

/** Describes the measurement and the machine. */
export function heading({ target, commit, node, cpu, cores, loadAverage, effort }: Results): string {
  const rounds = `${effort.rounds} rounds of ${effort.seconds} s`
  const lines = [`${target}; ${rounds}, medians; ± is the middle half of the rounds; commit ${commit}`]
  lines.push(`Node ${node}, ${cores} × ${cpu}; load average at the start ${loadAverage.toFixed(1)}`)
  if (loadAverage > 0.5)
    lines.push('The machine was busy with other work: rely on the ratios only, and with care.')
  return lines.join('\n')
}
