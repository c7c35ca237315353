import type { ServerClock } from '../clock.ts'
import type { Transaction } from '../database/changes.ts'
import { SessionTracker } from '../database/sessions.ts'
import { firstZxid } from '../long.ts'
import type { EnsembleView } from '../membership/ensemble-view.ts'
import {
  type Membership,
  membershipOf,
  membershipText,
  parseMembers,
  votersOf,
} from '../membership/membership.ts'
import type { ServerLine } from '../membership/server-line.ts'
import { Opcode } from '../opcodes.ts'
import { CONFIG_PATH, CONFIG_VERSION } from '../operations/reconfig.ts'
import { type Replica, Sequencer } from '../server/sequencer.ts'
import type { ServerCore, ServerMode } from '../server/server-core.ts'
import type { FlushQueue } from '../transport/flush-queue.ts'

/** The state of one member of an ensemble. */
export interface MemberState {
  readonly id: number
  readonly core: ServerCore
  /** True while the server runs. */
  up: boolean
  /** True while it may follow a leader: it was in the configuration at some time since it started. */
  admitted: boolean
  /** The part of a partitioned network that it is in. Members with the same number reach each other. */
  side: number
  /** True while it receives the log without applying it. */
  stalled: boolean
  /** The numbers of transactions that it has received and applied; less than the start of the log for none. */
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
/** The position in the log of a server that has no state yet. */
const NOTHING = -1

/**
 * An ensemble without its sockets: several servers that apply one log, in the order that their leader gives it.
 *
 * There is a leader whenever more than half of all voters run and reach each other. Its transactions are committed
 * at once, so the log holds committed transactions only. A member applies the log as it receives it, unless it is
 * stalled or cut off. A member outside of the majority serves nobody.
 *
 * The voters are those of the configuration, which a reconfiguration changes when it is committed. Observers follow
 * without a vote, and so does a server that was removed, until it stops.
 *
 * Invariant: `applied <= received <= end of the log`, and the leader has applied all of it.
 */
export class Cluster implements Replica, EnsembleView {
  readonly memberStates: MemberState[] = []
  readonly #parts: ClusterParts
  readonly #tracker: SessionTracker
  readonly #log: Transaction[] = []
  /** The number of transactions that have been trimmed from the start of the log. */
  #base = 0
  #leader: MemberState | null = null
  #sequencer: Sequencer | null = null
  #epoch = 0
  #membership: Membership = membershipOf([], 0)
  #voters: ReadonlySet<number> = new Set()

  constructor(parts: ClusterParts) {
    this.#parts = parts
    for (const core of parts.cores) this.#addState(core, 0)
    this.#tracker = new SessionTracker(parts.cores[0]!.settings.tickTime)
  }

  /** The configuration in force. */
  get membership(): Membership {
    return this.#membership
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
    const { opcode, effect, zxid } = transaction
    if (opcode === Opcode.reconfig && effect.type === 'setData') this.#reconfigure(String(effect.data), zxid)
  }

  /** Starts every member at once, with one election. */
  startAll(servers: readonly ServerLine[]): void {
    this.#setMembership(membershipOf(servers, 0))
    this.#publish()
    for (const member of this.memberStates) {
      member.up = true
      member.admitted = true
    }
    this.#reconcile(null)
  }

  /** Adds a server that runs and is in no configuration yet. */
  add(core: ServerCore): MemberState {
    const member = this.#addState(core, NOTHING)
    member.up = true
    return member
  }

  /** Starts or stops a member. A stopped member keeps its database. */
  setUp(member: MemberState, up: boolean): void {
    if (up && !member.up) member.admitted = this.#membership.servers.has(member.id)
    member.up = up
    member.stalled = false
    this.#reconcile(null)
  }

  isSynced(voters: ReadonlySet<number>): boolean {
    const leader = this.#leader
    const synced = this.memberStates.filter(
      member =>
        voters.has(member.id) && leader !== null && this.#hears(member, leader) && !this.#observes(member),
    )
    return synced.length * 2 > voters.size
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
    if (!this.#voters.has(member.id))
      throw new Error(
        `member ${member.id} cannot lead: it has no vote; elect a participant of the configuration`,
      )
    this.#reconcile(member)
  }

  get #end(): number {
    return this.#base + this.#log.length
  }

  #addState(core: ServerCore, applied: number): MemberState {
    const id = core.settings.serverId
    const member = {
      id,
      core,
      up: false,
      admitted: false,
      side: 0,
      stalled: false,
      received: applied,
      applied,
    }
    core.ensemble = this
    this.memberStates.push(member)
    return member
  }

