import { median } from 'simple-statistics'
import type { MeasuredRound } from '../measure.ts'
import { type Measure, p50, p99, p999, spreadOf, throughput } from '../statistics.ts'
import type { Target } from '../targets.ts'
import { type Bar, bar } from './bar.ts'
import { type Budget, cell, type Measured } from './context.ts'

const RIVALS = ['rust', 'rust-multi'] as const
/** Rounds that are long enough for the percentiles of a sample of the latencies. */
const LONG = { rounds: 11, seconds: 0.25 }
/** The share of the saturated rate at which requests are sent in an open loop. */
const HALF = 0.5

/**
 * Returns the rounds of the Rust client that count: the faster half of those on one thread, or of those on several. It has two
 * regimes, by how its thread of sockets and its thread of tokio wake each other.
 */
export function better(measured: Measured): MeasuredRound[] {
  const halves = RIVALS.filter(name => measured.has(name)).map(name => {
    const sorted = [...measured.rounds(name)].sort((a, b) => throughput(b) - throughput(a))
    return sorted.slice(0, Math.ceil(sorted.length / 2))
  })
  return halves.sort((a, b) => middle(b, throughput) - middle(a, throughput))[0] ?? []
}

function middle(rounds: readonly MeasuredRound[], of: Measure): number {
  return median(rounds.map(of))
}

/** Measures zookit beside the Rust client. Measures nothing where the Rust client cannot be built. */
export async function againstRust(budget: Budget, stub: Target): Promise<Bar[]> {
  const effort = { ...budget.effort, ...LONG }
  const bars: Bar[] = []
  let saturated = 0
  for (const load of ['getData', 'setData', 'exists']) {
    for (const inFlight of [64, 1000]) {
      const measured = await cell({ effort }, stub, { load, inFlight: [inFlight] }, ['zookit'], RIVALS)
      const theirs = better(measured)
      if (theirs.length === 0) return []
      const ours = measured.rounds('zookit')
      const ratio = (of: Measure) => spreadOf(ours.map(round => of(round) / middle(theirs, of)))
      const what = `${load}, ${inFlight} in flight`
      bars.push(
        bar(`${what}: throughput against the better rounds of rust`, 'at least', 1.1, '×', ratio(throughput)),
        bar('  p99 against them', 'at most', 1, '×', ratio(p99)),
      )
      if (load !== 'getData' || inFlight !== 1000) continue
      const tail = (rounds: readonly MeasuredRound[]) =>
        spreadOf(rounds.map(round => p99(round) / p50(round)))
      bars.push(
        bar('  p99 against p50', 'at most', 2.5, '×', tail(ours)),
        bar('  the same of rust', 'at most', null, '×', tail(theirs)),
      )
      saturated = Math.min(middle(ours, throughput), middle(theirs, throughput))
    }
  }
  bars.push(...(await openLoop(budget, stub, Math.round(saturated * HALF))))
  return bars
}

/** Measures requests that are sent at a fixed rate, each from the time at which it was due. */
async function openLoop(budget: Budget, stub: Target, rate: number): Promise<Bar[]> {
  const measured = await cell(budget, stub, { load: 'latency', rate }, ['zookit'], RIVALS)
  const best = Math.min(
    ...RIVALS.filter(name => measured.has(name)).map(name => middle(measured.rounds(name), p999)),
  )
  const ours = measured.rounds('zookit')
  const what = `getData at ${Math.round(rate / 1000)} k a second, half of what the slower one can`
  return [
    bar(`${what}: p99.9 against rust`, 'at most', 1.5, '×', spreadOf(ours.map(round => p999(round) / best))),
    bar('  p99.9', 'at most', null, 'µs', spreadOf(ours.map(p999))),
  ]
}
