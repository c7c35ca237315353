import type { ZooKeeper } from '@zookit/client'
import { build, type Histogram } from 'hdr-histogram-js'

/** The scale of recorded latencies: microseconds, up to ten minutes. */
const SCALE = 1000
const HIGHEST = 600_000 * SCALE
const PERCENTILES = { p50: 50, p90: 90, p99: 99, p999: 99.9 } as const

/** Latencies in milliseconds. */
type Latency = Readonly<Record<'min' | 'mean' | keyof typeof PERCENTILES | 'max', number>>

/** The result of one operation of a load. */
export interface Measured {
  readonly operation: string
  readonly operations: number
  readonly perSecond: number
  readonly latency: Latency
}

/** Runs an operation, and measures it under its name. */
type Measure = <Result>(operation: string, run: () => Promise<Result>) => Promise<Result>

/** One turn of a worker: one operation, or a few that belong together. */
export type Turn = (zk: ZooKeeper, measure: Measure) => Promise<unknown>

/** The znodes that the loads work on. */
export interface Scratch {
  readonly path: string
  readonly data: Buffer
}

/** The loads by name. `create` deletes what it creates, so that it leaves nothing and its parent stays small. */
export const LOADS: Readonly<Record<string, (scratch: Scratch) => Turn>> = {
  getData: ({ path }) => one('getData', zk => zk.getData(path)),
  exists: ({ path }) => one('exists', zk => zk.exists(path)),
  getChildren: ({ path }) => one('getChildren', zk => zk.getChildren(path)),
  setData: ({ path, data }) => one('setData', zk => zk.setData(path, data)),
  create:
    ({ path, data }) =>
    async (zk, measure) => {
      const mode = 'ephemeral-sequential'
      const created = await measure('create', () => zk.create(`${path}/`, data, { mode }))
      await measure('delete', () => zk.delete(created))
    },
}

function one(operation: string, run: (zk: ZooKeeper) => Promise<unknown>): Turn {
  return (zk, measure) => measure(operation, () => run(zk))
}

/** The effort of a load. */
export interface Effort {
  readonly clients: readonly ZooKeeper[]
  readonly inFlight: number
  /** Milliseconds. */
  readonly duration: number
  readonly signal: AbortSignal
}

/**
 * Runs a load: each of `inFlight` workers has one request under way, and sends the next as soon as it is answered.
 *
 * @returns a result for each operation of the load.
 * @throws ZooKeeperError: the first failure.
 */
export async function runLoad(
  turn: Turn,
  { clients, inFlight, duration, signal }: Effort,
): Promise<Measured[]> {
  const histograms = new Map<string, Histogram>()
  const startedAt = performance.now()
  let failure: { error: unknown } | undefined
  const measure: Measure = async (operation, run) => {
    const sentAt = performance.now()
    const result = await run()
    const took = Math.round((performance.now() - sentAt) * SCALE)
    histogramOf(histograms, operation).recordValue(Math.min(HIGHEST, took))
    return result
  }
  const isOver = (): boolean =>
    failure !== undefined || signal.aborted || performance.now() - startedAt >= duration
  const work = async (zk: ZooKeeper): Promise<void> => {
    try {
      while (!isOver()) await turn(zk, measure)
    } catch (error) {
      failure ??= { error }
    }
  }
  await Promise.all(Array.from({ length: inFlight }, (_, i) => work(clients[i % clients.length]!)))
  if (failure !== undefined) throw failure.error
  const seconds = (performance.now() - startedAt) / 1000
  return [...histograms].map(([operation, histogram]) => measured(operation, histogram, seconds))
}

function histogramOf(histograms: Map<string, Histogram>, operation: string): Histogram {
  let histogram = histograms.get(operation)
  if (histogram === undefined) {
    histogram = build({ highestTrackableValue: HIGHEST, numberOfSignificantValueDigits: 3 })
    histograms.set(operation, histogram)
  }
  return histogram
}

function measured(operation: string, histogram: Histogram, seconds: number): Measured {
  const { totalCount, minNonZeroValue, mean, maxValue } = histogram
  const ms = (value: number): number => Math.round(value) / SCALE
  const percentiles = Object.fromEntries(
    Object.entries(PERCENTILES).map(([name, each]) => [
      name,
      // A percentile is the upper end of a range that the histogram does not tell apart.
      ms(Math.min(maxValue, histogram.getValueAtPercentile(each))),
    ]),
  ) as Record<keyof typeof PERCENTILES, number>
  return {
    operation,
    operations: totalCount,
    perSecond: Math.round(totalCount / seconds),
    latency: { min: ms(minNonZeroValue), mean: ms(mean), ...percentiles, max: ms(maxValue) },
  }
}
