import { joinPath, validatePath, type ZooKeeper } from '@zookit/client'
import { Deadline, type Limits } from '../core/deadline.ts'
import { codeOf } from '../core/errors.ts'
import type { Schema } from '../core/schema.ts'
import type { BackoffOptions } from './outages.ts'
import { Service } from './service.ts'
import type { Strategy } from './strategies.ts'

/** Options of a ServiceDiscovery. */
export interface ServiceDiscoveryOptions<Payload = unknown> {
  /** Validates payloads; users get its output. Default: anything is accepted. */
  schema?: Schema<Payload> | undefined
  /** Time for which a failed instance is not used. */
  backoff?: BackoffOptions | undefined
  /** Milliseconds: after a lost connection, reading begins at a random moment within this time. Default 100. */
  jitter?: number | undefined
}

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
    validatePath(path)
    this.path = path
    this.#zk = zk
    this.#options = options
  }

  /**
   * Lists the names of all services, sorted, also those without an instance.
   *
   * @throws NO_AUTH; ABORTED; REQUEST_TIMEOUT.
   */
  async names(limits: Limits = {}): Promise<string[]> {
    using deadline = new Deadline(this.#zk.environment, limits, { operation: 'names', path: this.path })
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
   * Creates the view of one service: `start` it to follow the instances, `close` it when done. Each call creates
   * another one.
   *
   * @param strategy chooses an instance. Default `roundRobin()`.
   * @throws ZooKeeperError BAD_ARGUMENTS.
   */
  service(name: string, strategy?: Strategy<Payload>): Service<Payload> {
    return new Service<Payload>(this.#zk, joinPath(this.path, name), { ...this.#options, strategy })
  }
}
