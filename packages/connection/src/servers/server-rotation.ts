import { formatServer, type ServerAddress } from './connect-string.ts'

export interface HostListOptions {
  /** A source of numbers in [0, 1). */
  readonly random: () => number
  /** Whether to try the servers in random order, which spreads many clients evenly. Default true. */
  readonly shuffle?: boolean
}

/** Where to connect to next. */
export interface HostAttempt {
  readonly server: ServerAddress
  /** Every server has had its turn since the last success: time to wait before this one. */
  readonly wrapped: boolean
}

/**
 * A move to another server, drawn at random after the list changed, so that the load stays even over all
 * clients (ZOOKEEPER-1355). Each list is used up once; then the round robin takes over.
 */
interface Move {
  /** Servers that were in the list before. */
  readonly kept: ServerAddress[]
  /** Servers that were not. */
  readonly added: ServerAddress[]
  /** The probability that a draw takes an added server. */
  readonly toAdded: number
  /** The server drawn last. */
  drawn: ServerAddress | null
}

/**
 * The servers of one ensemble and the order in which a client tries them. A server named twice counts once.
 *
 * Knows nothing of sockets or time: the session asks for `next()`, and reports `connected()`.
 */
export class HostList {
  readonly #random: () => number
  readonly #shuffle: boolean
  #servers: ServerAddress[]
  /** Of the server tried last; -1 before the first. */
  #index = -1
  /** Servers that have had their turn in this cycle; the one that was connected last counts as the first. */
  #tried = 0
  #lastConnected: ServerAddress | null = null
  #preferred: ServerAddress | null = null
  #move: Move | null = null

  /** @throws TypeError if there is no server. */
  constructor(servers: readonly ServerAddress[], options: HostListOptions) {
    this.#random = options.random
    this.#shuffle = options.shuffle ?? true
    this.#servers = this.#arrange(servers)
  }

  get size(): number {
    return this.#servers.length
  }

  /** The servers in the order in which they are tried. */
  get servers(): readonly ServerAddress[] {
    return this.#servers
  }

  has(server: ServerAddress): boolean {
    return this.#indexOf(server) >= 0
  }

  /** The server to try now: the preferred one, one drawn for a move, or the next of the round. */
  next(): HostAttempt {
    const preferred = this.#preferred
    if (preferred !== null) {
      this.#preferred = null
      this.#index = this.#indexOf(preferred)
      return { server: preferred, wrapped: false }
    }
    const wrapped = this.#tried >= this.#servers.length
    this.#tried = wrapped ? 1 : this.#tried + 1
    return { server: this.#draw() ?? this.#advance(), wrapped }
  }

  /** A session is established on this server: a new cycle starts behind it, and a move is complete. */
  connected(server: ServerAddress): void {
    this.#lastConnected = server
    this.#index = this.#indexOf(server)
    this.#tried = 1
    this.#move = null
    this.#preferred = null
  }

  /** Makes `next()` return this server once, at the next call. A server that is not in the list is ignored. */
  prefer(server: ServerAddress): void {
    if (this.has(server)) this.#preferred = server
  }

  /**
   * Replaces the list, and decides whether the client should leave its server so that the load stays even.
   * With s servers before, and the new list made up of `kept` old ones and `added` new ones:
   *
   * | the list | mine is in it | then |
   * |---|---|---|
   * | grew | yes | move to an added server with probability 1 - s / (kept + added) |
   * | grew | no | move to an added server |
   * | did not grow | yes | stay |
   * | did not grow | no | move to a kept one with probability kept * (s - n) / (n * (s - kept)), n = kept + added |
   *
   * A client that is not connected counts as one of the server it was connected to last, else of the first.
   *
   * @param current the server that the client is connected or connecting to; null if there is none.
   * @returns true if the client must leave `current`: `next()` then draws where to go.
   * @throws TypeError if there is no server.
   */
  update(servers: readonly ServerAddress[], current: ServerAddress | null): boolean {
    const after = this.#arrange(servers)
    const wasMoving = this.#move !== null
    const mine = this.#mine(current)
    const place = this.#servers[this.#index] ?? mine
    this.#move = this.#plan(this.#servers, after, mine)
    this.#servers = after
    this.#preferred = null
    if (this.#move !== null) {
      this.#tried = 0
      this.#lastConnected = null
      return true
    }
    this.#index = this.#indexOf(place)
    this.#tried = this.#index < 0 ? 0 : 1
    if (!wasMoving || isSame(mine, current)) return false
    this.#preferred = mine
    return current !== null
  }

  /**
   * The server whose load this client is part of. While a move is under way that is the one it moves to, not
   * the one it was told to leave.
   */
  #mine(current: ServerAddress | null): ServerAddress {
    const move = this.#move
    if (move === null) return current ?? this.#lastConnected ?? this.#servers[0]!
    if (current !== null && isSame(current, move.drawn)) return current
    return this.#draw() ?? this.#advance()
  }

  #plan(before: ServerAddress[], after: ServerAddress[], mine: ServerAddress): Move | null {
    const old = new Set(before.map(keyOf))
    const kept = after.filter(server => old.has(keyOf(server)))
    const added = after.filter(server => !old.has(keyOf(server)))
    const stays = after.some(server => isSame(server, mine))
    if (after.length > before.length) {
      const leaves = !stays || this.#random() < 1 - before.length / after.length
      return leaves ? { kept, added, toAdded: 1, drawn: null } : null
    }
    return stays ? null : { kept, added, toAdded: 1 - shareOfKept(before, after, kept), drawn: null }
  }

  /** A server of the move under way, or null; a move whose servers are used up is over. */
  #draw(): ServerAddress | null {
    const move = this.#move
    if (move === null) return null
    const { kept, added } = move
    const list = this.#random() < move.toAdded ? [added, kept] : [kept, added]
    const server = list[0]!.shift() ?? list[1]!.shift() ?? null
    move.drawn = server
    if (server === null) this.#move = null
    else this.#index = this.#indexOf(server)
    return server
  }

  /** The next server of the round. */
  #advance(): ServerAddress {
    this.#index = (this.#index + 1) % this.#servers.length
    return this.#servers[this.#index]!
  }

  #indexOf(server: ServerAddress): number {
    return this.#servers.findIndex(other => isSame(other, server))
  }

  /** The servers without repetition, shuffled (Fisher-Yates) unless the order is to be kept. */
  #arrange(servers: readonly ServerAddress[]): ServerAddress[] {
    if (servers.length === 0) throw new TypeError('A list of servers needs at least one')
    const list = [...new Map(servers.map(server => [keyOf(server), server])).values()]
    if (!this.#shuffle) return list
    for (let i = list.length - 1; i > 0; i--) {
      const j = Math.floor(this.#random() * (i + 1))
      const server = list[i]!
      list[i] = list[j]!
      list[j] = server
    }
    return list
  }
}

/** The probability that a client whose server left a list that did not grow goes to a server it kept. */
function shareOfKept(before: ServerAddress[], after: ServerAddress[], kept: ServerAddress[]): number {
  const [s, n, k] = [before.length, after.length, kept.length]
  // Nothing left the list, so the client's server was in neither: a fraction of 0 / 0.
  if (s === k) return 1
  return (k * (s - n)) / (n * (s - k))
}

/** DNS names are the same in upper and lower case. */
function keyOf(server: ServerAddress): string {
  return formatServer(server).toLowerCase()
}

function isSame(a: ServerAddress, b: ServerAddress | null): boolean {
  return b !== null && a.port === b.port && a.host.toLowerCase() === b.host.toLowerCase()
}
