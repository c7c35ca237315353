import type { Environment, Timer } from '../environment.ts'
import type { Liveness } from './liveness.ts'
import type { Timeouts } from './timeouts.ts'

/** How many turns of the event loop the bytes of an unfinished frame may postpone the verdict on a silent peer. */
const MAX_TURNS = 16

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
  #timer: Timer | null = null
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
    const { ping, read } = this.#timeouts
    const due = Math.min(this.#liveness.sentAt + ping, this.#liveness.heardAt + read)
    this.#timer = this.#environment.setTimer(() => this.#check(), due - this.#environment.now())
  }

  #check(): void {
    const now = this.#environment.now()
    const { ping, read } = this.#timeouts
    const { heardAt, sentAt, isStalled, stalledAt, reads } = this.#liveness
    if (isStalled && now - stalledAt >= read) {
      this.#owner.dead(`the server has read nothing for ${read} ms`)
    } else if (now - heardAt >= read) {
      this.#judge(reads, MAX_TURNS)
    } else {
      if (now - sentAt >= ping) this.#ping()
      this.#schedule()
    }
  }

  #ping(): void {
    this.#owner.ping()
    this.#liveness.pinged()
  }

  /**
   * Judges a silent peer after the event loop has read what is in the kernel: timers run before that, so after a blocked
   * event loop a live peer looks silent. Bytes that make no frame postpone the verdict by a few turns only.
   */
  #judge(reads: number, turns: number): void {
    this.#environment.defer(() => {
      if (this.#stopped) return
      const { heardAt, reads: newReads } = this.#liveness
      const silent = this.#environment.now() - heardAt
      if (silent < this.#timeouts.read) this.#schedule()
      else if (newReads !== reads && turns > 0) this.#judge(newReads, turns - 1)
      else this.#owner.dead(`the server has sent nothing for ${Math.round(silent)} ms`)
    })
  }
}
