import type { RoundResult } from './cell.ts'

/** The number of latencies kept of a round. When it is full, the newest replaces the oldest. */
const CAPACITY = 1 << 17

/** A meter of time, CPU time and sampled latencies of one round. */
export class Meter {
  readonly #latencies = new Float64Array(CAPACITY)
  #samples = 0
  #startedAt = 0
  #cpu: NodeJS.CpuUsage = { user: 0, system: 0 }

  start(): void {
    this.#cpu = process.cpuUsage()
    this.#startedAt = performance.now()
  }

  /** Adds a latency in milliseconds. */
  sample(latency: number): void {
    this.#latencies[this.#samples++ & (CAPACITY - 1)] = latency
  }

  stop(ops: number): RoundResult {
    const seconds = (performance.now() - this.#startedAt) / 1000
    const { user, system } = process.cpuUsage(this.#cpu)
    const sorted = this.#latencies.subarray(0, Math.min(this.#samples, CAPACITY)).sort()
    const at = (share: number): number => (sorted[Math.floor(sorted.length * share)] ?? 0) * 1000
    return { ops, seconds, user, system, p50: at(0.5), p99: at(0.99), p999: at(0.999), rss: peakRss() }
  }
}

/** Returns the highest resident set of this process so far, in bytes. */
function peakRss(): number {
  return process.resourceUsage().maxRSS * 1024
}
