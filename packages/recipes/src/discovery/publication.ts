import type { ZooKeeper } from '@zookit/client'
import { checks, inspectAs } from '@zookit/client'
import { callOptions, checkCall, objectCheck, refuse } from '../core/arguments.ts'
import { Broadcast, type Changes, type ChangesOptions } from '../core/broadcast.ts'
import { atOnce, checkMethods, takes } from '../core/checked-methods.ts'
import { Deadline, type Limits } from '../core/deadline.ts'
import { asError, badArgument } from '../core/errors.ts'
import type { KeptNodeEvent } from '../core/kept-node-event.ts'
import type { ResolvedOptions } from '../core/options.ts'
import { Reconciler } from '../core/reconciler.ts'
import { parseWith, type Schema } from '../core/schema.ts'
import { SerialQueue } from '../core/serial-queue.ts'
import { HealthMonitor, type HealthSettings } from './health.ts'
import { encodeInstance } from './instance-json.ts'
import { checkInstance, INSTANCE, type InstanceInit, type ServiceInstance } from './service-instance.ts'

/**
 * An event of a published instance, or of its znode.
 *
 * - `healthy`, `unhealthy`: its health has changed. `reason` is the error of the check, or comes from the report.
 */
export type PublicationEvent = KeptNodeEvent | { type: 'healthy' } | { type: 'unhealthy'; reason: unknown }

/** Fields of an instance that can be changed. */
export type InstanceChange<Payload> = Omit<InstanceInit<Payload>, 'name' | 'id' | 'serviceType'>

/** Arguments of a publication. */
export interface PublicationSettings<Payload> {
  readonly options: ResolvedOptions
  readonly schema: Schema<Payload> | undefined
  readonly health: HealthSettings<Payload>
  /** Called when it has ended. */
  onEnd(): void
}

const REPORT = callOptions('{ reason }', { reason: checks.checkedLater })

/**
 * An instance that is published, until it is unpublished. It outlives the session: it is published again in the next
 * one.
 */
export class Publication<Payload = unknown> implements AsyncDisposable {
  /** Path of the instance's znode. For `DYNAMIC_SEQUENTIAL` the name ends with it, before the number. */
  readonly path: string
  readonly #settings: PublicationSettings<Payload>
  readonly #events: Broadcast<PublicationEvent>
  readonly #reconciler: Reconciler
  readonly #monitor: HealthMonitor | null
  readonly #zk: ZooKeeper
  /** Updates are validated and applied in the order of the calls. */
  readonly #updates = new SerialQueue()
  #instance: ServiceInstance<Payload>
  #healthy: boolean

