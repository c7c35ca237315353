import type { ClientResult, MeasuredRound } from '../../src/measure.ts'

/** Makes a round of one second with a number of operations; CPU time and latency of each are in microseconds. */
export function round(ops: number, cpu = 1, p50 = 10): MeasuredRound {
  return {
    ops,
    seconds: 1,
    user: ops * cpu,
    system: 0,
    p50,
    p99: 2 * p50,
    p999: 3 * p50,
    rss: 1e6,
    server: null,
  }
}

/** Makes a client with one round for each number of operations. */
export function client(name: string, ops: readonly number[], cpu?: number): ClientResult {
  return { client: name, version: '1.0.0', rounds: ops.map(count => round(count, cpu)) }
}
