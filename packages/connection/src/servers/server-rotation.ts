import { formatServer, type ServerAddress } from '../link/server-address.ts'

/** Options of a rotation. */
export interface RotationOptions {
  /** A source of numbers in [0, 1). */
  readonly random: () => number
  /** True (the default) to try the servers in random order, which spreads many clients evenly. */
  readonly shuffle?: boolean
}

/** The server to connect to next. */
export interface NextServer {
  readonly server: ServerAddress
  /** True if every server was tried since the last success: time to wait before this one. */
  readonly wrapped: boolean
}

/**
 * A move to another server, drawn at random after the list has changed, so that the load stays even over all clients
 * (ZOOKEEPER-1355). Each server is drawn once; then the round robin takes over.
 */
interface Move {
  /** The servers that were in the list before. */
  readonly kept: ServerAddress[]
  /** The servers that were not. */
  readonly added: ServerAddress[]
  /** The probability that an added server is drawn. */
  readonly toAdded: number
  /** The server drawn last. */
  drawn: ServerAddress | null
}

/**
 * The order in which a client tries the servers of one ensemble. A server that is listed twice counts once. It uses no
 * sockets and no clock: the session asks for `next()`, and reports `connected()`.
 */
export class ServerRotation {
  readonly #random: () => number
  readonly #shuffle: boolean
  #servers: ServerAddress[]
  /** The index of the server that was tried last; -1 before the first. */
  #index = -1
  /** The number of servers tried in this cycle; the one that was connected last counts as the first. */
  #tried = 0
  #lastConnected: ServerAddress | null = null
  #preferred: ServerAddress | null = null
  #move: Move | null = null

  /** @throws TypeError if there is no server. */
  constructor(servers: readonly ServerAddress[], options: RotationOptions) {
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

  /** Returns the server to try now: the preferred one, one drawn for a move, or the next of the round. */
  next(): NextServer {
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

  /** Notes that a session is established on this server: a new cycle starts behind it, and a move is complete. */
  connected(server: ServerAddress): void {
    this.#lastConnected = server
    this.#index = this.#indexOf(server)
    this.#tried = 1
    this.#move = null
    this.#preferred = null
  }

  /** Makes the next call of `next()` return this server. A server that is not in the list is ignored. */
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
   * A client that is not connected counts as a client of the server that it was connected to last, else of the first.
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
   * Returns the server whose load this client is part of. During a move that is the server it moves to, not the one it
   * was told to leave.
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

  /** Draws a server of the move under way; null if there is no move, or each of its servers was drawn. */
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

  /** Returns the next server of the round. */
  #advance(): ServerAddress {
    this.#index = (this.#index + 1) % this.#servers.length
    return this.#servers[this.#index]!
  }

  #indexOf(server: ServerAddress): number {
    return this.#servers.findIndex(other => isSame(other, server))
  }

  /** Returns the servers without repetition, shuffled (Fisher-Yates) unless the order is to be kept. */
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

/** Returns the probability that a client goes to a kept server when its own left a list that did not grow. */
function shareOfKept(before: ServerAddress[], after: ServerAddress[], kept: ServerAddress[]): number {
  const [s, n, k] = [before.length, after.length, kept.length]
  // No server left the list, so the client's server was in neither list: the fraction would be 0 / 0.
  if (s === k) return 1
  return (k * (s - n)) / (n * (s - k))
}

/** Returns the key of a server. DNS names are the same in upper and lower case. */
function keyOf(server: ServerAddress): string {
  return formatServer(server).toLowerCase()
}

function isSame(a: ServerAddress, b: ServerAddress | null): boolean {
  return b !== null && a.port === b.port && a.host.toLowerCase() === b.host.toLowerCase()
}
