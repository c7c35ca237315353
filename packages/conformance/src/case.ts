import type { Capability } from './capability.ts'
import type { Context } from './context.ts'
import type { Release } from './release.ts'

/** The parts of the protocol: the rows of the table. */
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

/** One statement about a server, and how to see whether it is true. */
export interface ConformanceCase {
  /** The statement: a sentence. */
  readonly title: string
  readonly area: Area
  /** The source of the rule: `ZOOKEEPER-nnnn`, a section of the Programmer's Guide, a class of Apache's source. */
  readonly reference: string
  /** The first releases of which it is true, one for each line that it was ported to. All, if absent. */
  readonly since?: readonly Release[]
  /** The first releases of which it is no longer true. None, if absent. */
  readonly until?: readonly Release[]
  readonly needs?: readonly Capability[]
  /** The harm that it can do to servers that others use. Such a case runs only where the caller allows it. */
  readonly danger?: string
  /** True for a case about a read-only server, which `isro` tells apart. False if absent. */
  readonly readOnly?: boolean
  /** The parts of the protocol that it shows: `op:create`, `mode:ephemeral`, `watch:data`, `event:nodeCreated`, `error:NO_NODE`. */
  readonly covers: readonly string[]
  /** Throws, a Mismatch mostly, when the server behaves otherwise. */
  run(t: Context): Promise<void>
}
