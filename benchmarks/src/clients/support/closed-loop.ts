import type { RoundResult } from './cell.ts'
import type { Issue } from './client.ts'
import { Meter } from './meter.ts'

/** Above this many in flight, latency is measured for a sample of the requests: the clock costs some 50 ns. */
const FEW = 16
/** Odd, so that no pattern hides. */
const SAMPLE_EVERY = 61

/** Latency is measured for one request in so many. */
export function sampleEvery(inFlight: number): number {
  return inFlight <= FEW ? 1 : SAMPLE_EVERY
}

/**
 * Keeps `inFlight` requests in flight for a time: each reply makes room for the next request. Those that are in
 * flight at the end are awaited and counted, so that CPU time and operations belong together.
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
