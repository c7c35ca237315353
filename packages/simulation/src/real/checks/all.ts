import type { Evidence } from './evidence.ts'
import { checkLocks } from './locks.ts'
import { checkOutcomes, checkRegisters } from './outcomes.ts'
import { checkQueues } from './queues.ts'
import { checkCertain, checkCertificates } from './sessions.ts'
import { checkLeft } from './tree.ts'
import { checkWatches } from './watches.ts'

const CHECKS: readonly ((evidence: Evidence) => void)[] = [
  checkRegisters,
  checkOutcomes,
  checkWatches,
  checkLocks,
  checkQueues,
  checkCertain,
  checkCertificates,
  ({ after }) => checkLeft(after),
]

/** Returns what a check that throws has found, or null. */
export function foundBy(check: () => void): string | null {
  try {
    check()
    return null
  } catch (error) {
    if (error instanceof Error && error.name === 'Violation') return error.message
    throw error
  }
}

/** Returns what does not hold, as the checks tell it: nothing, if all is well. */
export function violationsOf(evidence: Evidence): string[] {
  return CHECKS.map(check => foundBy(() => check(evidence))).filter(found => found !== null)
}
