import type { Environment } from '../environment.ts'
import { ZooKeeperError } from '../errors.ts'
import { formatServer, type ServerAddress } from './connect-string.ts'
import { type Cancellation, withDeadline } from './deadline.ts'
import { type HostAttempt, HostList } from './server-rotation.ts'

/** How old the answer of an SRV look-up may be, in milliseconds. */
const SRV_AGE = 60_000

/** Where servers are named: a fixed list, or an SRV record that is looked up again from time to time. */
export class Directory {
  readonly #environment: Environment
  readonly #shuffle: boolean
  #srv: string | null
  #hosts: HostList | null
  #lookedUpAt = 0

  constructor(
    environment: Environment,
    servers: readonly ServerAddress[],
    srv: string | null,
    shuffle: boolean,
  ) {
    this.#environment = environment
    this.#shuffle = shuffle
    this.#srv = srv
    this.#hosts = srv === null ? this.#listOf(servers) : null
  }

  /** How many servers there are; 1 while that is not known. */
  get size(): number {
    return this.#hosts?.size ?? 1
  }

  get servers(): readonly ServerAddress[] {
    return this.#hosts?.servers ?? []
  }

  has(server: ServerAddress): boolean {
    return this.#hosts?.has(server) ?? false
  }

  /**
   * The server to try next.
   *
   * @param timeout for the SRV record, in milliseconds.
   * @throws what the resolver says of the SRV record, or CONNECT_FAILED in time or when it is cancelled.
   */
  async next(timeout: number, cancellation: Cancellation): Promise<HostAttempt> {
    if (this.#srv !== null) await this.#lookUp(this.#srv, timeout, cancellation)
    return this.#hosts!.next()
  }

  connected(server: ServerAddress): void {
    this.#hosts?.connected(server)
  }

  prefer(server: ServerAddress): void {
    this.#hosts?.prefer(server)
  }

  /** Replaces the servers for good; true when the client should leave the one it is on. */
  update(servers: readonly ServerAddress[], current: ServerAddress | null): boolean {
    this.#srv = null
    return this.#replace(servers, current)
  }

  async #lookUp(srv: string, timeout: number, cancellation: Cancellation): Promise<void> {
    const now = this.#environment.now()
    if (this.#hosts && now - this.#lookedUpAt < SRV_AGE) return
    try {
      const lookUp = this.#environment.resolveSrv(srv)
      const deadline = { timeout, cancellation, of: `SRV ${srv}` }
      const records = await withDeadline(this.#environment, lookUp, deadline)
      // The servers were named by hand meanwhile.
      if (this.#srv !== srv) return
      if (records.length === 0)
        throw new ZooKeeperError('CONNECT_FAILED', { message: `SRV ${srv}: no servers` })
      this.#lookedUpAt = now
      if (!sameServers(records, this.servers)) this.#replace(records, null)
    } catch (error) {
      // The servers known so far are better than none.
      if (!this.#hosts) throw error
    }
  }

  #replace(servers: readonly ServerAddress[], current: ServerAddress | null): boolean {
    if (this.#hosts) return this.#hosts.update(servers, current)
    this.#hosts = this.#listOf(servers)
    return false
  }

  #listOf(servers: readonly ServerAddress[]): HostList {
    return new HostList(servers, { random: () => this.#environment.random(), shuffle: this.#shuffle })
  }
}

function sameServers(a: readonly ServerAddress[], b: readonly ServerAddress[]): boolean {
  const names = new Set(b.map(formatServer))
  return a.length === b.length && a.every(server => names.has(formatServer(server)))
}
