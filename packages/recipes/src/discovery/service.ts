import { checks, inspectAs, nameOf, type ZooKeeper, ZooKeeperError } from '@zookit/client'
import { ChildrenCache } from '../cache/children-cache.ts'
import { callOptions, checkCall, checkWork, refuse } from '../core/arguments.ts'
import { Broadcast, type Changes, type ChangesOptions } from '../core/broadcast.ts'
import { atOnce, checkMethods, takes, takesOnly, work } from '../core/checked-methods.ts'
import { Deadline, type Limits } from '../core/deadline.ts'
import type { Schema } from '../core/schema.ts'
import { tellView } from '../core/tell.ts'
import { InstanceList, type InstanceListEvent } from './instance-list.ts'
import { type BackoffOptions, Outages } from './outages.ts'
import { identityOf, type ServiceInstance } from './service-instance.ts'
import { roundRobin, type Strategy } from './strategies.ts'

/**
 * An event of a service.
 *
 * - `added`, `changed`, `removed`: an instance was added, changed or removed.
 * - `out`: an instance has failed, and is not used for `milliseconds`.
 * - `invalid`: a znode has no valid instance, or the schema refuses its payload. The last valid one of that znode
 *   stays.
 * - `error`: a znode could not be read; it is left out.
 * - `resync`: events came faster than they were taken, and the waiting ones were dropped: read `current`.
 */
export type ServiceEvent<Payload = unknown> =
  | InstanceListEvent<Payload>
  | { type: 'out'; instance: ServiceInstance<Payload>; milliseconds: number }
  | { type: 'resync' }

/** Options of a Service. */
export interface ServiceOptions<Payload> {
  readonly schema?: Schema<Payload> | undefined
  readonly backoff?: BackoffOptions | undefined
  readonly jitter?: number | undefined
  readonly strategy?: Strategy<Payload> | undefined
}

/** Options of a choice. */
export interface PickOptions {
  /** Key for strategies that use one, such as a user's id. */
  key?: string | undefined
}

/** Options of `call`. */
export interface CallOptions extends PickOptions, Limits {
  /** Number of instances that are tried. Default 3. */
  attempts?: number | undefined
  /** Milliseconds that one attempt may take. Default Infinity. */
  attemptTimeout?: number | undefined
  /**
   * Returns true if an error is the instance's failure, so that the next instance is tried. Other errors are thrown
   * to the caller. Default: every error is a failure.
   */
  isFailure?: ((error: unknown) => boolean) | undefined
}

/** Work with an instance. It should obey the signal, which is aborted when nobody waits for the result any more. */
export type Work<Payload, Result> = (
  instance: ServiceInstance<Payload>,
  signal: AbortSignal,
) => Result | Promise<Result>

const PICK = checks.optionTable("{ key: 'user' }", { key: checks.text })

const CALL = callOptions('{ attempts: 2 }', {
  key: checks.text,
  attempts: checks.whole(1),
  attemptTimeout: checks.LIMIT_CHECKS.timeout,
  isFailure: checks.func,
})

/** A live view of a service's instances, and a way to call one of them. */
export class Service<Payload = unknown> implements AsyncDisposable {
  readonly name: string
  /** Parent of the instances' znodes. */
  readonly path: string
  readonly #zk: ZooKeeper
  readonly #cache: ChildrenCache
  readonly #list: InstanceList<Payload>
  readonly #outages: Outages
  readonly #strategy: Strategy<Payload>
  readonly #events: Broadcast<ServiceEvent<Payload>>
  readonly #outstanding = new Map<string, number>()
  #started = false

