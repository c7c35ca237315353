import type { ServerStartError } from '@zookit/test-fixtures'
import type { RunResult } from '../run.ts'

/** The exit code of a run that says nothing of the clients: the servers have lost what they had committed, or did not come up. */
const NO_VERDICT = 3

/** The result of a run, in lines of text and as the exit code of its program. */
export interface Verdict {
  readonly code: number
  readonly lines: readonly string[]
}

/**
 * Tells what a run has come to. Clients cannot bring about a hole in what the members have logged; with one, whatever else
 * does not hold may come from it.
 */
export function verdictOf({ violations, hole }: Pick<RunResult, 'violations' | 'hole'>): Verdict {
  const lines = violations.map(each => `does not hold: ${each}`)
  if (hole === null) return { code: violations.length === 0 ? 0 : 1, lines }
  return {
    code: NO_VERDICT,
    lines: [...lines, `no verdict: ${hole}. The ensemble has lost what it had committed`],
  }
}

/** Tells what a run has come to that ended early, because a server did not come up. */
export function verdictWithout(error: ServerStartError): Verdict {
  return { code: NO_VERDICT, lines: [`no verdict: ${error.message}`] }
}
