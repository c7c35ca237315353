import { checks, inspectAs, joinPath, type ZooKeeper } from '@zookit/client'
import {
  callOptions,
  checkCall,
  checkRecipe,
  objectCheck,
  refuse,
  SHARED,
  schemaCheck,
} from '../core/arguments.ts'
import { atOnce, checkMethods, name, optional, takes, takesOnly } from '../core/checked-methods.ts'
import { Deadline, type Limits } from '../core/deadline.ts'
import { codeOf } from '../core/errors.ts'
import { parseWith, type Schema } from '../core/schema.ts'
import { tellPath } from '../core/tell.ts'
import { decodeInstance } from './instance-json.ts'
import { type BackoffOptions, resolveBackoff } from './outages.ts'
import { Service } from './service.ts'
import type { ServiceInstance } from './service-instance.ts'
import { type Strategy, strategyCheck } from './strategies.ts'

/** Options of a query. */
export interface QueryOptions<Payload = unknown> extends Limits {
  /** Selects instances. Default: those that are enabled. */
  filter?: ((instance: ServiceInstance<Payload>) => boolean) | undefined
}

/** Number of znodes that a query reads at a time. */
const CONCURRENCY = 64

/** Options of a ServiceDiscovery. */
export interface ServiceDiscoveryOptions<Payload = unknown> {
  /** Validates payloads; users get its output. Default: anything is accepted. */
  schema?: Schema<Payload> | undefined
  /** Time for which a failed instance is not used. */
  backoff?: BackoffOptions | undefined
  /** Milliseconds: after a lost connection, reading begins at a random moment within this time. Default 100. */
  jitter?: number | undefined
}

const QUERY = callOptions('{ filter }', { filter: checks.func })

const OPTIONS = checks.optionTable('{ schema }', {
  schema: schemaCheck,
  backoff: objectCheck,
  jitter: SHARED.jitter,
})

/** Finds instances of services that Curator's x-discovery, or `ServiceRegistry`, has published. */
export class ServiceDiscovery<Payload = unknown> {
  readonly path: string
  readonly #zk: ZooKeeper
  readonly #options: ServiceDiscoveryOptions<Payload>

  /**
   * @param path parent of the services' znodes: Curator's `basePath`.
   * @throws ZooKeeperError BAD_ARGUMENTS.
   */
  constructor(zk: ZooKeeper, path: string, options: ServiceDiscoveryOptions<Payload> = {}) {
    checkRecipe('ServiceDiscovery', { zk, path, options, count: arguments.length }, OPTIONS)
    this.path = path
    this.#zk = zk
    this.#options = options
    refuse('ServiceDiscovery', path, () => resolveBackoff(options.backoff))
  }

  /**
   * Lists the names of all services, sorted, also those without an instance.
   *
   * @throws NO_AUTH; ABORTED; REQUEST_TIMEOUT.
   */
  async names(limits: Limits = {}): Promise<string[]> {
    using deadline = new Deadline(this.#zk, limits, { operation: 'names', path: this.path })
    deadline.check()
    try {
      const { children } = await deadline.race(this.#zk.getChildren(this.path))
      return children.sort()
    } catch (error) {
      if (codeOf(error) === 'NO_NODE') return []
      throw error
    }
  }

  /**
   * Reads the instances of a service once, without following them. The result is not a snapshot: an instance that is gone
   * before it is read is left out, and so is a znode whose data is not an instance.
   *
   * @param options.filter selects instances. Default: those that are enabled.
   * @returns the instances, sorted by id; none if the service does not exist.
   * @throws NO_AUTH; ABORTED; REQUEST_TIMEOUT; what the filter throws.
   */
  async instances(name: string, options: QueryOptions<Payload> = {}): Promise<ServiceInstance<Payload>[]> {
    const path = this.#pathOf('instances', name)
    checkCall({ operation: 'instances', path }, options, QUERY)
    const { filter = ({ enabled }) => enabled, ...limits } = options
    using deadline = new Deadline(this.#zk, limits, { operation: 'instances', path })
    deadline.check()
    const { children } = await deadline.race(
      this.#zk.getChildren(path).catch(error => {
        if (codeOf(error) === 'NO_NODE') return { children: [] }
        throw error
      }),
    )
    const paths = children.sort().map(child => joinPath(path, child))
    const read = this.#zk.getMany(paths, { stat: false, concurrency: CONCURRENCY })
    const found = await deadline.race(
      read.then(znodes =>
        Promise.all(znodes.map((znode, i) => znode && this.#instance(paths[i]!, znode.data))),
      ),
    )
    return found.filter(instance => instance !== null).filter(instance => filter(instance))
  }

  /** Returns null if the data is not an instance. */
  async #instance(path: string, data: Buffer | null): Promise<ServiceInstance<Payload> | null> {
    try {
      const raw = decodeInstance(data, path)
      return { ...raw, payload: await parseWith(this.#options.schema, raw.payload, path) }
    } catch (error) {
      if (codeOf(error) === 'INVALID_DATA') return null
      throw error
    }
  }

  /**
   * Creates the view of one service: `start` it to follow the instances, `close` it when done. Each call creates
   * another one.
   *
   * @param strategy chooses an instance. Default `roundRobin()`.
   * @throws ZooKeeperError BAD_ARGUMENTS.
   */
  service(name: string, strategy?: Strategy<Payload>): Service<Payload> {
    return new Service<Payload>(this.#zk, this.#pathOf('service', name), { ...this.#options, strategy })
  }

  /** @throws ZooKeeperError BAD_ARGUMENTS. */
  #pathOf(operation: string, name: string): string {
    return refuse(operation, this.path, () => joinPath(this.path, name))
  }
}

checkMethods(ServiceDiscovery, {
  names: takes(),
  instances: takes(name),
  service: atOnce(takesOnly(name, ['the strategy', optional(strategyCheck)])),
})
inspectAs(ServiceDiscovery, tellPath)
