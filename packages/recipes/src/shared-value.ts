import { type ACL, type ResyncReason, validatePath, type ZooKeeper } from '@zookit/client'
import { NodeCache } from './cache/node-cache.ts'
import type { CachedNode } from './cache/node-table.ts'
import type { Changes, ChangesOptions } from './core/broadcast.ts'
import { binary, type Codec } from './core/codec.ts'
import { checkEnd, createIf, outcomeOf, readLatest, retryRead, writeIf } from './core/conditional-write.ts'
import { Deadline, type Limits } from './core/deadline.ts'
import { codeOf, isTransient } from './core/errors.ts'
import { MappedChanges } from './core/mapped-changes.ts'

/** What a SharedValue is made with. */
export interface SharedValueOptions<Value> {
  /** Between the value and the node's data. Default `codecs.binary`: bytes or null. */
  codec?: Codec<Value> | undefined
  /** What `start` creates the node with where there is none. Default: it is not created. */
  initial?: Value | undefined
  /** Who may do what with nodes that are created. Default `openAcl`. */
  acl?: readonly ACL[] | undefined
  /** After a lost connection, reading begins at a random moment of so many milliseconds. Default 100. */
  jitter?: number | undefined
}

/** A value, and the version of the node that had it. */
export interface Versioned<Value> {
  readonly value: Value
  /** For `trySet`. It counts from 0 again when the node is deleted and created anew. */
  readonly version: number
}

/** What a SharedValue tells. */
export type SharedValueEvent<Value> =
  | { readonly type: 'changed'; readonly value: Value; readonly version: number }
  | { readonly type: 'deleted' }
  /** As for caches. */
  | { readonly type: 'resynced'; readonly reason: ResyncReason }
  /** The codec has refused what is in the node (`current` stays what it was), or the node must not be read. */
  | { readonly type: 'error'; readonly error: unknown }

/** The longest pause before a write that somebody was quicker than is tried again, in milliseconds. */
const PAUSE = 20

/** A value that everybody sees, and anybody may set: the data of one node. */
export class SharedValue<Value = Uint8Array | null> implements AsyncDisposable {
  readonly path: string
  readonly #zk: ZooKeeper
  readonly #options: SharedValueOptions<Value>
  readonly #codec: Codec<Value>
  readonly #cache: NodeCache
  /** What the cache's node was last decoded from, and to. */
  #decoded: { node: CachedNode; value: Versioned<Value> } | null = null

  /**
   * @param path the node that has the value.
   * @throws ZooKeeperError BAD_ARGUMENTS.
   */
  constructor(zk: ZooKeeper, path: string, options: SharedValueOptions<Value> = {}) {
    validatePath(path)
    this.path = path
    this.#zk = zk
    this.#options = options
    this.#codec = options.codec ?? (binary as unknown as Codec<Value>)
    this.#cache = new NodeCache(zk, path, { jitter: options.jitter })
  }

  /**
   * Begins to follow the value, and creates the node if there is an `initial` value and no node.
   *
   * @returns when `current` is there.
   * @throws as `NodeCache.start`; what creating the node throws.
   */
  async start(limits: Limits = {}): Promise<void> {
    using deadline = this.#deadline('start', limits)
    const { initial, acl } = this.#options
    if (initial !== undefined) {
      const data = this.#codec.encode(initial)
      await createIf(this.#zk, this.path, data, acl, deadline).catch(error => {
        // It is there, whoever has made it.
        if (!isTransient(error)) throw error
      })
    }
    await deadline.race(this.#cache.start({ signal: deadline.signal }))
  }

  /** The value now, as far as it is known here; null if there is no node, or before `start`. */
  get current(): Versioned<Value> | null {
    const node = this.#cache.current
    if (node === null) return null
    try {
      return this.#decode(node)
    } catch {
      return this.#decoded?.value ?? null
    }
  }

  /** Whether `current` may be out of date: as for caches. */
  get stale(): boolean {
    return this.#cache.stale
  }

