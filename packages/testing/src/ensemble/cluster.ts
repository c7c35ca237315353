import type { ServerClock } from '../clock.ts'
import type { Transaction } from '../database/changes.ts'
import { SessionTracker } from '../database/sessions.ts'
import { firstZxid } from '../long.ts'
import { Authority, type Replica } from '../server/authority.ts'
import type { ServerCore, ServerMode } from '../server/server-core.ts'
import type { Outgoing } from '../transport/outgoing.ts'

/** One server's place in an ensemble. */
export interface Seat {
  readonly id: number
  readonly core: ServerCore
  /** Whether the server runs. */
  up: boolean
  /** Which part of a partitioned network it is in: those with the same number hear each other. */
  side: number
  /** Whether it has what is committed, but does not get round to applying it. */
  stalled: boolean
  /** How much of the log it has got, and how much of that it has applied. */
  received: number
  applied: number
}

/** What an ensemble works with. */
export interface ClusterParts {
  /** One for each member, in order of their ids from 1 on. */
  readonly cores: readonly ServerCore[]
  readonly clock: ServerClock
  readonly outgoing: Outgoing
  /** Whether a member without a quorum serves reads. */
  readonly readOnlyMode: boolean
}

const TRIM_AT = 4096

/**
 * An ensemble without its sockets: several servers that apply one log, in the order that their leader gives it.
 *
 * There is a leader whenever more than half of all members run and hear each other. What it orders is committed
 * at once, so the log holds committed transactions only, and every majority knows all of it. A member applies
 * the log as it gets it, unless it is stalled or cut off; a member outside of the majority serves nobody.
 *
 * Invariant: `applied <= received <= end of the log`, and the leader has applied all of it.
 */
export class Cluster implements Replica {
  readonly seats: readonly Seat[]
  readonly #parts: ClusterParts
  readonly #tracker: SessionTracker
  readonly #log: Transaction[] = []
  /** Index of the log's first transaction that is still kept. */
  #base = 0
  #leader: Seat | null = null
  #authority: Authority | null = null
  #epoch = 0

  constructor(parts: ClusterParts) {
    this.#parts = parts
    this.seats = parts.cores.map(core => ({
      id: core.settings.serverId,
      core,
      up: false,
      side: 0,
      stalled: false,
      received: 0,
      applied: 0,
    }))
    this.#tracker = new SessionTracker(parts.cores[0]!.settings.tickTime)
  }

  get leader(): Seat | null {
    return this.#leader
  }

  /** Takes a transaction into the log and hands it to everybody who hears the leader, the leader first. */
  receive(transaction: Transaction): void {
    this.#log.push(transaction)
    const leader = this.#leader!
    this.#deliver(leader)
    for (const seat of this.seats) {
      if (seat !== leader && this.#hears(seat, leader)) this.#deliver(seat)
    }
    if (this.#log.length > TRIM_AT) this.#trim()
  }

  /** Starts every member at once: one election. */
  startAll(): void {
    for (const seat of this.seats) seat.up = true
    this.#reconcile(null)
  }

  /** Starts or stops a member. A member keeps what it has applied. */
  setUp(seat: Seat, up: boolean): void {
    seat.up = up
    seat.stalled = false
    this.#reconcile(null)
  }

  /** Puts members into parts of the network, by number. */
  setSides(sideOf: (seat: Seat) => number): void {
    for (const seat of this.seats) seat.side = sideOf(seat)
    this.#reconcile(null)
  }

  /**
   * Makes a follower lag behind, or catch up.
   *
   * @throws Error for the leader, which cannot lag behind itself.
   */
  setStalled(seat: Seat, stalled: boolean): void {
    if (stalled && seat === this.#leader) throw new Error('the leader cannot lag behind itself')
    seat.stalled = stalled
    this.#apply(seat)
    this.#parts.outgoing.flush()
  }

  /**
   * Makes a member the leader of a new epoch.
   *
   * @throws Error for a member that has no quorum.
   */
  elect(seat: Seat): void {
    if (!this.#majority().includes(seat)) throw new Error(`member ${seat.id} has no quorum`)
    this.#reconcile(seat)
  }

  get #end(): number {
    return this.#base + this.#log.length
  }

  #hears(a: Seat, b: Seat): boolean {
    return a.up && b.up && a.side === b.side
  }

  /** The members that hear each other and are more than half of all; empty when there are none. */
  #majority(): Seat[] {
    for (const seat of this.seats) {
      const group = this.seats.filter(other => this.#hears(seat, other))
      if (group.length * 2 > this.seats.length) return group
    }
    return []
  }

  /** Brings leader and modes in line with who runs and hears whom. */
  #reconcile(wanted: Seat | null): void {
    const majority = this.#majority()
    const keeps = wanted === null && this.#leader !== null && majority.includes(this.#leader)
    if (!keeps) this.#depose()
    for (const seat of this.seats) {
      if (!majority.includes(seat)) this.#setMode(seat, this.#modeAlone(seat))
    }
    if (!keeps && majority.length > 0) this.#install(wanted ?? best(majority), majority)
    for (const seat of majority) this.#join(seat)
    this.#parts.outgoing.flush()
  }

  #modeAlone(seat: Seat): ServerMode {
    return seat.up && this.#parts.readOnlyMode ? 'read-only' : 'down'
  }