  /** @throws ZooKeeperError BAD_ARGUMENTS. */
  constructor(zk: ZooKeeper, path: string, options: ServiceOptions<Payload>) {
    this.path = path
    this.name = nameOf(path)
    this.#zk = zk
    this.#strategy = options.strategy ?? roundRobin()
    this.#outages = new Outages(zk.environment, options.backoff)
    this.#events = new Broadcast<ServiceEvent<Payload>>(path, () => ({ type: 'resync' }))
    this.#cache = new ChildrenCache(zk, path, { jitter: options.jitter })
    this.#list = new InstanceList<Payload>(this.#cache, options.schema, {
      emit: event => this.#onEvent(event),
      end: failure => this.#events.end(failure),
    })
  }

  /** All instances by id, those that are disabled or out included. The last known ones if `stale`. */
  get current(): readonly ServiceInstance<Payload>[] {
    return this.#list.current
  }

  /** Instances that may be used now: enabled, and not out after a failure. */
  get available(): readonly ServiceInstance<Payload>[] {
    return this.current.filter(one => one.enabled && this.#outages.until(identityOf(one)) === -Infinity)
  }

  /** True if `current` may be out of date: as for caches, and while an instance is being validated. */
  get stale(): boolean {
    return this.#cache.stale || this.#list.isBehind
  }

  /**
   * Starts to follow the instances. May be called again.
   *
   * @returns when the first view is complete. It may be empty.
   * @throws NO_AUTH; ABORTED; REQUEST_TIMEOUT; CLOSED; AUTH_FAILED; SESSION_EXPIRED if the client does not renew its
   *   session.
   */
  async start(limits: Limits = {}): Promise<void> {
    using deadline = new Deadline(this.#zk, limits, { operation: 'start', path: this.path })
    deadline.check()
    try {
      await this.#cache.start(deadline.inner)
      await deadline.race(this.#list.caughtUp())
      this.#started = true
    } catch (error) {
      deadline.check()
      throw error
    }
  }

  /** Events from this call on. Ends with `close`. */
  changes(options?: ChangesOptions): Changes<ServiceEvent<Payload>> {
    return this.#events.listen(options)
  }

  /**
   * Chooses an instance by the strategy. If all enabled instances are out, chooses the one that comes back first: a
   * doubtful instance is better than none.
   *
   * @returns null if no instance is enabled.
   * @throws ZooKeeperError BAD_ARGUMENTS.
   */
  pick(options: PickOptions = {}): ServiceInstance<Payload> | null {
    checkCall({ operation: 'pick', path: this.path }, options, PICK)
    return this.#pick('pick', options.key, new Set())
  }

  /**
   * Reports that an instance has failed: it is not used for a time that doubles with each failure until it works
   * again.
   */
  reportFailure(instance: ServiceInstance<Payload>): void {
    const milliseconds = this.#outages.failed(identityOf(instance))
    if (milliseconds !== null) this.#events.emit({ type: 'out', instance, milliseconds })
  }

  /** Reports that an instance works: it is used again at once, and its failures are forgotten. */
  reportSuccess(instance: ServiceInstance<Payload>): void {
    this.#outages.forget(identityOf(instance))
  }

  /**
   * Works with an instance, and with the next one if that fails. No instance is tried twice. Starts the service if
   * necessary.
   *
   * @param work receives the instance and a signal.
   * @param options.signal ends the whole call.
   * @param options.timeout milliseconds that the whole call may take.
   * @returns the result of the work.
   * @throws the last error of the work; NO_INSTANCE: there is none; ABORTED; REQUEST_TIMEOUT; as `start`.
   */
  async call<Result>(work: Work<Payload, Result>, options: CallOptions = {}): Promise<Result> {
    const subject = { operation: 'call', path: this.path }
    checkWork(subject, work)
    checkCall(subject, options, CALL)
    const { attempts = 3, attemptTimeout, key, isFailure = () => true, signal, timeout } = options
    using deadline = new Deadline(this.#zk, { signal, timeout }, subject)
    deadline.check()
    if (!this.#started) await this.#startWithin(deadline)
    const tried = new Set<string>()
    let failure: { error: unknown } | null = null
    while (tried.size < attempts) {
      const instance = this.#pick('call', key, tried)
      if (instance === null) break
      tried.add(identityOf(instance))
      try {
        return await this.#attempt(work, instance, deadline, attemptTimeout)
      } catch (error) {
        deadline.check()
        if (!isFailure(error)) throw error
        this.reportFailure(instance)
        failure = { error }
      }
    }
    if (failure) throw failure.error
    const message = `no instance of ${this.name} is registered and enabled`
    throw new ZooKeeperError('NO_INSTANCE', {
      message,
      operation: 'call',
      path: this.path,
      outcome: 'not-sent',
    })
  }

  /** Stops following. The last view stays visible. Never rejects. */
  async close(): Promise<void> {
    await this.#cache.close()
    this.#events.end()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #startWithin(deadline: Deadline): Promise<void> {
    try {
      await this.start(deadline.inner)
    } catch (error) {
      deadline.check()
      throw error
    }
  }

  async #attempt<Result>(
    work: Work<Payload, Result>,
    instance: ServiceInstance<Payload>,
    outer: Deadline,
    timeout: number | undefined,
  ): Promise<Result> {
    const subject = { operation: 'call', path: this.path }
    using deadline = new Deadline(this.#zk, { signal: outer.signal, timeout }, subject)
    const identity = identityOf(instance)
    this.#outstanding.set(identity, this.#countOf(identity) + 1)
    try {
      const result = await deadline.race((async () => work(instance, deadline.signal))())
      this.reportSuccess(instance)
      return result
    } finally {
      const count = this.#countOf(identity) - 1
      if (count > 0) this.#outstanding.set(identity, count)
      else this.#outstanding.delete(identity)
    }
  }

  /** @throws ZooKeeperError BAD_ARGUMENTS: the strategy needs a key, and there is none. */
  #pick(
    operation: string,
    key: string | undefined,
    except: ReadonlySet<string>,
  ): ServiceInstance<Payload> | null {
    const able = this.available.filter(one => !except.has(identityOf(one)))
    if (able.length > 0) {
      const outstanding = (one: ServiceInstance): number => this.#countOf(identityOf(one))
      const random = (): number => this.#zk.environment.random()
      return refuse(operation, this.path, () => this.#strategy.pick(able, { key, random, outstanding }))
    }
    const out = this.current.filter(one => one.enabled && !except.has(identityOf(one)))
    const untils = out.map(one => this.#outages.until(identityOf(one)))
    return out[untils.indexOf(Math.min(...untils))] ?? null
  }

  #countOf(identity: string): number {
    return this.#outstanding.get(identity) ?? 0
  }

  #onEvent(event: InstanceListEvent<Payload>): void {
    // An instance that is removed or added has no failures.
    if (event.type === 'added' || event.type === 'removed') this.#outages.forget(identityOf(event.instance))
    this.#events.emit(event)
  }
}

const INSTANCE = [
  'the instance',
  checks.mustBe('an instance of a service', value => {
    return typeof ((value ?? {}) as { id?: unknown }).id === 'string'
  }),
] as const

checkMethods(Service, {
  start: takes(),
  changes: atOnce(takes()),
  pick: atOnce(takes()),
  call: takes(work),
  reportFailure: atOnce(takesOnly(INSTANCE)),
  reportSuccess: atOnce(takesOnly(INSTANCE)),
  close: takesOnly(),
})
inspectAs(Service, tellView)
