import { type ACL, joinPath, validatePath, type ZooKeeper } from '@zookit/client'
import type { ParentMode } from '../core/creation.ts'
import type { Limits } from '../core/deadline.ts'
import { uuid } from '../core/names.ts'
import { type ResolvedOptions, resolveOptions } from '../core/options.ts'
import { parseWith, type Schema } from '../core/schema.ts'
import { type HealthOptions, resolveHealth } from './health.ts'
import { encodeInstance } from './instance-json.ts'
import { Publication } from './publication.ts'
import { checkInstance, type InstanceInit, type ServiceInstance } from './service-instance.ts'

/** What a registry is made with. */
export interface ServiceRegistryOptions<Payload = unknown> {
  /** What a payload has to look like. Default: anything that JSON can say. */
  schema?: Schema<Payload> | undefined
  /** The Java class that payloads are, for readers in Java. Default null: an object is a map to them. */
  payloadClass?: string | null | undefined
  /** Who may do what with the nodes that are made. Needs READ. Default `openAcl`. */
  acl?: readonly ACL[] | undefined
  /** What is made where a service's node is missing. Default `container`; `persistent` on servers before 3.5.1. */
  parent?: ParentMode | undefined
  /** After a lost connection, requests are spread over so many milliseconds. Default 100. */
  jitter?: number | undefined
}

/** What publishing takes. */
export interface PublishOptions<Payload = unknown> extends Limits {
  /** How it is watched over. Default: only `report` tells. */
  health?: HealthOptions<Payload> | undefined
}

/** Publishes instances of services, where Curator's x-discovery finds them, and as it would. */
export class ServiceRegistry<Payload = unknown> implements AsyncDisposable {
  readonly path: string
  readonly #zk: ZooKeeper
  readonly #options: ResolvedOptions
  readonly #schema: Schema<Payload> | undefined
  readonly #payloadClass: string | null
  readonly #publications = new Set<Publication<Payload>>()

  /**
   * @param path the node that the services' nodes go under: Curator's `basePath`.
   * @throws ZooKeeperError BAD_ARGUMENTS.
   */
  constructor(zk: ZooKeeper, path: string, options: ServiceRegistryOptions<Payload> = {}) {
    validatePath(path)
    this.path = path
    this.#zk = zk
    this.#options = resolveOptions(options, path)
    this.#schema = options.schema
    this.#payloadClass = options.payloadClass ?? null
  }

  /** What is published by this. */
  get publications(): ReadonlySet<Publication<Payload>> {
    return this.#publications
  }

  /**
   * Publishes an instance: one round trip, if the service's node is there. An instance of the same id that another
   * session has left, mostly that of the same process before it was restarted, is replaced without a gap.
   *
   * @returns what is published: `update` it, `unpublish` it, or say `await using`.
   * @throws BAD_ARGUMENTS; INVALID_DATA: the schema refuses the payload; NO_AUTH; ABORTED; REQUEST_TIMEOUT; CLOSED;
   *   AUTH_FAILED; SESSION_EXPIRED: the client does not renew its session. No node is left behind then.
   */
  async publish(
    init: InstanceInit<Payload>,
    options: PublishOptions<Payload> = {},
  ): Promise<Publication<Payload>> {
    const instance = this.#complete(init)
    const path = joinPath(this.path, instance.name, instance.id)
    checkInstance(instance, path)
    encodeInstance(instance)
    const health = resolveHealth(options.health ?? {}, path)
    await parseWith(this.#schema, instance.payload, path)
    const onEnd = (): void => void this.#publications.delete(publication)
    const settings = { options: this.#options, schema: this.#schema, health, onEnd }
    const publication = new Publication<Payload>(this.#zk, path, instance, settings)
    await Publication.publish(publication, options)
    this.#publications.add(publication)
    return publication
  }

  /**
   * Takes back everything that was published by this.
   *
   * @param limits end the wait, not the deletions, which go on in the background.
   * @throws ABORTED; REQUEST_TIMEOUT; NO_AUTH: a node must not be deleted.
   */
  async close(limits: Limits = {}): Promise<void> {
    await Promise.all([...this.#publications].map(publication => publication.unpublish(limits)))
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
