import type { TrafficRecord } from '../protocol.ts'

/** Znodes whose mode is remembered. */
const MOST = 100_000
/** Deletions that are not answered yet. Of a lost connection they never are. */
const MOST_DELETIONS = 10_000

/** The modes that operations create in, null for one that a Stat tells. */
const MODES: ReadonlyMap<string, 'container' | 'ttl' | null> = new Map([
  ['createContainer', 'container'],
  ['createTTL', 'ttl'],
  ['create', null],
  ['create2', null],
])

/**
 * The modes of znodes that traffic has shown being created, or that pages have created. A Stat does not tell a container or a TTL znode from a persistent one, and
 * no request of a client asks for it.
 */
export class Modes {
  readonly #modes = new Map<string, 'container' | 'ttl'>()
  /** The paths of deletions that are not answered yet, by connection and xid. */
  readonly #deletions = new Map<string, string>()

  /** Returns the mode of a znode, if it is known. */
  of(path: string): 'container' | 'ttl' | null {
    return this.#modes.get(path) ?? null
  }

  /** Learns from what passes. The reply to a creation names the path that the server has made; a refusal changes nothing. */
  learn({ kind, operation, peer, xid, error, paths }: TrafficRecord): void {
    const path = paths[0]
    const request = `${peer} ${xid}`
    if (operation === 'delete' && kind === 'request' && path !== undefined) this.#ask(request, path)
    if (kind !== 'reply') return
    const deleted = this.#deletions.get(request)
    this.#deletions.delete(request)
    if (error !== null) return
    if (deleted !== undefined) this.note(deleted, null)
    const mode = MODES.get(operation ?? '')
    if (mode !== undefined && path !== undefined) this.note(path, mode)
  }

  #ask(request: string, path: string): void {
    this.#deletions.set(request, path)
    if (this.#deletions.size > MOST_DELETIONS) this.#deletions.delete(this.#deletions.keys().next().value!)
  }

  /** Notes the mode in which a znode was created. */
  note(path: string, mode: 'container' | 'ttl' | null): void {
    this.#modes.delete(path)
    if (mode !== null) this.#modes.set(path, mode)
    if (this.#modes.size > MOST) this.#modes.delete(this.#modes.keys().next().value!)
  }
}