  /** What happens from this call on: see `NodeCache.changes`. */
  changes(options?: ChangesOptions): Changes<SharedValueEvent<Value>> {
    return new MappedChanges(this.#cache.changes(options), event => {
      if (event.type === 'deleted') return { type: 'deleted' }
      if (event.type === 'resynced') return event
      if (event.type === 'error') return { type: 'error', error: event.error }
      if (event.type === 'initialized') return null
      try {
        return { type: 'changed', ...this.#decode(event.node) }
      } catch (error) {
        return { type: 'error', error }
      }
    })
  }

  /**
   * Reads the value, no older than this call. One round trip.
   *
   * @returns null if there is no node.
   * @throws what the codec throws; NO_AUTH; ABORTED; REQUEST_TIMEOUT; what ends the client.
   */
  async get(limits: Limits = {}): Promise<Versioned<Value> | null> {
    using deadline = this.#deadline('get', limits)
    const node = await readLatest(this.#zk, this.path, deadline)
    return node && { value: this.#codec.decode(node.data), version: node.stat.version }
  }

  /**
   * Sets the value, whatever it was. Creates the node if there is none.
   *
   * @returns the value with its version.
   * @throws what the codec throws; NO_AUTH; CONNECTION_LOSS and others with the outcome `unknown`: it may have been set, and is
   *   not set again, because somebody may have set something else meanwhile.
   */
  async set(value: Value, limits: Limits = {}): Promise<Versioned<Value>> {
    using deadline = this.#deadline('set', limits)
    const data = this.#codec.encode(value)
    for (;;) {
      deadline.check()
      try {
        const { version } = await this.#zk.setData(this.path, data, { signal: deadline.signal })
        return { value, version }
      } catch (error) {
        checkEnd(deadline, error)
        if (codeOf(error) === 'NO_NODE') {
          if (await createIf(this.#zk, this.path, data, this.#options.acl, deadline))
            return { value, version: 0 }
        } else if (!isTransient(error) || outcomeOf(error) === 'unknown') throw error
        else await retryRead(this.#zk, deadline, () => this.#zk.sync(this.path))
      }
    }
  }

  /**
   * Sets the value if nobody has set another one. One round trip.
   *
   * @param version of the value that is to be replaced; null: there is to be no node yet.
   * @returns the value with its new version; null if somebody was quicker.
   * @throws as `set`. After a lost connection it is looked into what has become of the write; the outcome is `unknown` only where
   *   what is there now could be ours or somebody else's.
   */
  async trySet(value: Value, version: number | null, limits: Limits = {}): Promise<Versioned<Value> | null> {
    using deadline = this.#deadline('trySet', limits)
    return await this.#trySet(value, version, deadline)
  }

  /**
   * Changes the value by a function of it, again and again until nobody was quicker.
   *
   * @param change is given the value, or null if there is no node; may be called several times.
   * @returns the new value with its version.
   * @throws as `trySet`; what the function throws.
   */
  async update(
    change: (value: Value | null) => Value | Promise<Value>,
    limits: Limits = {},
  ): Promise<Versioned<Value>> {
    using deadline = this.#deadline('update', limits)
    for (;;) {
      const node = await readLatest(this.#zk, this.path, deadline)
      const value = await change(node && this.#codec.decode(node.data))
      const set = await this.#trySet(value, node?.stat.version ?? null, deadline)
      if (set !== null) return set
      await deadline.jitter(PAUSE)
    }
  }

  /** Ends following. What was shown last stays. */
  close(): Promise<void> {
    return this.#cache.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #trySet(value: Value, version: number | null, deadline: Deadline): Promise<Versioned<Value> | null> {
    const data = this.#codec.encode(value)
    if (version === null) {
      const isOurs = await createIf(this.#zk, this.path, data, this.#options.acl, deadline)
      return isOurs ? { value, version: 0 } : null
    }
    const stat = await writeIf(this.#zk, this.path, data, version, deadline)
    return stat && { value, version: stat.version }
  }

  #decode(node: CachedNode): Versioned<Value> {
    if (this.#decoded?.node === node) return this.#decoded.value
    const value = { value: this.#codec.decode(node.data), version: node.stat.version }
    this.#decoded = { node, value }
    return value
  }

  #deadline(operation: string, limits: Limits): Deadline {
    const deadline = new Deadline(this.#zk.environment, limits, { operation, path: this.path })
    deadline.check()
    return deadline
  }
}
