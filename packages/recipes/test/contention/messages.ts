import type { Verdict } from './ledger.ts'

/** How a process of contenders is started. */
export interface Assignment {
  hosts: string
  path: string
  contenders: number
  seed: number
  sessionTimeout: number
}

/** The totals of a process. */
export interface Tally {
  /** Acquisitions that were given up, by their limits or because the lock was taken. */
  givenUp: number
  /** Locks that were lost while they were held, by reason. */
  losses: Record<string, number>
}

/** A message of a process. `enter` and `access` are answered. */
export type FromWorker =
  | { type: 'ready' }
  | { type: 'enter' | 'access'; id: number; token: bigint }
  | { type: 'accuse'; token: bigint }
  | { type: 'tally'; tally: Tally }

/** A message to a process: begin, lose the connections, let the waiting end; and the answers. */
export type ToWorker =
  | { type: 'begin'; assignment: Assignment }
  | { type: 'cut' }
  | { type: 'finish' }
  | { type: 'verdict'; id: number; verdict: Verdict }
