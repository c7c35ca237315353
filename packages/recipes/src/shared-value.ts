import { type ACL, checks, type Data, inspectAs, type ResyncReason, type ZooKeeper } from '@zookit/client'
import { NodeCache } from './cache/node-cache.ts'
import type { CachedNode } from './cache/table/cached-node.ts'
import { Anchor } from './core/anchor.ts'
import { checkRecipe, codecCheck, refuse, SHARED } from './core/arguments.ts'
import type { Changes, ChangesOptions } from './core/broadcast.ts'
import { atOnce, change, checkMethods, takes, takesOnly } from './core/checked-methods.ts'
import { binary, type Codec } from './core/codec.ts'
import {
  checkEnd,
  createIf,
  orNull,
  outcomeOf,
  readLatest,
  retryRead,
  writeIf,
} from './core/conditional-write.ts'
import { Deadline, type Limits } from './core/deadline.ts'
import { asError, codeOf, isTransient } from './core/errors.ts'
import { MappedChanges } from './core/mapped-changes.ts'
import { inTurn } from './core/serial-queue.ts'
import { SuspectWrite } from './core/suspect-write.ts'
import { tellView } from './core/tell.ts'

/** Options of a SharedValue. */
export interface SharedValueOptions<Value> {
  /** Converts between the value and the znode's data. Default `codecs.binary`: bytes or null. */
  codec?: Codec<Value> | undefined
  /** Value with which `start` creates a missing znode. Default: it is not created. */
  initial?: Value | undefined
  /** ACL of the znodes that are created. Default `openAcl`. */
  acl?: readonly ACL[] | undefined
  /** Milliseconds: after a lost connection, reading begins at a random moment within this time. Default 100. */
  jitter?: number | undefined
}

/** A value, and the version of the znode that had it. */
export interface Versioned<Value> {
  readonly value: Value
  /** The version for `trySet`. It begins at 0 again when the znode is deleted and created again. */
  readonly version: number
}

/** An event of a SharedValue. */
export type SharedValueEvent<Value> =
  | { readonly type: 'changed'; readonly value: Value; readonly version: number }
  | { readonly type: 'deleted' }
  /** The same event as of caches. */
  | { readonly type: 'resynced'; readonly reason: ResyncReason }
  /** The codec has refused the znode's data (`current` stays unchanged), or the znode must not be read. */
  | { readonly type: 'error'; readonly error: Error }

/** Longest pause in milliseconds before a write is tried again that another writer has overtaken. */
const PAUSE = 20

const OPTIONS = checks.optionTable("{ initial: 'x' }", {
  codec: codecCheck,
  initial: checks.checkedLater,
  acl: SHARED.acl,
  jitter: SHARED.jitter,
})

/** A value that everybody can see and set: the data of one znode. */
export class SharedValue<Value = Uint8Array | null> implements AsyncDisposable {
  readonly path: string
  readonly #zk: ZooKeeper
  readonly #options: SharedValueOptions<Value>
  readonly #codec: Codec<Value>
  readonly #cache: NodeCache
  /** The state of the znode that was decoded last, and its value. */
  #decoded: { mzxid: bigint; value: Versioned<Value> } | null = null

  /**
   * @param path the znode with the value.
   * @throws ZooKeeperError BAD_ARGUMENTS.
   */
  constructor(zk: ZooKeeper, path: string, options: SharedValueOptions<Value> = {}) {
    checkRecipe('SharedValue', { zk, path, options, count: arguments.length }, OPTIONS)
    this.path = path
    this.#zk = zk
    this.#options = options
    this.#codec = options.codec ?? (binary as unknown as Codec<Value>)
    this.#cache = new NodeCache(zk, path, { jitter: options.jitter })
  }

  /**
   * Starts to follow the value. Creates the znode if there is an `initial` value and no znode.
   *
   * @returns when `current` is known.
   * @throws as `NodeCache.start`; what the creation of the znode throws.
   */
  async start(limits: Limits = {}): Promise<void> {
    using deadline = this.#deadline('start', limits)
    const { initial, acl } = this.#options
    if (initial !== undefined) {
      const data = this.#codec.encode(initial)
      await createIf(this.#zk, this.path, data, acl, deadline).catch(error => {
        // The znode exists, whoever created it.
        if (!isTransient(error)) throw error
      })
    }
    await deadline.race(this.#cache.start(deadline.inner))
  }

  /** The value, as far as it is known here; null if the znode does not exist, or before `start`. */
  get current(): Versioned<Value> | null {
    const node = this.#cache.current
    if (node === null) return null
    try {
      return this.#decode(node)
    } catch {
      return this.#decoded?.value ?? null
    }
  }

  /** True if `current` may be out of date: as for caches. */
  get stale(): boolean {
    return this.#cache.stale
  }

