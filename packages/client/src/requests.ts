import type { RequestLimits, Session, Watcher } from '@zookit/connection'
import { ZooKeeperError } from '@zookit/connection'
import { READ_OPTIONS, REQUEST_OPTIONS, type ReadOptions, type RequestOptions } from './arguments.ts'
import { ReadBatches } from './bulk/read-batches.ts'
import {
  checkArgument,
  checkOptions,
  func,
  mustBe,
  type OptionTable,
  optionTable,
  text,
  whole,
} from './checks.ts'
import type { WatchListener } from './events.ts'
import { refused, tooMany, withSubject } from './invalid-argument.ts'
import { type ClientOperations, operationsFor, type Shaped } from './operations.ts'
import { Chroot, type PathOptions, validatePath } from './path.ts'
import { Suspicion } from './suspicion.ts'

/** The settings of a client for its requests. */
export interface RequestSettings {
  /** The chroot. Default `''`: none. */
  chroot?: string | undefined
  /** The timeout, in milliseconds, of requests that have no `timeout` of their own. Default Infinity. */
  requestTimeout?: number | undefined
  /** The number of times that a read is sent again after a lost connection. Default 0. */
  retryReads?: number | undefined
  /** Returns the time in milliseconds, on a monotonic clock. */
  now: () => number
}

const SETTINGS: OptionTable = optionTable('{ now }', {
  chroot: text,
  requestTimeout: mustBe('a number of milliseconds above 0', value => typeof value === 'number' && value > 0),
  retryReads: whole(0),
  now: func,
})

const sessionCheck = mustBe(
  'a Session',
  value => typeof (value as Partial<Session> | null)?.send === 'function',
)

/** Checks the arguments of a client's constructor. @throws ZooKeeperError BAD_ARGUMENTS. */
export function checkClient(session: unknown, settings: unknown, count: number): void {
  try {
    if (count > 2) throw tooMany(2)
    checkArgument('the session', session, sessionCheck)
    checkOptions(settings, SETTINGS)
  } catch (error) {
    throw withSubject(error, 'ZooKeeper')
  }
}

/** The rules for a prefix: it may end with a `/`, like the path of a sequential create. */
const PREFIX: PathOptions = { sequential: true }

/** A request that may be sent again. */
interface Retrying {
  /** Sends it once. */
  readonly send: (limits?: RequestLimits) => Promise<unknown>
  /** The number of attempts after the first. */
  readonly retries: number
  readonly limits: RequestLimits | undefined
  /** True for a request that changes something. */
  readonly writes: boolean
}

/** Turns the arguments of a client's methods into requests of its session: chroot, limits, retries, listeners. */
export class Requests {
  readonly session: Session
  readonly chroot: Chroot
  /** The table of operations, with this client's chroot. */
  readonly operations: ClientOperations
  /** Returns the time in milliseconds, on a monotonic clock. */
  readonly now: () => number
  /** The limits of a request without options; undefined, which costs the request nothing, if there is no default. */
  readonly #defaults: RequestLimits | undefined
  /** The number of times that a read, but no `sync`, is sent again after a lost connection, unless its options say otherwise. */
  readonly retryReads: number
  /** The knowledge about the length of data, for the reads of many znodes. */
  readonly readBatches: ReadBatches = new ReadBatches()
  /** The watcher for each listener of a client with a chroot: always the same one, so that the listener is called once. */
  readonly #stripping = new WeakMap<WatchListener, Watcher>()

  constructor(session: Session, settings: RequestSettings) {
    const { chroot, requestTimeout, retryReads, now } = settings
    this.session = session
    this.chroot = new Chroot(chroot ?? '')
    this.operations = operationsFor(this.chroot)
    this.now = now
    this.#defaults =
      requestTimeout === undefined || requestTimeout === Infinity ? undefined : { timeout: requestTimeout }
    this.retryReads = retryReads ?? 0
  }

  /** Checks a path and returns the server's path for it. @throws InvalidArgument. */
  resolve(path: string): string {
    validatePath(path)
    return this.chroot.add(path)
  }

  /** Checks the beginning of a path and returns the server's. @throws InvalidArgument. */
  prefix(path: string): string {
    validatePath(path, PREFIX)
    return this.chroot.add(path)
  }

  /** Sends a read of one znode, with a watch if the options have one. Rejects, never throws. */
  read<Result>(operation: Shaped<Result>, path: string, options?: ReadOptions): Promise<Result> {
    try {
      return this.#read(operation, this.resolve(path), path, options)
    } catch (error) {
      return refused(error, operation.name, path)
    }
  }

  /** Sends a read of a znode outside the chroot. @throws InvalidArgument. */
  readOutside<Result>(operation: Shaped<Result>, path: string, options?: ReadOptions): Promise<Result> {
    return this.#read(operation, path, path, options)
  }

