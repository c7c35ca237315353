import { type ACL, joinPath, MultiError, type NodeData, type ZooKeeper, ZooKeeperError } from '@zookit/client'
import { checkEnd, createIf, orNull, outcomeOf, readLatest, retryRead } from '../core/conditional-write.ts'
import type { Deadline } from '../core/deadline.ts'
import { codeOf, isTransient, withOutcome } from '../core/errors.ts'
import { contenderPrefix } from '../core/names.ts'
import { SerialQueue } from '../core/serial-queue.ts'

/** A number, and the version of the znode that had it. */
export interface Entry {
  readonly value: bigint
  readonly version: number
}

/** Result of a transaction. `again`: it was not applied, and nobody else has written. */
type AttemptResult = 'applied' | 'refused' | 'again'

/**
 * An ephemeral znode of the client below the number's, whose data names its last applied write. A number's znode that is
 * deleted takes it along: while it exists, a version is of the same znode as when it was read.
 */
interface Stamp {
  readonly path: string
  readonly session: bigint
  exists: boolean
}

const ledgers = new WeakMap<ZooKeeper, Map<string, Ledger>>()

/**
 * A znode with a number that is changed by compare-and-set, each change exactly once. The same transaction stamps a
 * znode of the client's own: after a lost connection the stamp says whether the transaction was applied.
 */
export class Ledger {
  /** Runs one change at a time: two changes of one client would only conflict. */
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

  /** Returns the ledger of a client for a path. */
  static of(zk: ZooKeeper, path: string): Ledger {
    const present = ledgers.get(zk)
    const paths = present ?? new Map<string, Ledger>()
    if (!present) ledgers.set(zk, paths)
    const ledger = paths.get(path) ?? new Ledger(zk, path)
    paths.set(path, ledger)
    return ledger
  }

  /** Returns the number that was written here last, if nobody is known to have written since; else reads it to replace it. */
  async recall(acl: readonly ACL[] | undefined, deadline: Deadline): Promise<Entry | null> {
    return (this.#stampOf().exists ? this.#known : null) ?? (await this.readToReplace(acl, deadline))
  }

  /**
   * Reads the number, in a state no older than this call. Null if the znode does not exist. @throws INVALID_DATA: it
   * is no number.
   */
  async read(deadline: Deadline): Promise<Entry | null> {
    return this.#entryOf(await readLatest(this.#zk, this.#path, deadline))
  }

  /** Reads the number as `read` does, behind the stamp, which is created in the same flush if there is none. */
  async readToReplace(acl: readonly ACL[] | undefined, deadline: Deadline): Promise<Entry | null> {
    const zk = this.#zk
    for (;;) {
      const stamp = this.#stampOf()
      const node = await retryRead(zk, deadline, async () => {
        const reads = [zk.sync(this.#path), orNull(zk.getData(this.#path))] as const
        const [, , node] = await Promise.all([this.#createStamp(stamp, acl), ...reads])
        return node
      })
      // Otherwise the number's znode was created in between, or the session was renewed.
      if (node === null || stamp.exists) return (this.#known = this.#entryOf(node))
    }
  }

  /** Creates the znode if it does not exist. @throws as `createIf`, unless the znode exists, whoever created it. */
  async found(value: bigint, acl: readonly ACL[] | undefined, deadline: Deadline): Promise<void> {
    await createIf(this.#zk, this.#path, String(value), acl, deadline).catch(error => {
      if (!isTransient(error)) throw error
    })
  }

  /**
   * Replaces a number.
   *
   * @param entry read by `readToReplace`, or recalled.
   * @returns false if the number has changed: read, and try again.
   * @throws ABORTED, REQUEST_TIMEOUT and what has ended the session, with the outcome `unknown` if the write may have
   *   been applied; NO_AUTH; QUOTA_EXCEEDED.
   */
  async replace(entry: Entry, value: bigint, deadline: Deadline): Promise<boolean> {
    this.#known = null
    for (;;) {
      deadline.check()
      const result = await this.#attempt(entry, value, deadline)
      if (result !== 'again') return result === 'applied'
    }
  }

  async #attempt({ version }: Entry, value: bigint, deadline: Deadline): Promise<AttemptResult> {
    const stamp = this.#stampOf()
    // It ended with its session, and what was read behind it proves nothing any more.
    if (!stamp.exists) return 'refused'
    const id = String(++this.#operations)
    try {
      const [stat] = await this.#zk.multi(
        [
          { type: 'setData', path: this.#path, data: String(value), version },
          { type: 'setData', path: stamp.path, data: id },
        ],
        { signal: deadline.signal },
      )
      this.#known = { value, version: stat.version }
      return 'applied'
    } catch (error) {
      if (MultiError.is(error)) return this.#onRefused(error)
      checkEnd(deadline, error)
      if (!isTransient(error)) throw error
      if (outcomeOf(error) !== 'unknown') return await this.#compare(version, deadline)
      return await this.#inquire(version, stamp, id, deadline, error)
    }
  }

  #onRefused(error: MultiError): AttemptResult {
    const isGone = error.code === 'NO_NODE'
    // Somebody has deleted the stamp, perhaps with the number, which may have been created again since.
    if (isGone) this.#stamp = null
    if (isGone || (error.index === 0 && error.code === 'BAD_VERSION')) return 'refused'
    throw error
  }

  /** Finds out the result of a transaction that was sent and not answered. */
  async #inquire(
    version: number,
    stamp: Stamp,
    id: string,
    deadline: Deadline,
    error: unknown,
  ): Promise<AttemptResult> {
    try {
      // After a `sync`, no request of an older connection of the session can follow.
      const [, node, mark] = await retryRead(this.#zk, deadline, () =>
        Promise.all([
          this.#zk.sync(this.#path),
          orNull(this.#zk.getData(this.#path)),
          orNull(this.#zk.getData(stamp.path)),
        ]),
      )
      if (mark?.data?.toString() === id) return 'applied'
      if (node?.stat.version === version) return 'again'
      if (this.#zk.sessionId === stamp.session) return 'refused'
    } catch (failure) {
      throw withOutcome(failure, 'unknown')
    }
    // The stamp is gone with its session, and somebody has written: perhaps we have.
    throw error
  }

  async #compare(version: number, deadline: Deadline): Promise<AttemptResult> {
    const node = await readLatest(this.#zk, this.#path, deadline)
    return node?.stat.version === version ? 'again' : 'refused'
  }

  /** Creates the stamp, if it does not exist and the number's znode does. @throws as a create. */
  async #createStamp(stamp: Stamp, acl: readonly ACL[] | undefined): Promise<void> {
    if (stamp.exists) return
    try {
      await this.#zk.create(stamp.path, null, { mode: 'ephemeral', acl })
      stamp.exists = true
    } catch (error) {
      // An earlier create was not answered.
      if (codeOf(error) === 'NODE_EXISTS') stamp.exists = true
      else if (codeOf(error) !== 'NO_NODE') throw error
    }
  }

  #entryOf(node: NodeData | null): Entry | null {
    return node && { value: toNumber(node, this.#path), version: node.stat.version }
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
  throw new ZooKeeperError('INVALID_DATA', {
    message: 'the znode does not hold a number in decimal digits',
    path,
  })
}
