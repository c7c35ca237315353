import type { RequestLimits, Session, Watcher } from '@zookit/connection'
import { ZooKeeperError } from '@zookit/connection'
import {
  badArgument,
  checkRequestOptions,
  describe,
  type ReadOptions,
  type RequestOptions,
} from './arguments.ts'
import type { WatchListener } from './events.ts'
import { type ClientOperations, operationsFor, type Shaped } from './operations.ts'
import { Chroot, type PathOptions, validatePath } from './path.ts'

/** What a client is told about requests, beside its session. */
export interface RequestSettings {
  /** `''` for none. */
  chroot?: string | undefined
  /** Milliseconds, for requests that bring no `timeout` of their own. */
  requestTimeout?: number | undefined
  /** How often reads are sent again after a lost connection. */
  retryReads?: number | undefined
  /** Monotonic milliseconds. */
  now: () => number
}

/** A prefix may end with a `/`, as the path of a sequential node may. */
const PREFIX: PathOptions = { sequential: true }

/** From a method's arguments to the session: chroot, limits, retries, listeners. */
export class Requests {
  readonly session: Session
  readonly chroot: Chroot
  /** The table of operations, with this client's chroot. */
  readonly operations: ClientOperations
  readonly #now: () => number
  /** What a request without options gets; undefined, and nothing to be set up, where there is no default. */
  readonly #defaults: RequestLimits | undefined
  readonly #retryReads: number
  /** With a chroot, what stands in for a listener: one for each, so that the same listener still counts once. */
  readonly #stripping = new WeakMap<WatchListener, Watcher>()

  constructor(session: Session, settings: RequestSettings) {
    const { chroot, requestTimeout, retryReads, now } = settings
    this.session = session
    this.chroot = new Chroot(chroot ?? '')
    this.operations = operationsFor(this.chroot)
    this.#now = now
    this.#defaults =
      requestTimeout === undefined || requestTimeout === Infinity ? undefined : { timeout: requestTimeout }
    this.#retryReads = retryReads ?? 0
  }

  /** The server's name for a path. @throws ZooKeeperError BAD_ARGUMENTS. */
  resolve(path: string): string {
    validatePath(path)
    return this.chroot.add(path)
  }

  /** The server's name for the beginning of a path. @throws ZooKeeperError BAD_ARGUMENTS. */
  prefix(path: string): string {
    validatePath(path, PREFIX)
    return this.chroot.add(path)
  }

  /** Sends a read of one node, with a watch if the options have one. Never throws. */
  read<Result>(operation: Shaped<Result>, path: string, options?: ReadOptions): Promise<Result> {
    try {
      const serverPath = this.resolve(path)
      if (options?.watch !== undefined) return this.#watchingRead(operation, serverPath, path, options)
      return this.send(operation, { path: serverPath, watch: false }, path, options)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** Sends an operation that is told a path and nothing else. Never throws. */
  ask<Result>(operation: Shaped<Result>, path: string, options?: RequestOptions): Promise<Result> {
    try {
      return this.send(operation, { path: this.resolve(path) }, path, options)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /**
   * Sends an operation.
   *
   * @param body its request record, with the server's paths.
   * @param path what errors name.
   * @throws ZooKeeperError BAD_ARGUMENTS, at once, if the options are not what they should be.
   */
  send<Result>(
    operation: Shaped<Result>,
    body: unknown,
    path: string | undefined,
    options?: RequestOptions,
  ): Promise<Result> {
    const limits = options === undefined ? this.#defaults : this.limits(options)
    const retries = options?.retry ?? (operation.kind === 'read' ? this.#retryReads : 0)
    if (retries === 0) return this.session.submit(operation, body, path, limits) as Promise<Result>
    const send = (left?: RequestLimits) => this.session.submit(operation, body, path, left)
    return this.#retrying(send, retries, limits) as Promise<Result>
  }

  /** The limits that options and defaults make. @throws ZooKeeperError BAD_ARGUMENTS. */
  limits(options: RequestOptions): RequestLimits | undefined {
    const { signal, timeout } = options
    checkRequestOptions(options)
    if (signal === undefined && timeout === undefined) return this.#defaults
    const after = timeout ?? this.#defaults?.timeout
    return { signal, timeout: after === Infinity ? undefined : after }
  }

  /** What the session calls in a listener's stead: with a chroot, one that strips it. */
  watcher(listener: WatchListener): Watcher {
    if (typeof listener !== 'function') throw badArgument(`a watch is a function, not ${describe(listener)}`)
    const { chroot } = this
    // The session never tells a one-shot watch of `resync`.
    if (chroot.path === '') return listener as Watcher
    let stripping = this.#stripping.get(listener)
    if (stripping === undefined) {
      stripping = event => (listener as Watcher)({ ...event, path: chroot.strip(event.path) })
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
    const retries = options.retry ?? this.#retryReads
    const send = (left?: RequestLimits) =>
      this.session.watchingRead(operation, serverPath, watcher, path, left)
    return (retries === 0 ? send(limits) : this.#retrying(send, retries, limits)) as Promise<Result>
  }

  /** Sends again what a lost connection took with it, until the time is over. */
  async #retrying(
    send: (limits?: RequestLimits) => Promise<unknown>,
    retries: number,
    limits: RequestLimits | undefined,
  ): Promise<unknown> {
    const { signal, timeout } = limits ?? {}
    const due = timeout === undefined ? undefined : this.#now() + timeout
    for (let left = retries; ; left--) {
      try {
        return await send(due === undefined ? limits : { signal, timeout: Math.max(due - this.#now(), 1) })
      } catch (error) {
        // Until there is a connection again the request waits, or is refused: this cannot become a hot loop.
        if (left === 0 || !(error instanceof ZooKeeperError) || error.code !== 'CONNECTION_LOSS') throw error
      }
    }
  }
}
