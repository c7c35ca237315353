import { build } from 'hdr-histogram-js'
import type { RoundResult } from './cell.ts'
import type { Issue } from './client.ts'
import { Meter } from './meter.ts'

const PERCENTILES = [50, 90, 99, 99.9, 99.99]
/** The scale of recorded latencies: tenths of a microsecond, up to a minute. */
const SCALE = 10_000
const HIGHEST = 60_000 * SCALE

/**
 * Issues requests at a fixed rate, whether or not replies come. A latency counts from the time at which its request was
 * due, not from its sending: a stall shows in every request that was due during it (no coordinated omission).
 *
 * The loop never sleeps, because a timer would be a millisecond late. Its CPU time therefore means nothing.
 */
export function openLoop(issue: Issue, rate: number, seconds: number): Promise<RoundResult> {
  return new Promise(resolve => {
    const histogram = build({ highestTrackableValue: HIGHEST, numberOfSignificantValueDigits: 3 })
    const meter = new Meter()
    const total = Math.round(rate * seconds)
    const period = 1000 / rate
    let issued = 0
    let answered = 0
    meter.start()
    const startedAt = performance.now()
    const sendOne = (): void => {
      const due = startedAt + issued++ * period
      issue(() => {
        histogram.recordValue(Math.min(HIGHEST, Math.round((performance.now() - due) * SCALE)))
        if (++answered === total) finish()
      })
    }
    const finish = (): void => {
      const at = (percentile: number): number => histogram.getValueAtPercentile(percentile) / 10
      const percentiles = Object.fromEntries(PERCENTILES.map(p => [`p${p}`, at(p)]))
      resolve({ ...meter.stop(answered), p50: at(50), p99: at(99), p999: at(99.9), percentiles })
    }
    const tick = (): void => {
      const due = Math.min(total, Math.floor((performance.now() - startedAt) / period) + 1)
      while (issued < due) sendOne()
      if (issued < total) setImmediate(tick)
    }
    tick()
  })
}
