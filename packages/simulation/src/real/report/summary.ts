import { callsOf, ofKind } from '../checks/evidence.ts'
import type { RunResult } from '../run.ts'

/** Returns the number of times that connections of clients were lost. */
export function lossesOf({ histories }: RunResult): number {
  const states = histories.flatMap(({ entries }) => ofKind(entries, 'state'))
  return states.filter(({ state }) => state === 'suspended').length
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
  const expired = histories
    .flatMap(({ entries }) => ofKind(entries, 'state'))
    .filter(({ state }) => state === 'expired')
  return [
    `seed ${seed}: ${faults.length} faults in ${((to - from) / 1000).toFixed(0)} s, ${violations.length} promises did not hold`,
    `${calls.length} calls: ${outcomes.join(', ')}; ${commits} changes committed, ${grants} lock grants`,
    `${lossesOf(result)} lost connections, ${expired.length} expired sessions`,
  ].join('\n')
}