  constructor(
    zk: ZooKeeper,
    path: string,
    instance: ServiceInstance<Payload>,
    settings: PublicationSettings<Payload>,
  ) {
    this.path = path
    this.#zk = zk
    this.#instance = instance
    this.#settings = settings
    this.#healthy = settings.health.initially
    this.#events = new Broadcast<PublicationEvent>(path, () => ({ type: 'resync' }))
    const { acl, jitter, parent } = settings.options
    const keeping = { mode: modeOf(instance), acl, jitter, parent }
    this.#reconciler = new Reconciler(zk, path, keeping, this.#json(), {
      emit: event => this.#events.emit(event),
      end: failure => this.#end(failure),
    })
    const { check } = settings.health
    this.#monitor = check
      ? new HealthMonitor(
          zk,
          path,
          settings.health,
          signal => check(signal, this.#instance),
          (healthy, reason) => void this.#setHealth(healthy, reason),
        )
      : null
  }

  /** The instance as it was published last, without the effect of its health on `enabled`. */
  get instance(): ServiceInstance<Payload> {
    return this.#instance
  }

  /** Health that was last reported. */
  get healthy(): boolean {
    return this.#healthy
  }

  /** True if its znode certainly exists now. */
  get held(): boolean {
    return this.#reconciler.held
  }

  /** Events from this call on. Ends when it is unpublished. */
  changes(options?: ChangesOptions): Changes<PublicationEvent> {
    return this.#events.listen(options)
  }

  /**
   * Changes the published instance. The change stays, whatever ends the wait.
   *
   * @param change the fields to replace.
   * @returns when others can read it; at once while it is withdrawn.
   * @throws BAD_ARGUMENTS; INVALID_DATA: the schema refuses the payload; ABORTED; REQUEST_TIMEOUT; CLOSED.
   */
  async update(change: InstanceChange<Payload>, limits: Limits = {}): Promise<void> {
    using deadline = Deadline.begin(this.#zk, limits, { operation: 'update', path: this.path })
    refuse('update', this.path, () => this.#changed(change))
    await this.#updates.run(deadline, async () => {
      const { payload } = change
      if (payload !== undefined) await deadline.race(parseWith(this.#settings.schema, payload, this.path))
      // Earlier updates, and the health, may have changed the instance meanwhile.
      this.#instance = this.#changed(change)
    })
    deadline.workGoesOn()
    await deadline.race(this.#publish(deadline.inner))
  }

  /**
   * Reports the health, for callers that know it without a check. The next check may change it.
   *
   * @param options.reason cause of bad health, which the event shows.
   * @returns when the effect is published.
   * @throws ABORTED; REQUEST_TIMEOUT; CLOSED.
   */
  async report(healthy: boolean, options: Limits & { reason?: unknown } = {}): Promise<void> {
    const subject = { operation: 'report', path: this.path }
    checkCall(subject, options, REPORT)
    const { reason, ...limits } = options
    if (this.#noteHealth(healthy, reason)) await this.#publish(limits)
  }

  /**
   * Unpublishes the instance.
   *
   * @param limits end the wait, not the deletion, which goes on in the background until the znode is gone.
   * @throws ABORTED; REQUEST_TIMEOUT; NO_AUTH: the znode must not be deleted.
   */
  unpublish(limits: Limits = {}): Promise<void> {
    this.#monitor?.stop()
    return this.#reconciler.close(limits, 'unpublish')
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.unpublish()
  }

  /** Publishes. `ServiceRegistry.publish` calls it. @internal */
  static async publish<Payload>(publication: Publication<Payload>, limits: Limits): Promise<void> {
    if (publication.#isWithdrawn) await publication.#publish(limits)
    await publication.#reconciler.start(limits, 'publish')
    publication.#monitor?.start()
  }

  /** Ends the publication: it was unpublished, or the client has ended. */
  #end(failure?: { error: unknown }): void {
    this.#monitor?.stop()
    this.#settings.onEnd()
    this.#events.end(failure)
  }

  /** Returns the instance with a change. @throws BAD_ARGUMENTS. */
  #changed(change: InstanceChange<Payload>): ServiceInstance<Payload> {
    checks.checkOptions(change, INSTANCE)
    const defined = Object.entries(change).filter(([, value]) => value !== undefined)
    const instance = { ...this.#instance, ...Object.fromEntries(defined) } as ServiceInstance<Payload>
    for (const field of ['name', 'id', 'serviceType'] as const) {
      if (instance[field] !== this.#instance[field])
        throw badArgument(`the field ${field} cannot be changed: publish another instance`, this.path)
    }
    checkInstance(instance, this.path)
    encodeInstance(instance)
    return instance
  }

  get #isWithdrawn(): boolean {
    return !this.#healthy && this.#settings.health.withdraws
  }

  #json(): string {
    return encodeInstance({ ...this.#instance, enabled: this.#instance.enabled && this.#healthy })
  }

  #publish(limits: Limits): Promise<void> {
    if (this.#isWithdrawn) return this.#reconciler.withdraw(limits)
    return this.#reconciler.write(this.#json(), limits, 'update')
  }

  /** @returns true if the health has changed. */
  #noteHealth(healthy: boolean, reason: unknown): boolean {
    if (this.#healthy === healthy) return false
    this.#healthy = healthy
    this.#events.emit(healthy ? { type: 'healthy' } : { type: 'unhealthy', reason })
    return true
  }

  async #setHealth(healthy: boolean, reason: unknown): Promise<void> {
    if (!this.#noteHealth(healthy, reason)) return
    try {
      await this.#publish({})
    } catch (error) {
      // Only the end of the client or of the publication fails here: then only listeners are left.
      this.#events.emit({ type: 'error', error: asError(error) })
    }
  }
}

function modeOf({ serviceType }: ServiceInstance): 'ephemeral' | 'ephemeral-sequential' | 'persistent' {
  if (serviceType === 'DYNAMIC') return 'ephemeral'
  return serviceType === 'DYNAMIC_SEQUENTIAL' ? 'ephemeral-sequential' : 'persistent'
}

checkMethods(Publication, {
  changes: atOnce(takes()),
  update: takes(['the change', objectCheck]),
  report: takes(['healthy', checks.flag]),
  unpublish: takes(),
})
inspectAs(Publication, ({ path, held }) => `${path}, ${held ? 'held' : 'not held'}`)
