import {
  type ACL,
  checks,
  inspectAs,
  type ResyncReason,
  type ZooKeeper,
  ZooKeeperError,
} from '@zookit/client'
import PQueue from 'p-queue'
import { Anchor } from '../core/anchor.ts'
import { checkRecipe, codecCheck, SHARED, schemaCheck } from '../core/arguments.ts'
import { Broadcast, type Changes, type ChangesOptions } from '../core/broadcast.ts'
import { atOnce, change, checkMethods, takes, takesOnly } from '../core/checked-methods.ts'
import { type Codec, json } from '../core/codec.ts'
import { Deadline, type Limits } from '../core/deadline.ts'
import { asError, codeOf } from '../core/errors.ts'
import { withJson } from '../core/json.ts'
import { parseWith, type Schema } from '../core/schema.ts'
import { inTurn } from '../core/serial-queue.ts'
import { SuspectWrite } from '../core/suspect-write.ts'
import { tellView } from '../core/tell.ts'
import { cacheOf, decode, isSameSnapshot, type Layout, type Snapshot, snapshotOf } from './snapshot.ts'
import { ConfigWriter } from './writer.ts'

/** Options of a Config. */
export interface ConfigOptions<Value> {
  /**
   * Validates the value and gives it its type: a schema of zod, valibot, arktype, or any other library that
   * implements Standard Schema. It must accept its own output, because `update` writes that. Default: every value is
   * accepted, as `unknown`.
   */
  schema?: Schema<Value> | undefined
  /** Converts between a znode's data and the schema's input. Default `codecs.json`. */
  codec?: Codec<unknown> | undefined
  /**
   * True if the value is an object with a key for each znode below the path, such as `db/host`. Default false: one
   * znode.
   */
  subtree?: boolean | undefined
  /** Value while the znode does not exist. Default: that is an error. */
  default?: Value | undefined
  /** Number of versions in `history`. Default 10. */
  history?: number | undefined
  /** ACL of the znodes that are created. Default `openAcl`. */
  acl?: readonly ACL[] | undefined
  /** Milliseconds: after a lost connection, reading begins at a random moment within this time. Default 100. */
  jitter?: number | undefined
}

/** A value that was in force. */
export interface ConfigVersion<Value> {
  readonly value: Value
  /** The newest transaction that changed one of its znodes; null for the default. */
  readonly zxid: bigint | null
  /** Time of that transaction on the server's clock, in milliseconds since 1970; null for the default. */
  readonly time: number | null
}

/** An event of a Config. */
export type ConfigEvent<Value> =
  | { readonly type: 'changed'; readonly value: Value; readonly version: ConfigVersion<Value> }
  /** The codec or the schema refuses the present data. The last valid value stays. */
  | { readonly type: 'invalid'; readonly error: Error }
  /** The znode was deleted, and there is no default. The last valid value stays. */
  | { readonly type: 'deleted' }
  /** The same event as of caches. After `overflow`, read `current`. */
  | { readonly type: 'resynced'; readonly reason: ResyncReason }
  /** A znode cannot be read; see caches. */
  | { readonly type: 'error'; readonly path: string; readonly error: Error }

/** One start. */
interface Run {
  readonly cache: ReturnType<typeof cacheOf>
  /** Evaluations run one at a time, because a schema may be asynchronous. */
  readonly queue: PQueue
  /** The snapshot that was evaluated last; undefined if there was none. */
  seen: Snapshot | null | undefined
  isDue: boolean
  /** The revision of the cache at that time. */
  revision: number
  /** Number of evaluations that have begun or wait. */
  evaluating: number
  waiting: number
}

/** Longest pause in milliseconds before an update is tried again that another writer has overtaken. */
const PAUSE = 20

const OPTIONS = checks.optionTable('{ schema }', {
  schema: schemaCheck,
  codec: codecCheck,
  subtree: checks.flag,
  default: checks.checkedLater,
  history: checks.whole(1),
  acl: SHARED.acl,
  jitter: SHARED.jitter,
})

/** A configuration in one znode, or in the znodes below one: decoded, validated, and up to date. */
export class Config<Value = unknown> implements AsyncDisposable {
  readonly path: string
  readonly #zk: ZooKeeper
  readonly #options: ConfigOptions<Value>
  readonly #layout: Layout
  readonly #writer: ConfigWriter
  readonly #broadcast: Broadcast<ConfigEvent<Value>>
  readonly #history: ConfigVersion<Value>[] = []
  #problem: Error | null = null
  #run: Run | null = null
  #closed = false

