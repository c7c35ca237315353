import type { Environment } from '../environment.ts'
import { ZooKeeperError } from '../errors.ts'
import { type Cancellation, withDeadline } from '../link/deadline.ts'
import { formatServer, type ServerAddress, srvTarget } from '../link/server-address.ts'
import { Addresses } from './addresses.ts'
import { type NextServer, ServerRotation } from './server-rotation.ts'

/** The age at which an SRV record is looked up again, in milliseconds. */
const SRV_AGE = 60_000

/** The servers of an ensemble: a fixed list, or an SRV record that is looked up again from time to time. */
export class ServerList {
  /** The order of the addresses of each server. */
  readonly addresses: Addresses
  readonly #environment: Environment
  readonly #shuffle: boolean
  #srv: string | null
  #rotation: ServerRotation | null
  #lookedUpAt = 0

  constructor(
    environment: Environment,
    servers: readonly ServerAddress[],
    srv: string | null,
    shuffle: boolean,
  ) {
    this.#environment = environment
    this.#shuffle = shuffle
    this.addresses = new Addresses(environment, shuffle)
    this.#srv = srv
    this.#rotation = srv === null ? this.#listOf(servers) : null
  }

  /** The number of servers; 1 while it is not known. */
  get size(): number {
    return this.#rotation?.size ?? 1
  }

  get servers(): readonly ServerAddress[] {
    return this.#rotation?.servers ?? []
  }

  has(server: ServerAddress): boolean {
    return this.#rotation?.has(server) ?? false
  }

  /**
   * Returns the server to try next.
   *
   * @param timeout bounds the look-up of the SRV record, in milliseconds.
   * @throws the resolver's error for the SRV record, or CONNECT_FAILED at the timeout or when cancelled.
   */
  async next(timeout: number, cancellation: Cancellation): Promise<NextServer> {
    if (this.#srv !== null) await this.#lookUp(this.#srv, timeout, cancellation)
    return this.#rotation!.next()
  }

  /** Notes that a session is established on this server. */
  connected(server: ServerAddress): void {
    this.#rotation?.connected(server)
  }

  /** Makes `next` return this server once. */
  prefer(server: ServerAddress): void {
    this.#rotation?.prefer(server)
  }

  /** Replaces the servers, and the SRV record permanently. @returns true if the client should leave its server. */
  update(servers: readonly ServerAddress[], current: ServerAddress | null): boolean {
    this.#srv = null
    return this.#replace(servers, current)
  }

  async #lookUp(srv: string, timeout: number, cancellation: Cancellation): Promise<void> {
    const now = this.#environment.now()
    if (this.#rotation && now - this.#lookedUpAt < SRV_AGE) return
    try {
      const lookUp = this.#environment.resolveSrv(srv)
      const deadline = { timeout, cancellation, of: `SRV ${srv}` }
      const targets = await withDeadline(this.#environment, lookUp, deadline)
      const records = targets.map(target => srvTarget(srv, target))
      // The list was replaced by `update` meanwhile.
      if (this.#srv !== srv) return
      if (records.length === 0)
        throw new ZooKeeperError('CONNECT_FAILED', { message: `SRV ${srv}: no servers` })
      this.#lookedUpAt = now
      if (!sameServers(records, this.servers)) this.#replace(records, null)
    } catch (error) {
      // The servers that are known serve on.
      if (!this.#rotation) throw error
    }
  }

  #replace(servers: readonly ServerAddress[], current: ServerAddress | null): boolean {
    if (this.#rotation) return this.#rotation.update(servers, current)
    this.#rotation = this.#listOf(servers)
    return false
  }

  #listOf(servers: readonly ServerAddress[]): ServerRotation {
    return new ServerRotation(servers, { random: () => this.#environment.random(), shuffle: this.#shuffle })
  }
}

function sameServers(a: readonly ServerAddress[], b: readonly ServerAddress[]): boolean {
  const names = new Set(b.map(formatServer))
  return a.length === b.length && a.every(server => names.has(formatServer(server)))
}