  #hears(a: MemberState, b: MemberState): boolean {
    return a.up && b.up && a.admitted && b.admitted && a.side === b.side
  }

  #observes(member: MemberState): boolean {
    return this.#membership.servers.get(member.id)?.votes === false
  }

  /** Returns servers that reach each other with more than half of the voters; an empty list where there are none. */
  #majority(): MemberState[] {
    for (const member of this.memberStates) {
      const group = this.memberStates.filter(other => this.#hears(member, other))
      const votes = group.filter(({ id }) => this.#voters.has(id)).length
      if (votes * 2 > this.#voters.size) return group
    }
    return []
  }

  #setMembership(membership: Membership): void {
    this.#membership = membership
    this.#voters = votersOf(membership)
  }

  /** Stores the configuration of the start in each member, which no transaction does. */
  #publish(): void {
    const text = membershipText(this.#membership)
    for (const { core } of this.memberStates) {
      const node = core.database.tree.find(CONFIG_PATH)
      if (node === undefined) continue
      node.data = Buffer.from(text)
      node.version = CONFIG_VERSION
      node.mzxid = this.#membership.version
      node.mtime = core.clock.wall()
    }
  }

  /** Puts a new configuration into force. Replies and events about it leave before a connection closes. */
  #reconfigure(text: string, version: number): void {
    const servers = parseMembers(text)
    if (typeof servers === 'number')
      throw new Error(`a reconfiguration left a malformed configuration: ${text}`)
    const observed = new Set(this.memberStates.filter(member => this.#observes(member)))
    this.#setMembership(membershipOf(servers, version))
    this.#parts.flushQueue.flush()
    for (const member of this.memberStates) {
      if (this.#membership.servers.has(member.id)) member.admitted = true
      // As Apache's server does, one that becomes or stops being an observer starts its service again.
      if (observed.has(member) !== this.#observes(member)) this.#setMode(member, 'down')
    }
    this.#reconcile(this.#successor())
  }

  /** Returns the voter that takes over from a leader that has lost its vote; null for a leader that keeps it. */
  #successor(): MemberState | null {
    const leader = this.#leader
    if (leader === null || this.#voters.has(leader.id)) return null
    const voters = this.#majority().filter(({ id }) => this.#voters.has(id))
    return voters.reduce<MemberState | null>(
      (first, each) => (first !== null && first.id < each.id ? first : each),
      null,
    )
  }

  /** Updates the leader and every mode after a change of members or network. */
  #reconcile(wanted: MemberState | null): void {
    const majority = this.#majority()
    const keeps = wanted === null && this.#leader !== null && majority.includes(this.#leader)
    if (!keeps) this.#depose()
    for (const member of this.memberStates) {
      if (!majority.includes(member)) this.#setMode(member, this.#modeAlone(member))
    }
    if (!keeps && majority.length > 0) {
      this.#install(wanted ?? best(majority.filter(({ id }) => this.#voters.has(id))), majority)
    }
    for (const member of majority) this.#join(member)
    this.#parts.flushQueue.flush()
  }

  #modeAlone(member: MemberState): ServerMode {
    return member.up && member.admitted && this.#parts.readOnlyMode ? 'read-only' : 'down'
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
    if (core.settings.reconfigEnabled && this.#membership.version === 0) {
      this.#setMembership({ ...this.#membership, version: firstZxid(this.#epoch) })
      this.#publish()
    }
    this.#tracker.touchAll(this.#parts.clock.now())
    this.#sequencer = new Sequencer({
      database: core.database,
      settings: core.settings,
      ensemble: this,
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
    core.role = this.#roleOf(member)
    this.#deliver(member)
    if (member.applied !== this.#end) return
    core.database.lastZxid = Math.max(core.database.lastZxid, firstZxid(this.#epoch))
  }

  #roleOf(member: MemberState): 'leader' | 'follower' | 'observer' {
    if (member === this.#leader) return 'leader'
    return this.#observes(member) ? 'observer' : 'follower'
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
    if (member.applied < this.#base) {
      member.core.database.copyFrom(this.#leader!.core.database)
      member.applied = this.#end
    }
    member.received = this.#end
    this.#apply(member)
  }

  #apply(member: MemberState): void {
    if (member.stalled || member.applied === member.received) return
    while (member.applied < member.received) member.core.receive(this.#log[member.applied++ - this.#base]!)
    member.core.onProgress()
  }

  /** Trims the transactions that every member has applied. A server that becomes a member takes a copy of the state later. */
  #trim(): void {
    const { servers } = this.#membership
    const members = this.memberStates.filter(({ id, admitted }) => admitted || servers.has(id))
    const applied = Math.min(...members.map(member => member.applied))
    if (applied - this.#base < TRIM_AT) return
    this.#log.splice(0, applied - this.#base)
    this.#base = applied
  }
}

/** Returns the winner of an election: the member that has received most of the log; among equals the highest id. */
function best(majority: readonly MemberState[]): MemberState {
  return majority.reduce((winner, member) => (member.received >= winner.received ? member : winner))
}