  /** The leader is no more: whoever followed it closes all connections. */
  #depose(): void {
    this.#authority?.stop()
    this.#authority = null
    this.#leader = null
    for (const seat of this.seats) {
      if (seat.core.mode === 'serving') this.#setMode(seat, 'down')
    }
  }

  #install(leader: Seat, majority: readonly Seat[]): void {
    const { core } = leader
    this.#epoch++
    this.#leader = leader
    for (const seat of majority) seat.stalled = false
    leader.received = this.#end
    this.#apply(leader)
    this.#tracker.touchAll(this.#parts.clock.now())
    this.#authority = new Authority({
      database: core.database,
      settings: core.settings,
      clock: this.#parts.clock,
      tracker: this.#tracker,
      replicas: [this],
      settle: () => this.#parts.outgoing.flush(),
      containerCheckInterval: core.settings.containerCheckInterval,
      zxid: firstZxid(this.#epoch),
    })
  }

  /** A member follows the leader, or is it. */
  #join(seat: Seat): void {
    const { core } = seat
    if (core.mode !== 'serving') this.#setMode(seat, 'serving')
    core.authority = this.#authority
    core.role = seat === this.#leader ? 'leader' : 'follower'
    this.#deliver(seat)
    if (seat.applied !== this.#end) return
    core.database.lastZxid = Math.max(core.database.lastZxid, firstZxid(this.#epoch))
  }

  #setMode(seat: Seat, mode: ServerMode): void {
    const { core } = seat
    if (core.mode === mode) return
    core.mode = mode
    core.authority = null
    core.role = mode === 'read-only' ? 'read-only' : 'follower'
    core.dropAll()
  }

  #deliver(seat: Seat): void {
    seat.received = this.#end
    this.#apply(seat)
  }

  #apply(seat: Seat): void {
    if (seat.stalled || seat.applied === seat.received) return
    while (seat.applied < seat.received) seat.core.receive(this.#log[seat.applied++ - this.#base]!)
    seat.core.onProgress()
  }

  /** Forgets what every member has applied. */
  #trim(): void {
    const applied = Math.min(...this.seats.map(seat => seat.applied))
    if (applied - this.#base < TRIM_AT) return
    this.#log.splice(0, applied - this.#base)
    this.#base = applied
  }
}

/** Who wins an election: whoever has got most of the log; among equals the highest id. */
function best(majority: readonly Seat[]): Seat {
  return majority.reduce((winner, seat) => (seat.received >= winner.received ? seat : winner))
}
