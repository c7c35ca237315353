import { History } from '../../history.ts'
import type { LoggedTransaction } from './txn-record.ts'

/** The end of a session at the servers. */
interface SessionEnd {
  readonly session: string
  /** The leader's clock when it took the end up, as machine time. */
  readonly at: number
}

/** The changes that the ensemble has committed, as the checkers of the simulation take it. */
export interface EnsembleHistory {
  readonly history: History
  readonly sessionEnds: readonly SessionEnd[]
}

/** @param wallLead the milliseconds by which the wall clock is ahead of the machine's time. */
export function historyOf(transactions: readonly LoggedTransaction[], wallLead: number): EnsembleHistory {
  let at = 0
  const history = new History(() => at)
  const sessionEnds: SessionEnd[] = []
  for (const transaction of transactions) {
    at = transaction.time - wallLead
    history.onCommit(transaction)
    if (transaction.type === 'closeSession') sessionEnds.push({ session: String(transaction.sessionId), at })
  }
  return { history, sessionEnds }
}
