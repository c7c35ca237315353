import { type ACL, checks, inspectAs, joinPath, type ZooKeeper, ZooKeeperError } from '@zookit/client'
import {
  callOptions,
  checkCall,
  checkRecipe,
  objectCheck,
  refuse,
  SHARED,
  schemaCheck,
} from '../core/arguments.ts'
import { checkMethods, takes } from '../core/checked-methods.ts'
import type { ParentMode } from '../core/creation.ts'
import { Deadline, type Limits } from '../core/deadline.ts'
import { uuid } from '../core/names.ts'
import { type ResolvedOptions, resolveOptions } from '../core/options.ts'
import { parseWith, type Schema } from '../core/schema.ts'
import { type HealthOptions, resolveHealth } from './health.ts'
import { encodeInstance } from './instance-json.ts'
import { Publication } from './publication.ts'
import { checkInstance, INSTANCE, type InstanceInit, type ServiceInstance } from './service-instance.ts'

/** Options of a ServiceRegistry. */
export interface ServiceRegistryOptions<Payload = unknown> {
  /** Validates payloads. Default: anything that is JSON. */
  schema?: Schema<Payload> | undefined
  /** Java class of the payloads, for readers in Java. Default null: an object is a map there. */
  payloadClass?: string | null | undefined
  /** ACL of the znodes that are created. It must allow READ. Default `openAcl`. */
  acl?: readonly ACL[] | undefined
  /**
   * Kind of znode to create if a service's znode is missing. Default `container`; `persistent` on servers before
   * 3.5.1.
   */
  parent?: ParentMode | undefined
  /** Milliseconds: after a lost connection, requests are spread over this time at random. Default 100. */
  jitter?: number | undefined
}

/** Options of `publish`. */
export interface PublishOptions<Payload = unknown> extends Limits {
  /** Health check. Default: only `report` counts. */
  health?: HealthOptions<Payload> | undefined
}

const PUBLISH = callOptions('{ health }', { health: objectCheck })

const OPTIONS = checks.optionTable('{ schema }', {
  schema: schemaCheck,
  payloadClass: checks.mustBe('text or null', value => value === null || typeof value === 'string'),
  acl: SHARED.acl,
  parent: SHARED.parent,
  jitter: SHARED.jitter,
})

/** Publishes instances of services for Curator's x-discovery, in Curator's format. */
export class ServiceRegistry<Payload = unknown> implements AsyncDisposable {
  readonly path: string
  readonly #zk: ZooKeeper
  readonly #options: ResolvedOptions
  readonly #schema: Schema<Payload> | undefined
  readonly #payloadClass: string | null
  readonly #publications = new Set<Publication<Payload>>()
  /** Publications that have begun, and whose znode is not known to exist yet. */
  readonly #publishing = new Set<Publication<Payload>>()
  /** Number of calls of `close`. */
  #closings = 0

  /**
   * @param path parent of the services' znodes: Curator's `basePath`.
   * @throws ZooKeeperError BAD_ARGUMENTS.
   */
  constructor(zk: ZooKeeper, path: string, options: ServiceRegistryOptions<Payload> = {}) {
    checkRecipe('ServiceRegistry', { zk, path, options, count: arguments.length }, OPTIONS)
    this.path = path
    this.#zk = zk
    this.#options = resolveOptions(options)
    this.#schema = options.schema
    this.#payloadClass = options.payloadClass ?? null
  }

  /** Publications of this registry. */
  get publications(): ReadonlySet<Publication<Payload>> {
    return this.#publications
  }

  /**
   * Publishes an instance. Takes one round trip if the service's znode exists. An instance of the same id that
   * another session left, mostly that of the same process before a restart, is replaced without a gap.
   *
   * @returns the publication. Call `update` and `unpublish`, or use `await using`.
   * @throws BAD_ARGUMENTS; INVALID_DATA: the schema refuses the payload; NO_AUTH; ABORTED; REQUEST_TIMEOUT; CLOSED;
   *   AUTH_FAILED; SESSION_EXPIRED if the client does not renew its session. No znode stays behind then.
   */
  async publish(
    init: InstanceInit<Payload>,
    options: PublishOptions<Payload> = {},
  ): Promise<Publication<Payload>> {
    checkCall({ operation: 'publish', path: this.path }, options, PUBLISH)
    const { health: wanted = {}, ...limits } = options
    refuse('publish', this.path, () => checks.checkOptions(init, INSTANCE))
    const instance = this.#complete(init)
    const { path, health } = refuse('publish', this.path, () => {
      const path = joinPath(this.path, instance.name, instance.id)
      checkInstance(instance, path)
      encodeInstance(instance)
      return { path, health: resolveHealth(wanted, path) }
    })
    const closings = this.#closings
    using deadline = Deadline.begin(this.#zk, limits, { operation: 'publish', path })
    await deadline.race(parseWith(this.#schema, instance.payload, path))
    if (this.#closings !== closings) throw closed(path)
    const onEnd = (): void => void this.#publications.delete(publication)
    const settings = { options: this.#options, schema: this.#schema, health, onEnd }
    const publication = new Publication<Payload>(this.#zk, path, instance, settings)
    this.#publishing.add(publication)
    try {
      deadline.workGoesOn()
      await deadline.race(Publication.publish(publication, deadline.inner))
    } finally {
      this.#publishing.delete(publication)
    }
    this.#publications.add(publication)
    return publication
  }

  /**
   * Unpublishes all instances of this registry.
   *
   * @param limits end the wait, not the deletions, which go on in the background.
   * @throws ABORTED; REQUEST_TIMEOUT; NO_AUTH: a znode must not be deleted.
   */
  async close(limits: Limits = {}): Promise<void> {
    this.#closings++
    const all = [...this.#publications, ...this.#publishing]
    await Promise.all(all.map(publication => publication.unpublish(limits)))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #complete(init: InstanceInit<Payload>): ServiceInstance<Payload> {
    const { name, id = uuid(() => this.#zk.environment.random()) } = init
    return {
      name,
      id,
      address: init.address ?? null,
      port: init.port ?? null,
      sslPort: init.sslPort ?? null,
      payload: (init.payload ?? null) as Payload,
      payloadClass: init.payloadClass === undefined ? this.#payloadClass : init.payloadClass,
      registrationTimeUTC: this.#zk.environment.wallTime(),
      serviceType: init.serviceType ?? 'DYNAMIC',
      uriSpec: init.uriSpec ?? null,
      enabled: init.enabled ?? true,
    }
  }
}

function closed(path: string): ZooKeeperError {
  const message = 'the registry was closed'
  return new ZooKeeperError('CLOSED', { message, operation: 'publish', path, outcome: 'not-sent' })
}

checkMethods(ServiceRegistry, { publish: takes(['the instance', objectCheck]), close: takes() })
inspectAs(ServiceRegistry, ({ path, publications }) => `${path}, ${publications.size} published`)
