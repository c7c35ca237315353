import { type ACL, type ResyncReason, validatePath, type ZooKeeper, ZooKeeperError } from '@zookit/client'
import PQueue from 'p-queue'
import { Broadcast, type Changes, type ChangesOptions } from '../core/broadcast.ts'
import { type Codec, json } from '../core/codec.ts'
import { Deadline, type Limits } from '../core/deadline.ts'
import { badArgument, codeOf } from '../core/errors.ts'
import { parseWith, type Schema } from '../core/schema.ts'
import { cacheOf, decode, isSameSnapshot, type Layout, type Snapshot, snapshotOf } from './snapshot.ts'
import { ConfigWriter } from './writer.ts'

/** What a Config is made with. */
export interface ConfigOptions<Value> {
  /**
   * What the value is validated with, and typed by: a schema of zod, valibot, arktype, or any other that speaks Standard
   * Schema. It has to take what it makes, because `update` writes that. Default: every value is taken, as `unknown`.
   */
  schema?: Schema<Value> | undefined
  /** Between a node's data and what the schema is given. Default `codecs.json`. */
  codec?: Codec<unknown> | undefined
  /** Whether the value is an object with a key for each node below the path, such as `db/host`. Default false: one node. */
  subtree?: boolean | undefined
  /** The value where there is no node. Default: that is an error. */
  default?: Value | undefined
  /** How many versions `history` keeps. Default 10. */
  history?: number | undefined
  /** Who may do what with nodes that are created. Default `openAcl`. */
  acl?: readonly ACL[] | undefined
  /** After a lost connection, reading begins at a random moment of so many milliseconds. Default 100. */
  jitter?: number | undefined
}

/** A value that was in force. */
export interface ConfigVersion<Value> {
  readonly value: Value
  /** The transaction that it has come with, the newest one of all its nodes; null for the default. */
  readonly zxid: bigint | null
  /** When that was, by the server's clock, in milliseconds since 1970; null for the default. */
  readonly time: number | null
}

/** What a Config tells. */
export type ConfigEvent<Value> =
  | { readonly type: 'changed'; readonly value: Value; readonly version: ConfigVersion<Value> }
  /** What is there now is refused by the codec or the schema. The last good value stays. */
  | { readonly type: 'invalid'; readonly error: unknown }
  /** The node has gone, and there is no default. The last good value stays. */
  | { readonly type: 'deleted' }
  /** As for caches; with `overflow`, look at `current`. */
  | { readonly type: 'resynced'; readonly reason: ResyncReason }
  /** Something cannot be read; see caches. */
  | { readonly type: 'error'; readonly path: string; readonly error: unknown }

/** A time of being started. */
interface Run {
  readonly cache: ReturnType<typeof cacheOf>
  /** One evaluation at a time: a schema may take its time. */
  readonly queue: PQueue
  /** What was evaluated last; undefined if nothing was. */
  seen: Snapshot | null | undefined
  isDue: boolean
  waiting: number
}

/** The longest pause before an update that somebody was quicker than is tried again, in milliseconds. */
const PAUSE = 20

/** A configuration that is kept in one node, or in the nodes below one: decoded, validated, and up to date. */
export class Config<Value = unknown> implements AsyncDisposable {
  readonly path: string
  readonly #zk: ZooKeeper
  readonly #options: ConfigOptions<Value>
  readonly #layout: Layout
  readonly #writer: ConfigWriter
  readonly #broadcast: Broadcast<ConfigEvent<Value>>
  readonly #history: ConfigVersion<Value>[] = []
  #problem: unknown = null
  #run: Run | null = null
  #closed = false

