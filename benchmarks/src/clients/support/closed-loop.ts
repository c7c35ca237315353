import type { RoundResult } from './cell.ts'
import type { Issue } from './client.ts'
import { Meter } from './meter.ts'

/** The number in flight above which only a sample of the latencies is measured: reading the clock costs about 50 ns. */
const FEW = 16
/** An odd number, so that the sample does not follow a pattern of the load. */
const SAMPLE_EVERY = 61

/** Returns n if the latency of every n-th request is measured. */
export function sampleEvery(inFlight: number): number {
  return inFlight <= FEW ? 1 : SAMPLE_EVERY
}

/**
 * Keeps `inFlight` requests in flight for a time: each reply makes room for the next request. Requests in flight at the
 * end are awaited and counted, so that CPU time and operations match.
 */
export function closedLoop(issue: Issue, inFlight: number, seconds: number): Promise<RoundResult> {
  return new Promise(resolve => {
    const every = sampleEvery(inFlight)
    const meter = new Meter()
    let running = true
    let issued = 0
    let answered = 0
    let untilSample = every
    const done = (): void => {
      answered++
      if (running) send()
      else if (answered === issued) resolve(meter.stop(answered))
    }
    const send = (): void => {
      issued++
      if (--untilSample > 0) return issue(done)
      untilSample = every
      const sentAt = performance.now()
      issue(() => {
        meter.sample(performance.now() - sentAt)
        done()
      })
    }
    setTimeout(() => (running = false), seconds * 1000)
    meter.start()
    for (let i = 0; i < inFlight; i++) send()
  })
}
