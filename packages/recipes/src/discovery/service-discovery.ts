import { joinPath, validatePath, type ZooKeeper } from '@zookit/client'
import { Deadline, type Limits } from '../core/deadline.ts'
import { codeOf } from '../core/errors.ts'
import type { Schema } from '../core/schema.ts'
import type { BackoffOptions } from './outages.ts'
import { Service } from './service.ts'
import type { Strategy } from './strategies.ts'

/** What a discovery is made with. */
export interface ServiceDiscoveryOptions<Payload = unknown> {
  /** What a payload has to look like; what it makes of it is what users get. Default: anything. */
  schema?: Schema<Payload> | undefined
  /** For how long an instance that has failed is not used. */
  backoff?: BackoffOptions | undefined
  /** After a lost connection, reading begins at a random moment of so many milliseconds. Default 100. */
  jitter?: number | undefined
}

/** Finds instances of services that Curator's x-discovery, or `ServiceRegistry`, has published. */
export class ServiceDiscovery<Payload = unknown> {
  readonly path: string
  readonly #zk: ZooKeeper
  readonly #options: ServiceDiscoveryOptions<Payload>

  /**
   * @param path the node that the services' nodes are under: Curator's `basePath`.
   * @throws ZooKeeperError BAD_ARGUMENTS.
   */
  constructor(zk: ZooKeeper, path: string, options: ServiceDiscoveryOptions<Payload> = {}) {
    validatePath(path)
    this.path = path
    this.#zk = zk
    this.#options = options
  }

  /**
   * The names of all services, in order. Also of those that have no instance now.
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
   * One service: `start` it to follow its instances, `close` it when done. Each call makes one of its own.
   *
   * @param strategy how one of its instances is chosen. Default `roundRobin()`.
   * @throws ZooKeeperError BAD_ARGUMENTS.
   */
  service(name: string, strategy?: Strategy<Payload>): Service<Payload> {
    return new Service<Payload>(this.#zk, joinPath(this.path, name), { ...this.#options, strategy })
  }
}
