import { interquartileRange, median, quantile } from 'simple-statistics'
import { REFERENCES, type Reference } from './clients.ts'
import type { CellResult, ClientResult, MeasuredRound } from './measure.ts'

/** A quantity over the rounds: its median, the width and the ends of the middle half of the rounds, the lowest and the highest. */
export interface Spread {
  median: number
  spread: number
  middle: readonly [number, number]
  low: number
  high: number
}

/** Ratios to a reference. */
export interface Ratios {
  throughput: Spread
  cpu: Spread
  p50: Spread
  /** The ratio of the lowest CPU times of a round: noise can only add CPU time. */
  bestCpu: number
}

/** One client in one cell, as the table shows it. Times are in microseconds. */
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
  p999: Spread
  /** The highest resident set, in bytes. */
  rss: number
  bytesPerWatch: number | null
  /** Percentiles of an open loop, by name. */
  percentiles: Record<string, Spread> | null
  /** The ratios, round by round, to each reference that was measured too. */
  against: Partial<Record<Reference, Ratios>>
}

export function spreadOf(values: readonly number[]): Spread {
  const kept = [...values]
  return {
    median: median(kept),
    spread: interquartileRange(kept),
    middle: [quantile(kept, 0.25), quantile(kept, 0.75)],
    low: Math.min(...kept),
    high: Math.max(...kept),
  }
}

export type Measure = (round: MeasuredRound) => number

export const throughput: Measure = ({ ops, seconds }) => ops / seconds
export const cpu: Measure = ({ ops, user, system }) => (user + system) / ops
export const p50: Measure = round => round.p50
export const p99: Measure = round => round.p99
/** Results that were saved before it was measured have none. */
export const p999: Measure = round => round.p999 ?? 0

/** Summarizes a cell. */
export function summarize({ clients }: CellResult): Summary[] {
  const references = clients.filter(({ client }) => isReference(client))
  return clients.map(result => summaryOf(result, references))
}

export function isReference(client: string): client is Reference {
  return (REFERENCES as readonly string[]).includes(client)
}

function summaryOf({ client, rounds }: ClientResult, references: readonly ClientResult[]): Summary {
  const over = (measure: Measure): Spread => spreadOf(rounds.map(measure))
  const watches = rounds.flatMap(({ bytesPerWatch }) => bytesPerWatch ?? [])
  return {
    client,
    throughput: over(throughput),
    cpu: over(cpu),
    serverCpu: rounds.some(({ server }) => server === null) ? null : over(({ server, ops }) => server! / ops),
    p50: over(p50),
    p99: over(p99),
    p999: over(p999),
    rss: Math.max(...rounds.map(({ rss }) => rss)),
    bytesPerWatch: watches.length === 0 ? null : median(watches),
    percentiles: percentilesOf(rounds),
    against: Object.fromEntries(references.map(other => [other.client, ratiosTo(other.rounds, rounds)])),
  }
}

/** Compares each round with the reference's round of the same turn: a slow machine slows both. */
function ratiosTo(reference: readonly MeasuredRound[], rounds: readonly MeasuredRound[]): Ratios {
  const over = (measure: Measure): Spread => ratioOf(rounds, reference, measure)
  return {
    throughput: over(throughput),
    cpu: over(cpu),
    p50: over(p50),
    bestCpu: lowest(rounds) / lowest(reference),
  }
}

/** Compares one client with another, round by round. */
export function ratioOf(
  rounds: readonly MeasuredRound[],
  others: readonly MeasuredRound[],
  measure: Measure,
): Spread {
  const turns = rounds.slice(0, others.length)
  return spreadOf(turns.map((round, turn) => measure(round) / measure(others[turn]!)))
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