  /** Events from this call on: see `NodeCache.changes`. */
  changes(options?: ChangesOptions): Changes<SharedValueEvent<Value>> {
    return new MappedChanges(this.#cache.changes(options), event => {
      if (event.type === 'deleted') return { type: 'deleted' }
      if (event.type === 'resynced') return event
      if (event.type === 'error') return { type: 'error', error: event.error }
      if (event.type === 'initialized') return null
      try {
        return { type: 'changed', ...this.#decode(event.node) }
      } catch (error) {
        return { type: 'error', error: asError(error) }
      }
    })
  }

  /**
   * Reads the value, in a state no older than this call. Takes one round trip.
   *
   * @returns null if the znode does not exist.
   * @throws what the codec throws; NO_AUTH; ABORTED; REQUEST_TIMEOUT; what ends the client.
   */
  async get(limits: Limits = {}): Promise<Versioned<Value> | null> {
    using deadline = this.#deadline('get', limits)
    const node = await readLatest(this.#zk, this.path, deadline)
    return node && { value: this.#codec.decode(node.data), version: node.stat.version }
  }

  /**
   * Sets the value unconditionally. Creates the znode if it is missing.
   *
   * @returns the value with its version.
   * @throws what the codec throws; NO_AUTH; CONNECTION_LOSS and others with the outcome `unknown`: the value may have
   *   been set. The write is not repeated, because somebody may have set another value meanwhile.
   */
  async set(value: Value, limits: Limits = {}): Promise<Versioned<Value>> {
    using deadline = this.#deadline('set', limits)
    const data = this.#encode('set', value)
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
   * Sets the value if nobody has set another one. Takes one round trip.
   *
   * @param version version of the value to replace; null: the znode must not exist yet.
   * @returns the value with its new version; null if another writer was quicker.
   * @throws as `set`. After a lost connection the result of the write is looked up. The outcome is `unknown` only if
   *   the present value may be ours or another writer's.
   */
  async trySet(value: Value, version: number | null, limits: Limits = {}): Promise<Versioned<Value> | null> {
    using deadline = this.#deadline('trySet', limits)
    return await this.#trySet(value, version, deadline)
  }

  /**
   * Changes the value by a function of it, and repeats that while other writers are quicker.
   *
   * @param change receives the value, or null if the znode does not exist. It may be called several times.
   * @returns the new value with its version.
   * @throws as `trySet`; what the function throws.
   */
  async update(
    change: (value: Value | null) => Value | Promise<Value>,
    limits: Limits = {},
  ): Promise<Versioned<Value>> {
    using deadline = this.#deadline('update', limits)
    using anchor = new Anchor(this.#zk, this.path)
    const suspect = new SuspectWrite(this.#zk)
    const attempt = async (): Promise<Versioned<Value> | null> => {
      const node = await anchor.read(deadline, () => orNull(this.#zk.getData(this.path)))
      const changing = (async () => change(node && this.#codec.decode(node.data)))()
      const value = await deadline.race(changing)
      if (node === null) return await this.#trySet(value, null, deadline)
      const data = this.#encode('update', value)
      const write = { type: 'setData', path: this.path, data, version: node.stat.version } as const
      const version = await anchor.write(node.stat, [write], deadline, suspect)
      return version === null ? null : { value, version }
    }
    for (let set = await attempt(); ; set = await inTurn(this.#zk, this.path, deadline, attempt)) {
      if (set !== null) return set
      await deadline.jitter(PAUSE)
    }
  }

  /** Stops following. The last value stays visible. */
  close(): Promise<void> {
    return this.#cache.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #trySet(value: Value, version: number | null, deadline: Deadline): Promise<Versioned<Value> | null> {
    const data = this.#encode('trySet', value)
    if (version === null) {
      const isOurs = await createIf(this.#zk, this.path, data, this.#options.acl, deadline)
      return isOurs ? { value, version: 0 } : null
    }
    const stat = await writeIf(this.#zk, this.path, data, version, deadline)
    return stat && { value, version: stat.version }
  }

  #encode(operation: string, value: Value): Data {
    return refuse(operation, this.path, () => this.#codec.encode(value))
  }

  #decode(node: CachedNode): Versioned<Value> {
    const { mzxid, version } = node.stat
    if (this.#decoded?.mzxid === mzxid) return this.#decoded.value
    const value = { value: this.#codec.decode(node.data), version }
    this.#decoded = { mzxid, value }
    return value
  }

  #deadline(operation: string, limits: Limits): Deadline {
    const deadline = new Deadline(this.#zk, limits, { operation, path: this.path })
    deadline.check()
    return deadline
  }
}

const VALUE = ['the value', checks.checkedLater] as const

checkMethods(SharedValue, {
  start: takes(),
  changes: atOnce(takes()),
  get: takes(),
  set: takes(VALUE),
  trySet: takes(VALUE, [
    'the version',
    checks.mustBe('a whole number, or null', value => value === null || Number.isSafeInteger(value)),
  ]),
  update: takes(change),
  close: takesOnly(),
})
inspectAs(SharedValue, tellView)
