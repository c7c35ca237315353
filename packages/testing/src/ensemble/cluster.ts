import type { ServerClock } from '../clock.ts'
import type { Transaction } from '../database/changes.ts'
import { SessionTracker } from '../database/sessions.ts'
import { firstZxid } from '../long.ts'
import { type Replica, Sequencer } from '../server/sequencer.ts'
import type { ServerCore, ServerMode } from '../server/server-core.ts'
import type { FlushQueue } from '../transport/flush-queue.ts'

/** The state of one member of an ensemble. */
export interface MemberState {
  readonly id: number
  readonly core: ServerCore
  /** True while the server runs. */
  up: boolean
  /** The part of a partitioned network that it is in. Members with the same number reach each other. */
  side: number
  /** True while it receives the log without applying it. */
  stalled: boolean
  /** The number of transactions that it has received, and of those that it has applied. */
  received: number
  applied: number
}

/** The collaborators and settings of an ensemble. */
export interface ClusterParts {
  /** One for each member, in order of their ids. */
  readonly cores: readonly ServerCore[]
  readonly clock: ServerClock
  readonly flushQueue: FlushQueue
  /** True if a member without a quorum serves reads. */
  readonly readOnlyMode: boolean
}

const TRIM_AT = 4096

/**
 * An ensemble without its sockets: several servers that apply one log, in the order that their leader gives it.
 *
 * There is a leader whenever more than half of all members run and reach each other. Its transactions are committed
 * at once, so the log holds committed transactions only. A member applies the log as it receives it, unless it is
 * stalled or cut off. A member outside of the majority serves nobody.
 *
 * Invariant: `applied <= received <= end of the log`, and the leader has applied all of it.
 */
export class Cluster implements Replica {
  readonly memberStates: readonly MemberState[]
  readonly #parts: ClusterParts
  readonly #tracker: SessionTracker
  readonly #log: Transaction[] = []
  /** The number of transactions that have been trimmed from the start of the log. */
  #base = 0
  #leader: MemberState | null = null
  #sequencer: Sequencer | null = null
  #epoch = 0

