import type { Environment, Timer } from '../environment.ts'
import type { Liveness } from './liveness.ts'
import type { Timeouts } from './timeouts.ts'

/** The number of event loop turns by which the bytes of an unfinished frame may put off the end of a silent connection. */
const MAX_TURNS = 16

/** The bytes of an unfinished frame between two checks that show a slow network, not a peer that keeps a connection open for nothing. */
const FAIR_PART = 32 * 1024

// The problem: a thousand idle sessions wake the process two thousand times for a thousand pings, once for the timer and once for
// the answer, and a turn of the event loop costs more than a ping. The trick: pings leave at the moments of a grid that
// all sessions of a process share, a hundredth of the interval before they are due at most, so that one turn sends those of many
// sessions and one reads their answers. The invariant: a ping is never later for it. A server gets the pings of a hundredth
// of the interval at once: at most as many as it gets in 100 ms anyway, and other processes have a grid of their own. Measure it
// with `pnpm bench:budget --only idle`.
const GRID_PART = 100

/** The actions of a heartbeat. */
export interface HeartbeatOwner {
  /** Writes a ping. */
  ping(): void
  /** The peer is silent, or does not read. */
  dead(reason: string): void
}

/**
 * Keeps a connection alive and notices when it is not: it sends a ping when nothing was written for a while, and ends the
 * connection when no whole frame came for longer. One timer is set for whichever is due first.
 */
export class Heartbeat {
  readonly #environment: Environment
  readonly #liveness: Liveness
  readonly #timeouts: Timeouts
  readonly #owner: HeartbeatOwner
  readonly #onTimer = (): void => this.#check()
  #timer: Timer | null = null
  /** The time before which a silent peer is not given up, because its ping was late. */
  #graceUntil = 0
  #stopped = false

  constructor(environment: Environment, liveness: Liveness, timeouts: Timeouts, owner: HeartbeatOwner) {
    this.#environment = environment
    this.#liveness = liveness
    this.#timeouts = timeouts
    this.#owner = owner
    this.#schedule()
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
  }

  #schedule(): void {
    if (this.#stopped) return
    const { read } = this.#timeouts
    const { movedAt, isStalled, stalledAt } = this.#liveness
    const silence = Math.max(movedAt + read, this.#graceUntil)
    const due = Math.min(this.#pingAt, silence, isStalled ? stalledAt + read : Number.POSITIVE_INFINITY)
    // Node drops the fraction of a delay: the timer would come too early, and be set again for the rest.
    this.#timer = this.#environment.setTimer(this.#onTimer, Math.ceil(due - this.#environment.now()))
  }

  /** The time at which the next ping leaves: the last moment of the grid at which it is not late. */
  get #pingAt(): number {
    const { ping } = this.#timeouts
    const grid = Math.max(Math.floor(ping / GRID_PART), 1)
    return Math.floor((this.#liveness.sentAt + ping) / grid) * grid
  }

  #check(): void {
    const now = this.#environment.now()
    const { read } = this.#timeouts
    const { movedAt, isStalled, stalledAt, reads } = this.#liveness
    if (isStalled && now - stalledAt >= read) {
      this.#judgeReader()
    } else if (now - movedAt >= read && this.#wasAsked(now)) {
      this.#judge(reads, MAX_TURNS)
    } else {
      if (now >= this.#pingAt) this.ping()
      this.#schedule()
    }
  }

  /**
   * Tells whether a silent peer has had time to answer something. A server speaks when it is asked: where the event loop
   * stood still and no ping went out, the silence is this process's own.
   */
  #wasAsked(now: number): boolean {
    const { askedAt, heardAt } = this.#liveness
    if (askedAt <= heardAt) this.ping()
    const { ping, read } = this.#timeouts
    this.#graceUntil = Math.max(this.#graceUntil, this.#liveness.askedAt + read - ping)
    return now >= this.#graceUntil
  }

  /** Sends a ping now. */
  ping(): void {
    this.#owner.ping()
    this.#liveness.pinged()
  }

  /** Checks a peer that reads nothing, after the event loop has learned what the kernel has taken meanwhile. */
  #judgeReader(): void {
    this.#environment.defer(() => {
      if (this.#stopped) return
      const { read } = this.#timeouts
      const { isStalled, stalledAt } = this.#liveness
      if (isStalled && this.#environment.now() - stalledAt >= read) {
        this.#owner.dead(`the server has read nothing for ${read} ms`)
      } else this.#schedule()
    })
  }

  /**
   * Checks a silent peer after the event loop has read what is in the kernel: timers run before that, so after a blocked
   * event loop a live peer looks silent. Bytes that make no frame postpone the end by a few turns only, and those of a
   * long frame on a slow network until the next check.
   */
  #judge(reads: number, turns: number): void {
    this.#environment.defer(() => {
      if (this.#stopped) return
      const { movedAt, reads: newReads } = this.#liveness
      const now = this.#environment.now()
      if (now - movedAt < this.#timeouts.read) this.#schedule()
      else if (newReads !== reads && turns > 0) this.#judge(newReads, turns - 1)
      else if (this.#liveness.takeUnfinished() >= FAIR_PART) this.#wait(now)
      else this.#owner.dead(`the server has sent nothing for ${Math.round(now - this.#liveness.heardAt)} ms`)
    })
  }

  /** Waits for the rest of a long frame as long as for an answer. */
  #wait(now: number): void {
    const { ping, read } = this.#timeouts
    this.#graceUntil = now + read - ping
    this.#schedule()
  }
}
