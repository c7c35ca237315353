import type { ZooKeeper } from '@zookit/client'
import { checks, ZooKeeperError } from '@zookit/client'
import { checkRecipe, SHARED } from './core/arguments.ts'
import { checkMethods, takes } from './core/checked-methods.ts'
import type { Limits } from './core/deadline.ts'
import { codeOf } from './core/errors.ts'
import { resolveOptions } from './core/options.ts'
import { checkKept, KeptNode, type PersistentNodeOptions } from './persistent-node.ts'

/** Options of a PersistentTtlNode. */
export interface PersistentTtlNodeOptions extends Omit<PersistentNodeOptions, 'mode'> {
  /** Milliseconds for which the znode outlives the last one who keeps it: 1 to 2^40-1. */
  ttl: number
  /** Milliseconds between two touches. Default: a third of `ttl`. */
  touchInterval?: number | undefined
}

const LONGEST_TTL = 2 ** 40 - 1
const LONGEST_TIMER = 0x7fff_ffff
const TOUCHES = 3

const OPTIONS = checks.optionTable('{ ttl: 60_000 }', {
  ttl: checks.mustBe(
    'a whole number of milliseconds from 1 to 2^40-1',
    value => Number.isInteger(value) && Number(value) > 0 && Number(value) <= LONGEST_TTL,
  ),
  touchInterval: checks.mustBe(
    'a number of milliseconds from 1',
    value => typeof value === 'number' && value >= 1 && value <= LONGEST_TIMER,
  ),
  data: SHARED.data,
  acl: SHARED.acl,
  parent: SHARED.parent,
  jitter: SHARED.jitter,
})

/**
 * Keeps a TTL znode in existence by touching it: unlike an ephemeral it outlives its session, for `ttl` milliseconds.
 * Several may keep the same one. `close` leaves it, and the server deletes it when its time is over.
 *
 * Needs a server since 3.5.3 that was started with `extendedTypesEnabled`.
 */
export class PersistentTtlNode extends KeptNode {
  /** @throws ZooKeeperError BAD_ARGUMENTS. */
  constructor(zk: ZooKeeper, path: string, options: PersistentTtlNodeOptions) {
    checkRecipe('PersistentTtlNode', { zk, path, options, count: arguments.length }, OPTIONS, ['ttl'])
    checkKept('PersistentTtlNode', path)
    const { ttl } = options
    const { touchInterval = Math.min(Math.ceil(ttl / TOUCHES), LONGEST_TIMER) } = options
    const { acl, data, jitter, parent } = resolveOptions(options)
    super(zk, path, { mode: 'ttl', ttl, touch: touchInterval, leave: true, acl, jitter, parent }, data)
  }

  /**
   * Starts, as `KeptNode.start` does.
   *
   * @throws UNIMPLEMENTED: the server has no TTL znodes.
   */
  override async start(limits: Limits = {}): Promise<void> {
    try {
      await super.start(limits)
    } catch (error) {
      if (codeOf(error) !== 'UNIMPLEMENTED') throw error
      const message =
        'the server has no TTL znodes: they need server 3.5.3 or newer, started with extendedTypesEnabled=true'
      const details = { message, operation: 'start', path: this.path, cause: error } as const
      throw new ZooKeeperError('UNIMPLEMENTED', { ...details, outcome: 'rejected' })
    }
  }
}

checkMethods(PersistentTtlNode, { start: takes() })