  constructor(parts: ClusterParts) {
    this.#parts = parts
    this.memberStates = parts.cores.map(core => ({
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

  get leader(): MemberState | null {
    return this.#leader
  }

  /** Appends a transaction to the log and delivers it to every member that the leader reaches, the leader first. */
  receive(transaction: Transaction): void {
    this.#log.push(transaction)
    const leader = this.#leader!
    this.#deliver(leader)
    for (const member of this.memberStates) {
      if (member !== leader && this.#hears(member, leader)) this.#deliver(member)
    }
    if (this.#log.length > TRIM_AT) this.#trim()
  }

  /** Starts every member at once, with one election. */
  startAll(): void {
    for (const member of this.memberStates) member.up = true
    this.#reconcile(null)
  }

  /** Starts or stops a member. A stopped member keeps its database. */
  setUp(member: MemberState, up: boolean): void {
    member.up = up
    member.stalled = false
    this.#reconcile(null)
  }

  /** Assigns each member to a part of the network, by number. */
  setSides(sideOf: (member: MemberState) => number): void {
    for (const member of this.memberStates) member.side = sideOf(member)
    this.#reconcile(null)
  }

  /**
   * Makes a follower lag, or catch up.
   *
   * @throws Error for the leader.
   */
  setStalled(member: MemberState, stalled: boolean): void {
    if (stalled && member === this.#leader)
      throw new Error(
        `member ${member.id} cannot lag: it is the leader; stall a follower, or elect another leader first`,
      )
    member.stalled = stalled
    this.#apply(member)
    this.#parts.flushQueue.flush()
  }

  /**
   * Makes a member the leader of a new epoch.
   *
   * @throws Error for a member that has no quorum.
   */
  elect(member: MemberState): void {
    if (!this.#majority().includes(member))
      throw new Error(
        `member ${member.id} has no quorum, so it cannot lead: start or connect a majority of the members first`,
      )
    this.#reconcile(member)
  }

  get #end(): number {
    return this.#base + this.#log.length
  }

  #hears(a: MemberState, b: MemberState): boolean {
    return a.up && b.up && a.side === b.side
  }

  /** Returns members that reach each other and are more than half of all; an empty list where there are none. */
  #majority(): MemberState[] {
    for (const member of this.memberStates) {
      const group = this.memberStates.filter(other => this.#hears(member, other))
      if (group.length * 2 > this.memberStates.length) return group
    }
    return []
  }

  /** Updates the leader and every mode after a change of members or network. */
  #reconcile(wanted: MemberState | null): void {
    const majority = this.#majority()
    const keeps = wanted === null && this.#leader !== null && majority.includes(this.#leader)
    if (!keeps) this.#depose()
    for (const member of this.memberStates) {
      if (!majority.includes(member)) this.#setMode(member, this.#modeAlone(member))
    }
    if (!keeps && majority.length > 0) this.#install(wanted ?? best(majority), majority)
    for (const member of majority) this.#join(member)
    this.#parts.flushQueue.flush()
  }

  #modeAlone(member: MemberState): ServerMode {
    return member.up && this.#parts.readOnlyMode ? 'read-only' : 'down'
  }

  /** Deposes the leader. Every member of its majority closes all connections. */
  #depose(): void {
    this.#sequencer?.stop()
    this.#sequencer = null
    this.#leader = null
    for (const member of this.memberStates) {
      if (member.core.mode === 'serving') this.#setMode(member, 'down')
    }
  }

  #install(leader: MemberState, majority: readonly MemberState[]): void {
    const { core } = leader
    this.#epoch++
    this.#leader = leader
    for (const member of majority) member.stalled = false
    leader.received = this.#end
    this.#apply(leader)
    this.#tracker.touchAll(this.#parts.clock.now())
    this.#sequencer = new Sequencer({
      database: core.database,
      settings: core.settings,
      onCommit: core.settings.onCommit,
      clock: this.#parts.clock,
      tracker: this.#tracker,
      replicas: [this],
      settle: () => this.#parts.flushQueue.flush(),
      containerCheckInterval: core.settings.containerCheckInterval,
      zxid: firstZxid(this.#epoch),
    })
  }

  /** Makes a member of the majority serve clients, as the leader or as a follower. */
  #join(member: MemberState): void {
    const { core } = member
    if (core.mode !== 'serving') this.#setMode(member, 'serving')
    core.sequencer = this.#sequencer
    core.role = member === this.#leader ? 'leader' : 'follower'
    this.#deliver(member)
    if (member.applied !== this.#end) return
    core.database.lastZxid = Math.max(core.database.lastZxid, firstZxid(this.#epoch))
  }

  #setMode(member: MemberState, mode: ServerMode): void {
    const { core } = member
    if (core.mode === mode) return
    core.mode = mode
    core.sequencer = null
    core.role = mode === 'read-only' ? 'read-only' : 'follower'
    core.dropAll()
  }

  #deliver(member: MemberState): void {
    member.received = this.#end
    this.#apply(member)
  }

  #apply(member: MemberState): void {
    if (member.stalled || member.applied === member.received) return
    while (member.applied < member.received) member.core.receive(this.#log[member.applied++ - this.#base]!)
    member.core.onProgress()
  }

  /** Trims the transactions that every member has applied. */
  #trim(): void {
    const applied = Math.min(...this.memberStates.map(member => member.applied))
    if (applied - this.#base < TRIM_AT) return
    this.#log.splice(0, applied - this.#base)
    this.#base = applied
  }
}

/** Returns the winner of an election: the member that has received most of the log; among equals the highest id. */
function best(majority: readonly MemberState[]): MemberState {
  return majority.reduce((winner, member) => (member.received >= winner.received ? member : winner))
}
