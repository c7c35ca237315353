import type { Judgement } from './ledger.ts'

/** Arguments of a process of contenders. */
export interface Assignment {
  hosts: string
  path: string
  contenders: number
  seed: number
  sessionTimeout: number
}

/** Totals of a process. */
export interface Tally {
  /** Acquisitions that were given up, by their limits or because the lock was taken. */
  givenUp: number
  /** Locks that were lost while they were held, by reason. */
  losses: Record<string, number>
}

/** Messages of a process. `enter` and `access` are answered. */
export type FromWorker =
  | { type: 'ready' }
  | { type: 'enter' | 'access'; id: number; token: bigint }
  | { type: 'accuse'; token: bigint }
  | { type: 'tally'; tally: Tally }

/** Messages to a process: to begin, to lose its connections, to end its waits; and answers. */
export type ToWorker =
  | { type: 'begin'; assignment: Assignment }
  | { type: 'cut' }
  | { type: 'finish' }
  | { type: 'judgement'; id: number; judgement: Judgement }