  /**
   * @param path the znode, or the parent of the znodes.
   * @throws ZooKeeperError BAD_ARGUMENTS.
   */
  constructor(zk: ZooKeeper, path: string, options: ConfigOptions<Value> = {}) {
    checkRecipe('Config', { zk, path, options, count: arguments.length }, OPTIONS)
    const { codec = json, subtree = false, history = 10, acl } = options
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
   * Reads the value, and follows it from then on. May be called again.
   *
   * @returns when `current` is known.
   * @throws NO_NODE: the znode does not exist, and there is no default; INVALID_DATA: the codec or the schema (then
   *   it is a SchemaError, with `issues`) refuses the data; NO_AUTH; ABORTED; REQUEST_TIMEOUT; what ends the client.
   *   Then nothing is left running.
   */
  async start(limits: Limits = {}): Promise<void> {
    using deadline = this.#deadline('start', limits)
    this.#checkOpen()
    this.#run ??= this.#begin()
    const run = this.#run
    run.waiting++
    try {
      await deadline.race(run.cache.start())
      await deadline.race(this.#evaluateNext(run))
      if (this.#history.length > 0) return
      // It was closed while the value was being validated.
      this.#checkOpen()
      throw this.#problem
    } finally {
      if (--run.waiting === 0 && this.#history.length === 0 && this.#run === run) {
        this.#run = null
        void run.cache.close()
      }
    }
  }

  /** The newest valid value. @throws ZooKeeperError NOT_STARTED. */
  get current(): Value {
    return this.version.value
  }

  /** The newest valid value, with its origin. @throws ZooKeeperError NOT_STARTED. */
  get version(): ConfigVersion<Value> {
    const version = this.#history.at(-1)
    if (version !== undefined) return version
    const message = 'the value is not known before `start` has resolved: await it first'
    throw new ZooKeeperError('NOT_STARTED', { message, path: this.path })
  }

  /** Values that were in force since the start, the newest last: `current` is one of them. */
  get history(): readonly ConfigVersion<Value>[] {
    return [...this.#history]
  }

  /** Error that keeps the present data from being in force: INVALID_DATA or NO_NODE; null if it is in force. */
  get problem(): Error | null {
    return this.#problem
  }

  /** True if `current` may be out of date: as for caches, and while a change is being validated. */
  get stale(): boolean {
    const run = this.#run
    return run === null || run.cache.stale || run.revision !== run.cache.revision || run.evaluating > 0
  }

  /**
   * Events from this call on. Changes that come faster than they are validated are combined.
   *
   * @param options.signal ends it: the iteration throws ABORTED.
   * @param options.buffer number of events that may wait before all of them are replaced by one `resynced`. Default
   *   1024.
   */
  changes(options?: ChangesOptions): Changes<ConfigEvent<Value>> {
    return this.#broadcast.listen(options)
  }

  /**
   * Changes the value by a function of it, and repeats that while other writers are quicker. Does not need `start`.
   *
   * @param change receives the newest value, or the default if the znode does not exist. It may be called several
   *   times. It returns another value, and leaves its argument unchanged.
   * @returns the new value, as validated. It shows in `current` when its event arrives.
   * @throws what the function throws; INVALID_DATA: the present data, or the function's result; NO_NODE: the znode
   *   does not exist, and there is no default; NO_AUTH; ABORTED; REQUEST_TIMEOUT; CONNECTION_LOSS and others with the
   *   outcome `unknown`: it may have been written, and the present data may be ours or another writer's.
   */
  update(change: (value: Value) => Value | Promise<Value>, limits: Limits = {}): Promise<Value> {
    return this.#write('update', limits, async before => await change(await this.#valueOf(before)))
  }

  /**
   * Replaces the value, valid or not. Creates missing znodes. Does not need `start`.
   *
   * @returns the value, as validated.
   * @throws as `update`, except errors of the previous value.
   */
  set(value: Value, limits: Limits = {}): Promise<Value> {
    return this.#write('set', limits, () => Promise.resolve(value))
  }

  /** Stops following. The last value stays visible. */
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
    using anchor = new Anchor(this.#zk, this.path)
    const suspect = new SuspectWrite(this.#zk)
    const attempt = async (): Promise<{ parsed: Value } | null> => {
      const before = await this.#writer.read(anchor, deadline)
      const value = await deadline.race(next(before))
      const parsed = await deadline.race(parseWith(this.#options.schema, value, this.path))
      return (await this.#writer.write(before, value, anchor, deadline, suspect)) ? { parsed } : null
    }
    try {
      for (let done = await attempt(); ; done = await inTurn(this.#zk, this.path, deadline, attempt)) {
        if (done !== null) return done.parsed
        await deadline.jitter(PAUSE)
      }
    } catch (error) {
      throw checks.withSubject(error, operation)
    }
  }

  /** @throws INVALID_DATA; NO_NODE. */
  async #valueOf(snapshot: Snapshot | null): Promise<Value> {
    if (snapshot !== null)
      return await parseWith(this.#options.schema, decode(this.#layout, snapshot), this.path)
    if (this.#options.default !== undefined) return this.#options.default
    const message = 'the znode does not exist, and the Config has no default'
    throw new ZooKeeperError('NO_NODE', { message, path: this.path })
  }

  #begin(): Run {
    const cache = cacheOf(this.#zk, this.#layout, this.#options.jitter)
    const run = {
      cache,
      queue: new PQueue({ concurrency: 1 }),
      seen: undefined,
      isDue: false,
      revision: 0,
      evaluating: 0,
      waiting: 0,
    }
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
      // The evaluation that follows contains all dropped changes.
      if (reason !== 'overflow') this.#broadcast.emit({ type: 'resynced', reason })
    })
  }

  /** Combines events that arrive together, such as those of one transaction. */
  #evaluateSoon(run: Run): void {
    if (run.isDue) return
    run.isDue = true
    this.#zk.environment.defer(() => {
      // An evaluation that has begun since has seen it all.
      if (!run.isDue) return
      run.isDue = false
      if (run.queue.size === 0) void this.#evaluateNext(run)
    })
  }

  #evaluateNext(run: Run): Promise<void> {
    run.evaluating++
    return run.queue.add(() => this.#evaluate(run))
  }

  async #evaluate(run: Run): Promise<void> {
    const snapshot = snapshotOf(run.cache)
    run.revision = run.cache.revision
    run.isDue = false
    const isNews = run.seen === undefined || !isSameSnapshot(run.seen, snapshot)
    run.seen = snapshot
    const result = isNews ? await settled(this.#valueOf(snapshot)) : null
    run.evaluating--
    if (result === null || this.#run !== run || this.#closed) return
    if (result.status === 'rejected') return this.#onProblem(result.reason)
    this.#problem = null
    const { zxid = null, time = null } = snapshot ?? {}
    this.#take(withJson({ value: result.value, zxid, time }))
  }

  #take(version: ConfigVersion<Value>): void {
    const isFirst = this.#history.length === 0
    this.#history.push(version)
    if (this.#history.length > this.#options.history!) this.#history.shift()
    if (!isFirst) this.#broadcast.emit({ type: 'changed', value: version.value, version })
  }

  #onProblem(reason: unknown): void {
    const error = asError(reason)
    this.#problem = error
    // A missing first value is an error of `start`.
    if (this.#history.length === 0) return
    if (codeOf(error) === 'NO_NODE') this.#broadcast.emit({ type: 'deleted' })
    else this.#broadcast.emit({ type: 'invalid', error })
  }

  /** @throws ZooKeeperError CLOSED. */
  #checkOpen(): void {
    if (this.#closed)
      throw new ZooKeeperError('CLOSED', { operation: 'start', path: this.path, outcome: 'not-sent' })
  }

  #deadline(operation: string, limits: Limits): Deadline {
    const deadline = new Deadline(this.#zk, limits, { operation, path: this.path })
    deadline.check()
    return deadline
  }
}

async function settled<Value>(promise: Promise<Value>): Promise<PromiseSettledResult<Value>> {
  return (await Promise.allSettled([promise]))[0]
}

checkMethods(Config, {
  start: takes(),
  changes: atOnce(takes()),
  update: takes(change),
  set: takes(['the value', checks.checkedLater]),
  close: takesOnly(),
})
inspectAs(Config, tellView)
