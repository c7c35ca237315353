import type { Verdict } from './ledger.ts'

/** How a process of contenders is started. */
export interface Assignment {
  hosts: string
  path: string
  contenders: number
  seed: number
  sessionTimeout: number
}

/** What a process has done in all. */
export interface Tally {
  /** Acquisitions that were given up, by their limits or because the lock was taken. */
  givenUp: number
  /** Locks that were lost while they were held, by reason. */
  losses: Record<string, number>
}

/** What a process says. `enter` and `access` are answered. */
export type FromWorker =
  | { type: 'ready' }
  | { type: 'enter' | 'access'; id: number; token: bigint }
  | { type: 'accuse'; token: bigint }
  | { type: 'tally'; tally: Tally }

/** What it is told: to begin, to lose its connections, to let the waiting end; and the answers. */
export type ToWorker =
  | { type: 'begin'; assignment: Assignment }
  | { type: 'cut' }
  | { type: 'finish' }
  | { type: 'verdict'; id: number; verdict: Verdict }
