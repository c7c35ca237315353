import type { TrafficRecord } from '../protocol.ts'

/** Znodes whose mode is remembered. */
const MOST = 100_000

/**
 * The modes of znodes that traffic has shown being created, or that pages have created. A Stat does not tell a container or a TTL znode from a persistent one, and
 * no request of a client asks for it.
 */
export class Modes {
  readonly #modes = new Map<string, 'container' | 'ttl'>()

  /** Returns the mode of a znode, if it is known. */
  of(path: string): 'container' | 'ttl' | null {
    return this.#modes.get(path) ?? null
  }

  /** Learns from a request that passes, before it is answered. */
  learn({ side, operation, paths }: TrafficRecord): void {
    const path = paths[0]
    if (side !== 'client' || path === undefined) return
    if (operation === 'createContainer') this.note(path, 'container')
    else if (operation === 'createTTL') this.note(path, 'ttl')
    else if (operation === 'create' || operation === 'create2' || operation === 'delete')
      this.note(path, null)
  }

  /** Notes the mode in which a znode was created. */
  note(path: string, mode: 'container' | 'ttl' | null): void {
    this.#modes.delete(path)
    if (mode !== null) this.#modes.set(path, mode)
    if (this.#modes.size > MOST) this.#modes.delete(this.#modes.keys().next().value!)
  }
}
