import { callsOf, ofKind } from '../checks/evidence.ts'
import type { RunResult } from '../run.ts'

/** Returns the number of times that sessions of clients came to a state. */
export function timesOf({ histories }: RunResult, wanted: string): number {
  const states = histories.flatMap(({ entries }) => ofKind(entries, 'state'))
  return states.filter(({ state }) => state === wanted).length
}

/** Returns the figures of a run, in a few lines. */
export function summaryOf(result: RunResult): string {
  const { seed, faults, histories, commits, violations, from, to } = result
  const calls = callsOf(histories)
  const count = (outcome: string): number => calls.filter(call => call.outcome === outcome).length
  const outcomes = ['applied', 'rejected', 'not-sent', 'unknown', 'pending'].map(
    name => `${count(name)} ${name}`,
  )
  const grants = histories.flatMap(({ entries }) => ofKind(entries, 'grant')).length
  return [
    `seed ${seed}: ${faults.length} faults in ${((to - from) / 1000).toFixed(0)} s, ${violations.length} promises did not hold`,
    `${calls.length} calls: ${outcomes.join(', ')}; ${commits} changes committed, ${grants} lock grants`,
    `${timesOf(result, 'suspended')} lost connections, ${timesOf(result, 'expired')} expired sessions`,
  ].join('\n')
}
