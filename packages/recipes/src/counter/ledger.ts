import {
  type ACL,
  joinPath,
  MultiError,
  type NodeData,
  type WriteOperation,
  type ZooKeeper,
  ZooKeeperError,
} from '@zookit/client'
import {
  checkEnd,
  createIf,
  outcomeOf,
  readLatest,
  retryRead,
  withOutcome,
} from '../core/conditional-write.ts'
import type { Deadline } from '../core/deadline.ts'
import { codeOf, isTransient } from '../core/errors.ts'
import { contenderPrefix } from '../core/names.ts'
import { SerialQueue } from '../core/serial-queue.ts'

/** A number, and the version of the node that had it. */
export interface Entry {
  readonly value: bigint
  readonly version: number
}

/** What a transaction has come to: `again` where it was not applied, and nobody else has written. */
type Verdict = 'applied' | 'refused' | 'again'

/** A node of the client's own, ephemeral, whose data says which of its writes was applied last. */
interface Stamp {
  readonly path: string
  readonly session: bigint
  exists: boolean
}

const ledgers = new WeakMap<ZooKeeper, Map<string, Ledger>>()

/**
 * A node with a number that is changed by compare-and-set, each change exactly once. In the same transaction the client
 * stamps a node of its own; after a lost connection the stamp says whether the transaction was applied.
 */
export class Ledger {
  /** One change at a time: two of one client would only get in each other's way. */
  readonly queue: SerialQueue = new SerialQueue()
  readonly #zk: ZooKeeper
  readonly #path: string
  #stamp: Stamp | null = null
  #operations = 0
  #known: Entry | null = null

  private constructor(zk: ZooKeeper, path: string) {
    this.#zk = zk
    this.#path = path
  }

  /** The one of a client for a path. */
  static of(zk: ZooKeeper, path: string): Ledger {
    const present = ledgers.get(zk)
    const paths = present ?? new Map<string, Ledger>()
    if (!present) ledgers.set(zk, paths)
    const ledger = paths.get(path) ?? new Ledger(zk, path)
    paths.set(path, ledger)
    return ledger
  }

  /** What was written here last, if nobody is known to have written since; else as `read`. */
  async recall(deadline: Deadline): Promise<Entry | null> {
    return this.#known ?? (await this.read(deadline))
  }

  /** Reads the number, no older than this call. Null if there is no node. @throws INVALID_DATA: it is no number. */
  async read(deadline: Deadline): Promise<Entry | null> {
    const node = await readLatest(this.#zk, this.#path, deadline)
    this.#known = node && { value: toNumber(node, this.#path), version: node.stat.version }
    return this.#known
  }

  /** Creates the node where there is none. @throws as `createIf`, but not where it is there, whoever has made it. */
  async found(value: bigint, acl: readonly ACL[] | undefined, deadline: Deadline): Promise<void> {
    await createIf(this.#zk, this.#path, String(value), acl, deadline).catch(error => {
      if (!isTransient(error)) throw error
    })
  }

  /**
   * Writes a number in the place of another.
   *
   * @returns false if that is not there any more: read, and try again.
   * @throws what `deadline` says, and what has ended the session, with the outcome `unknown` if it cannot be told whether it was
   *   written; NO_AUTH; QUOTA_EXCEEDED.
   */
  async replace(
    entry: Entry,
    value: bigint,
    acl: readonly ACL[] | undefined,
    deadline: Deadline,
  ): Promise<boolean> {
    this.#known = null
    for (;;) {
      deadline.check()
      const verdict = await this.#attempt(entry, value, acl, deadline)
      if (verdict !== 'again') return verdict === 'applied'
    }
  }

  async #attempt(
    { version }: Entry,
    value: bigint,
    acl: readonly ACL[] | undefined,
    deadline: Deadline,
  ): Promise<Verdict> {
    const stamp = this.#stampOf()
    const id = String(++this.#operations)
    const stamping: WriteOperation = stamp.exists
      ? { type: 'setData', path: stamp.path, data: id }
      : { type: 'create', path: stamp.path, data: id, mode: 'ephemeral', acl }
    try {
      const [stat] = await this.#zk.multi(
        [{ type: 'setData', path: this.#path, data: String(value), version }, stamping],
        { signal: deadline.signal },
      )
      stamp.exists = true
      this.#known = { value, version: stat.version }
      return 'applied'
    } catch (error) {
      if (error instanceof MultiError) return this.#onRefused(error, stamp)
      checkEnd(deadline, error)
      if (!isTransient(error)) throw error
      if (outcomeOf(error) !== 'unknown') return await this.#compare(version, deadline)
      return await this.#inquire(version, stamp, id, deadline, error)
    }
  }

  #onRefused(error: MultiError, stamp: Stamp): Verdict {
    if (error.index === 0 && (error.code === 'BAD_VERSION' || error.code === 'NO_NODE')) return 'refused'
    if (error.index !== 1) throw error
    // Its create was never answered.
    if (error.code === 'NODE_EXISTS') {
      stamp.exists = true
      return 'again'
    }
    // Somebody has deleted it; with the number, perhaps, which may have been founded anew since.
    if (error.code !== 'NO_NODE') throw error
    this.#stamp = null
    return 'refused'
  }

  /** After a transaction that was sent and not answered. */
  async #inquire(
    version: number,
    stamp: Stamp,
    id: string,
    deadline: Deadline,
    error: unknown,
  ): Promise<Verdict> {
    try {
      // Behind a `sync`, nothing of an older connection of the session can follow.
      const [, node, mark] = await retryRead(this.#zk, deadline, () =>
        Promise.all([
          this.#zk.sync(this.#path),
          orNull(this.#zk.getData(this.#path)),
          orNull(this.#zk.getData(stamp.path)),
        ]),
      )
      if (mark?.data?.toString() === id) {
        stamp.exists = true
        return 'applied'
      }
      if (node?.stat.version === version) return 'again'
      if (this.#zk.session.id === stamp.session) return 'refused'
    } catch (failure) {
      throw withOutcome(failure, 'unknown')
    }
    // The stamp has gone with its session, and somebody has written: we, perhaps.
    throw error
  }

  async #compare(version: number, deadline: Deadline): Promise<Verdict> {
    const node = await readLatest(this.#zk, this.#path, deadline)
    return node?.stat.version === version ? 'again' : 'refused'
  }

  #stampOf(): Stamp {
    const { session, environment } = this.#zk
    if (this.#stamp?.session !== session.id) {
      const name = contenderPrefix(environment.random, session.id, 'stamp')
      this.#stamp = { path: joinPath(this.#path, name), session: session.id, exists: false }
    }
    return this.#stamp!
  }
}

function toNumber({ data }: NodeData, path: string): bigint {
  const text = data?.toString() ?? ''
  if (/^\s*-?\d+\s*$/.test(text)) return BigInt(text.trim())
  throw new ZooKeeperError('INVALID_DATA', { message: 'the node holds no number in decimal digits', path })
}

function orNull(reading: Promise<NodeData>): Promise<NodeData | null> {
  return reading.catch(error => {
    if (codeOf(error) === 'NO_NODE') return null
    throw error
  })
}
