import type { Context } from './context.ts'
import type { Release } from './release.ts'

/** What a part of the suite is about: a row of the table. */
export const areas = [
  'framing',
  'handshake',
  'sessions',
  'create',
  'delete',
  'read',
  'write',
  'stat',
  'paths',
  'acl',
  'auth',
  'multi',
  'multiRead',
  'watches',
  'persistent watches',
  'watch catch-up',
  'ordering',
  'limits',
  'ensemble',
  'read-only',
  'four-letter words',
] as const

/** A part of the protocol, by which results are counted. */
export type Area = (typeof areas)[number]

/**
 * What a server must be able to do beyond its release, found by looking: TTL nodes, a leader with followers, reaping
 * within the suite's patience, `reconfig` switched on or off, enforced quotas, SASL that is not set up, a super user
 * whose password was told.
 */
export type Capability =
  | 'extended-types'
  | 'no-extended-types'
  | 'ensemble'
  | 'standalone'
  | 'quick-reaping'
  | 'reconfig-disabled'
  | 'enforced-quota'
  | 'short-sessions'
  | 'super'
  | 'sasl'
  | 'no-sasl'
  | `word:${string}`

/** One statement about a server, and how to see whether it is true. */
export interface ConformanceCase {
  /** The statement: a sentence. */
  readonly title: string
  readonly area: Area
  /** Where it comes from: `ZOOKEEPER-nnnn`, a section of the Programmer's Guide, a class of Apache's source. */
  readonly reference: string
  /** The first releases of which it is true, one for each line that it was ported to. All, if absent. */
  readonly since?: readonly Release[]
  /** The first releases of which it is true no more. None, if absent. */
  readonly until?: readonly Release[]
  readonly needs?: readonly Capability[]
  /** Whether it is about a read-only server, which is told apart by `isro`. False if absent. */
  readonly readOnly?: boolean
  /** What it shows: `op:create`, `mode:ephemeral`, `watch:data`, `event:nodeCreated`, `error:NO_NODE`. */
  readonly covers: readonly string[]
  /** Throws, a Mismatch mostly, when the server behaves otherwise. */
  run(t: Context): Promise<void>
}