  /**
   * @param path the node, or the one that the nodes are below.
   * @throws ZooKeeperError BAD_ARGUMENTS.
   */
  constructor(zk: ZooKeeper, path: string, options: ConfigOptions<Value> = {}) {
    const { codec = json, subtree = false, history = 10, acl } = options
    validatePath(path)
    if (!Number.isInteger(history) || history < 1) {
      throw badArgument(`history is a whole number from 1, not ${String(history)}`, path)
    }
    this.path = path
    this.#zk = zk
    this.#options = { ...options, history }
    this.#layout = { path, codec, subtree }
    this.#writer = new ConfigWriter(zk, this.#layout, acl)
    this.#broadcast = new Broadcast<ConfigEvent<Value>>(path, () => ({
      type: 'resynced',
      reason: 'overflow',
    }))
  }

  /**
   * Reads the value, and follows it from then on. To call it again does no harm.
   *
   * @returns when `current` is there.
   * @throws NO_NODE: there is no node, and no default; INVALID_DATA: the codec or the schema (then it is a SchemaError, with
   *   `issues`) refuses what is there; NO_AUTH; ABORTED; REQUEST_TIMEOUT; what ends the client. Then nothing is left running.
   */
  async start(limits: Limits = {}): Promise<void> {
    using deadline = this.#deadline('start', limits)
    if (this.#closed)
      throw new ZooKeeperError('CLOSED', { operation: 'start', path: this.path, outcome: 'not-sent' })
    this.#run ??= this.#begin()
    const run = this.#run
    run.waiting++
    try {
      await deadline.race(run.cache.start())
      await deadline.race(this.#evaluateNext(run))
      if (this.#history.length === 0) throw this.#problem
    } finally {
      if (--run.waiting === 0 && this.#history.length === 0 && this.#run === run) {
        this.#run = null
        void run.cache.close()
      }
    }
  }

  /** The value: the newest that was valid. @throws ZooKeeperError NOT_STARTED. */
  get current(): Value {
    return this.version.value
  }

  /** The value, and where it is from. @throws ZooKeeperError NOT_STARTED. */
  get version(): ConfigVersion<Value> {
    const version = this.#history.at(-1)
    if (version !== undefined) return version
    const message = 'there is no value before `start` has resolved'
    throw new ZooKeeperError('NOT_STARTED', { message, path: this.path })
  }

  /** The values that were in force, as far as this has seen them, the newest last: `current` is one of them. */
  get history(): readonly ConfigVersion<Value>[] {
    return [...this.#history]
  }

  /** Why what is there now is not in force: INVALID_DATA, or NO_NODE; null if it is. */
  get problem(): unknown {
    return this.#problem
  }

  /** Whether `current` may be out of date: as for caches. */
  get stale(): boolean {
    return this.#run?.cache.stale ?? true
  }

  /**
   * What happens from this call on. Changes that come faster than they are validated are taken together.
   *
   * @param options.signal ends it: the iteration throws ABORTED.
   * @param options.buffer how many events may wait before they are dropped for one `resynced`. Default 1024.
   */
  changes(options?: ChangesOptions): Changes<ConfigEvent<Value>> {
    return this.#broadcast.listen(options)
  }

  /**
   * Changes the value by a function of it, again and again until nobody was quicker. Does not need `start`.
   *
   * @param change is given the newest value, or the default where there is no node; may be called several times. It
   *   returns another one, and leaves the one that it was given as it is.
   * @returns the new value, as validated. It shows in `current` when its event has come.
   * @throws what the function throws; INVALID_DATA: what is there, or what the function has made; NO_NODE: there is none, and no default;
   *   NO_AUTH; ABORTED; REQUEST_TIMEOUT; CONNECTION_LOSS and others with the outcome `unknown`: it may have been written, and what is there
   *   now could be ours or somebody else's.
   */
  update(change: (value: Value) => Value | Promise<Value>, limits: Limits = {}): Promise<Value> {
    return this.#write('update', limits, async before => await change(await this.#valueOf(before)))
  }

  /**
   * Replaces the value, whatever it was, valid or not. Creates what is missing. Does not need `start`.
   *
   * @returns the value, as validated.
   * @throws as `update`, but for what concerns the value before.
   */
  set(value: Value, limits: Limits = {}): Promise<Value> {
    return this.#write('set', limits, () => Promise.resolve(value))
  }

  /** Ends following. The last value stays. */
  async close(): Promise<void> {
    this.#closed = true
    this.#broadcast.end()
    await this.#run?.cache.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #write(
    operation: string,
    limits: Limits,
    next: (before: Snapshot | null) => Promise<Value>,
  ): Promise<Value> {
    using deadline = this.#deadline(operation, limits)
    for (;;) {
      const before = await this.#writer.read(deadline)
      const value = await deadline.race(next(before))
      const parsed = await deadline.race(parseWith(this.#options.schema, value, this.path))
      if (await this.#writer.write(before, value, deadline)) return parsed
      await deadline.jitter(PAUSE)
    }
  }

  /** @throws INVALID_DATA; NO_NODE. */
  async #valueOf(snapshot: Snapshot | null): Promise<Value> {
    if (snapshot !== null)
      return await parseWith(this.#options.schema, decode(this.#layout, snapshot), this.path)
    if (this.#options.default !== undefined) return this.#options.default
    const message = 'there is no such node, and no default'
    throw new ZooKeeperError('NO_NODE', { message, path: this.path })
  }

  #begin(): Run {
    const cache = cacheOf(this.#zk, this.#layout, this.#options.jitter)
    const run = { cache, queue: new PQueue({ concurrency: 1 }), seen: undefined, isDue: false, waiting: 0 }
    void this.#follow(run)
    return run
  }

  async #follow(run: Run): Promise<void> {
    try {
      for await (const event of run.cache.changes()) {
        if (event.type === 'error') this.#broadcast.emit(event)
        else if (event.type === 'resynced') this.#onResynced(run, event.reason)
        else if (run.seen !== undefined) this.#evaluateSoon(run)
      }
      if (this.#run === run) this.#broadcast.end()
    } catch (error) {
      if (this.#run === run) this.#broadcast.end({ error })
    }
  }

  #onResynced(run: Run, reason: ResyncReason): void {
    void this.#evaluateNext(run).then(() => {
      // What the cache has dropped is all in what has been evaluated.
      if (reason !== 'overflow') this.#broadcast.emit({ type: 'resynced', reason })
    })
  }

  /** Events that come in one piece, such as those of one transaction, are taken together. */
  #evaluateSoon(run: Run): void {
    if (run.isDue) return
    run.isDue = true
    this.#zk.environment.defer(() => {
      run.isDue = false
      if (run.queue.size === 0) void this.#evaluateNext(run)
    })
  }

  #evaluateNext(run: Run): Promise<void> {
    return run.queue.add(() => this.#evaluate(run))
  }

  async #evaluate(run: Run): Promise<void> {
    const snapshot = snapshotOf(run.cache)
    if (run.seen !== undefined && isSameSnapshot(run.seen, snapshot)) return
    run.seen = snapshot
    try {
      const value = await this.#valueOf(snapshot)
      if (this.#run !== run || this.#closed) return
      this.#problem = null
      this.#take({ value, zxid: snapshot?.zxid ?? null, time: snapshot?.time ?? null })
    } catch (error) {
      if (this.#run === run && !this.#closed) this.#onProblem(error)
    }
  }

  #take(version: ConfigVersion<Value>): void {
    const isFirst = this.#history.length === 0
    this.#history.push(version)
    if (this.#history.length > this.#options.history!) this.#history.shift()
    if (!isFirst) this.#broadcast.emit({ type: 'changed', value: version.value, version })
  }

  #onProblem(error: unknown): void {
    this.#problem = error
    // A first value that there is not is what `start` throws.
    if (this.#history.length === 0) return
    if (codeOf(error) === 'NO_NODE') this.#broadcast.emit({ type: 'deleted' })
    else this.#broadcast.emit({ type: 'invalid', error })
  }

  #deadline(operation: string, limits: Limits): Deadline {
    const deadline = new Deadline(this.#zk.environment, limits, { operation, path: this.path })
    deadline.check()
    return deadline
  }
}
