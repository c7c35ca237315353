import type { Environment } from '../environment.ts'
import { formatServer, type ServerAddress } from '../link/server-address.ts'

/**
 * The order in which the addresses of one name are tried. Many clients of one name spread over its addresses, and a client
 * whose address has failed begins with another one.
 */
export class Addresses {
  readonly #environment: Environment
  readonly #shuffle: boolean
  /** The address of each server that failed last. */
  readonly #failed = new Map<string, string>()

  /** @param shuffle false keeps the resolver's order within a family. */
  constructor(environment: Environment, shuffle: boolean) {
    this.#environment = environment
    this.#shuffle = shuffle
  }

  /**
   * Orders what the resolver has answered: in random order, IPv6 and IPv4 in turn, the resolver's first family first, and
   * behind the address that failed last.
   */
  order(server: ServerAddress, resolved: readonly string[]): readonly string[] {
    return resolved.length < 2 ? resolved : this.#ordered(server, [...new Set(resolved)])
  }

  #ordered(server: ServerAddress, addresses: readonly string[]): readonly string[] {
    if (addresses.length < 2) return addresses
    const isFirstSix = isSix(addresses[0]!)
    const shuffled = this.#shuffle ? this.#shuffled(addresses) : addresses
    const first = shuffled.filter(address => isSix(address) === isFirstSix)
    const second = shuffled.filter(address => isSix(address) !== isFirstSix)
    const turns = Math.max(first.length, second.length)
    const mixed = Array.from({ length: turns }, (_, i) => [
      ...first.slice(i, i + 1),
      ...second.slice(i, i + 1),
    ])
    const order = mixed.flat()
    const failed = order.indexOf(this.#failed.get(formatServer(server)) ?? '')
    return [...order.slice(failed + 1), ...order.slice(0, failed + 1)]
  }

  /** Notes that an attempt at an address, or a connection to it, has failed. */
  failed(server: ServerAddress, address: string): void {
    this.#failed.set(formatServer(server), address)
  }

  /** Shuffles a list (Fisher-Yates). */
  #shuffled(list: readonly string[]): string[] {
    const shuffled = [...list]
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = Math.floor(this.#environment.random() * (i + 1))
      ;[shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!]
    }
    return shuffled
  }
}

/** Tells whether an address is one of IPv6. */
function isSix(address: string): boolean {
  return address.includes(':')
}
