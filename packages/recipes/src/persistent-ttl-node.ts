import type { ZooKeeper } from '@zookit/client'
import { ZooKeeperError } from '@zookit/client'
import type { Limits } from './core/deadline.ts'
import { badArgument, codeOf } from './core/errors.ts'
import { resolveOptions } from './core/options.ts'
import { KeptNode, type PersistentNodeOptions } from './persistent-node.ts'

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

/**
 * Keeps a TTL znode in existence by touching it: unlike an ephemeral it outlives its session, for `ttl` milliseconds.
 * Several may keep the same one. `close` leaves it, and the server deletes it when its time is over.
 *
 * Needs a server since 3.5.3 that was started with `extendedTypesEnabled`.
 */
export class PersistentTtlNode extends KeptNode {
  /** @throws ZooKeeperError BAD_ARGUMENTS. */
  constructor(zk: ZooKeeper, path: string, options: PersistentTtlNodeOptions) {
    const { ttl } = options
    if (!(Number.isInteger(ttl) && ttl > 0 && ttl <= LONGEST_TTL)) {
      throw badArgument(
        `ttl must be a whole number of milliseconds from 1 to 2^40-1, not ${String(ttl)}`,
        path,
      )
    }
    const { touchInterval = Math.min(Math.ceil(ttl / TOUCHES), LONGEST_TIMER) } = options
    if (!(touchInterval >= 1 && touchInterval <= LONGEST_TIMER)) {
      throw badArgument(
        `touchInterval is a number of milliseconds from 1, not ${String(touchInterval)}`,
        path,
      )
    }
    const { acl, data, jitter, parent } = resolveOptions(options, path)
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