  #read<Result>(
    operation: Shaped<Result>,
    serverPath: string,
    path: string,
    options: ReadOptions | undefined,
  ): Promise<Result> {
    if (options === undefined) return this.send(operation, { path: serverPath, watch: false }, path)
    checkOptions(options, READ_OPTIONS)
    if (options.watch !== undefined) return this.#watchingRead(operation, serverPath, path, options)
    return this.send(operation, { path: serverPath, watch: false }, path, options)
  }

  /** Sends an operation whose record is a path and nothing else. Rejects, never throws. */
  ask<Result>(operation: Shaped<Result>, path: string, options?: RequestOptions): Promise<Result> {
    try {
      if (options !== undefined) checkOptions(options, REQUEST_OPTIONS)
      return this.send(operation, { path: this.resolve(path) }, path, options)
    } catch (error) {
      return refused(error, operation.name, path)
    }
  }

  /** Sends an operation without a record. Rejects, never throws. */
  askAll<Result>(operation: Shaped<Result>, options?: RequestOptions): Promise<Result> {
    try {
      if (options !== undefined) checkOptions(options, REQUEST_OPTIONS)
      return this.send(operation, null, undefined, options)
    } catch (error) {
      return refused(error, operation.name)
    }
  }

  /**
   * Sends an operation.
   *
   * @param body the request's record, with the server's paths.
   * @param path the path that errors name.
   * @param options options that passed their checks.
   */
  send<Result>(
    operation: Shaped<Result>,
    body: unknown,
    path: string | undefined,
    options?: RequestOptions,
  ): Promise<Result> {
    const limits = options === undefined ? this.#defaults : this.limits(options)
    const retries = options?.retry ?? (this.retryReads === 0 ? 0 : this.#retriesOf(operation))
    if (retries === 0) return this.session.send(operation, body, path, limits) as Promise<Result>
    const send = (left?: RequestLimits) => this.session.send(operation, body, path, left)
    return this.#retrying({ send, retries, limits, writes: operation.kind !== 'read' }) as Promise<Result>
  }

  /** Returns how often an operation is sent again by itself. A `sync` is not: behind the reads that it goes before, it is of no use to them. */
  #retriesOf({ kind, name }: Shaped<unknown>): number {
    return kind === 'read' && name !== 'sync' ? this.retryReads : 0
  }

  /** Returns the limits of options that passed their checks, or the default ones. */
  limits(options: RequestOptions): RequestLimits | undefined {
    const { signal, timeout } = options
    if (signal === undefined && timeout === undefined) return this.#defaults
    const after = timeout ?? this.#defaults?.timeout
    return { signal, timeout: after === Infinity ? undefined : after }
  }

  /** Returns the watcher that the session calls for a listener. With a chroot it strips the event's path. */
  watcher(listener: WatchListener): Watcher {
    const { chroot } = this
    // A session never sends `resync` to a one-shot watch.
    if (chroot.path === '') return listener as Watcher
    let stripping = this.#stripping.get(listener)
    if (stripping === undefined) {
      stripping = event => (listener as Watcher)(chroot.stripEvent(event))
      this.#stripping.set(listener, stripping)
    }
    return stripping
  }

  #watchingRead<Result>(
    operation: Shaped<Result>,
    serverPath: string,
    path: string,
    options: ReadOptions,
  ): Promise<Result> {
    const limits = this.limits(options)
    const watcher = this.watcher(options.watch!)
    const retries = options.retry ?? this.retryReads
    const send = (left?: RequestLimits) =>
      this.session.watches.read(operation, serverPath, { ...left, watcher, path })
    const sent = retries === 0 ? send(limits) : this.#retrying({ send, retries, limits, writes: false })
    return sent as Promise<Result>
  }

  /**
   * Sends a request again after each lost connection, until its timeout, or until the request shows to be the reason of the
   * losses. The error of the last attempt is that of the whole request: once an attempt may have been applied, `outcome` stays `unknown`, also where a later attempt was refused for
   * what the earlier one has done, such as NODE_EXISTS.
   */
  async #retrying({ send, retries, limits, writes }: Retrying): Promise<unknown> {
    const { signal, timeout } = limits ?? {}
    const suspicion = new Suspicion()
    let lost: ZooKeeperError | null = null
    const due = timeout === undefined ? undefined : this.now() + timeout
    for (let left = retries; ; left--) {
      try {
        return await send(due === undefined ? limits : { signal, timeout: Math.max(due - this.now(), 1) })
      } catch (error) {
        // The next attempt waits for a connection or is refused with another code: this cannot become a busy loop.
        if (!ZooKeeperError.is(error)) throw error
        const verdict = suspicion.verdict(error) ?? error
        if (left === 0 || verdict.code !== 'CONNECTION_LOSS')
          throw lost === null ? verdict : verdict.after(lost)
        if (writes && error.outcome === 'unknown') lost ??= error
      }
    }
  }
}
