import type { ZooKeeper } from '@zookit/client'
import { ZooKeeperError } from '@zookit/client'
import type { Limits } from './core/deadline.ts'
import { badArgument, codeOf } from './core/errors.ts'
import { resolveOptions } from './core/options.ts'
import { KeptNode, type PersistentNodeOptions } from './persistent-node.ts'

/** What a PersistentTtlNode is made with. */
export interface PersistentTtlNodeOptions extends Omit<PersistentNodeOptions, 'mode'> {
  /** For how long the node outlives the last one who has kept it, in milliseconds: 1 to 2^40-1. */
  ttl: number
  /** How often it is touched, in milliseconds. Default a third of `ttl`. */
  touchInterval?: number | undefined
}

const LONGEST_TTL = 2 ** 40 - 1
const LONGEST_TIMER = 0x7fff_ffff
const TOUCHES = 3

/**
 * Keeps a TTL node in being by touching it: unlike an ephemeral one it outlives its session, for `ttl` milliseconds.
 * Several may keep the same one. `close` leaves it, and the server removes it when its time is over.
 *
 * Needs a server since 3.5.3 that was started with `extendedTypesEnabled`.
 */
export class PersistentTtlNode extends KeptNode {
  /** @throws ZooKeeperError BAD_ARGUMENTS. */
  constructor(zk: ZooKeeper, path: string, options: PersistentTtlNodeOptions) {
    const { ttl } = options
    if (!(Number.isInteger(ttl) && ttl > 0 && ttl <= LONGEST_TTL)) {
      throw badArgument(`ttl is a whole number of milliseconds from 1 to 2^40-1, not ${String(ttl)}`, path)
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
   * As `KeptNode.start`.
   *
   * @throws UNIMPLEMENTED: the server has no TTL nodes.
   */
  override async start(limits: Limits = {}): Promise<void> {
    try {
      await super.start(limits)
    } catch (error) {
      if (codeOf(error) !== 'UNIMPLEMENTED') throw error
      const message = 'the server has no TTL nodes: they need 3.5.3, and extendedTypesEnabled=true'
      const details = { message, operation: 'start', path: this.path, cause: error } as const
      throw new ZooKeeperError('UNIMPLEMENTED', { ...details, outcome: 'rejected' })
    }
  }
}
