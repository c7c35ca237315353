import { interquartileRange, median } from 'simple-statistics'
import { FLOOR } from './clients.ts'
import type { CellResult, ClientResult, MeasuredRound } from './measure.ts'

/** A quantity over the rounds: the median, and how far the middle half of the rounds lies apart. */
export interface Spread {
  median: number
  spread: number
}

/** Ratios to the floor. */
export interface OfFloor {
  throughput: Spread
  cpu: Spread
  p50: Spread
  /** The lowest CPU time of a round beside the floor's lowest: noise only adds. */
  bestCpu: number
}

/** What the table shows of one client in one cell. Times in microseconds. */
export interface Summary {
  client: string
  /** Operations per second. */
  throughput: Spread
  /** CPU time of the client's process per operation. */
  cpu: Spread
  /** CPU time of the server's process per operation. */
  serverCpu: Spread | null
  p50: Spread
  p99: Spread
  /** The highest resident set, in bytes. */
  rss: number
  bytesPerWatch: number | null
  /** Percentiles of an open loop, by name. */
  percentiles: Record<string, Spread> | null
  /** Round for round against the floor; null for the floor itself, and where it was not measured. */
  ofFloor: OfFloor | null
}

export function spreadOf(values: readonly number[]): Spread {
  const kept = [...values]
  return { median: median(kept), spread: interquartileRange(kept) }
}

type Measure = (round: MeasuredRound) => number

const throughput: Measure = ({ ops, seconds }) => ops / seconds
const cpu: Measure = ({ ops, user, system }) => (user + system) / ops
const p50: Measure = round => round.p50

/** Sums a cell up. */
export function summarize({ clients }: CellResult): Summary[] {
  const floor = clients.find(({ client }) => client === FLOOR)
  return clients.map(result => summaryOf(result, floor))
}

function summaryOf({ client, rounds }: ClientResult, floor: ClientResult | undefined): Summary {
  const over = (measure: Measure): Spread => spreadOf(rounds.map(measure))
  const watches = rounds.flatMap(({ bytesPerWatch }) => bytesPerWatch ?? [])
  return {
    client,
    throughput: over(throughput),
    cpu: over(cpu),
    serverCpu: rounds.some(({ server }) => server === null) ? null : over(({ server, ops }) => server! / ops),
    p50: over(p50),
    p99: over(round => round.p99),
    rss: Math.max(...rounds.map(({ rss }) => rss)),
    bytesPerWatch: watches.length === 0 ? null : median(watches),
    percentiles: percentilesOf(rounds),
    ofFloor: floor && client !== FLOOR ? against(rounds, floor.rounds) : null,
  }
}

/** Each round beside the floor's of the same turn: what slowed the machine down then slowed both. */
function against(rounds: readonly MeasuredRound[], floor: readonly MeasuredRound[]): OfFloor {
  const ratios = (measure: Measure): number[] =>
    rounds.slice(0, floor.length).map((round, turn) => measure(round) / measure(floor[turn]!))
  const over = (measure: Measure): Spread => spreadOf(ratios(measure))
  return {
    throughput: over(throughput),
    cpu: over(cpu),
    p50: over(p50),
    bestCpu: lowest(rounds) / lowest(floor),
  }
}

function lowest(rounds: readonly MeasuredRound[]): number {
  return Math.min(...rounds.map(cpu))
}

function percentilesOf(rounds: readonly MeasuredRound[]): Record<string, Spread> | null {
  const names = Object.keys(rounds[0]?.percentiles ?? {})
  if (names.length === 0) return null
  return Object.fromEntries(
    names.map(name => [name, spreadOf(rounds.map(round => round.percentiles![name]!))]),
  )
}
