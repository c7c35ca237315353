import type { Environment, Timer } from '../environment.ts'
import type { Link } from './link.ts'
import type { Timeouts } from './timeouts.ts'

/** How many turns of the event loop bytes of an unfinished frame may postpone the verdict on a silent peer. */
const MAX_TURNS = 16

/** What a heartbeat does. */
export interface HeartbeatOwner {
  ping(): void
  /** The peer is silent, or does not read. */
  dead(reason: string): void
}

/**
 * Keeps one link alive and notices when it is not: a ping when nothing was sent for a while, the end when no
 * whole frame came for longer. One timer, set for whichever is due first.
 */
export class Heartbeat {
  readonly #environment: Environment
  readonly #link: Link
  readonly #timeouts: Timeouts
  readonly #owner: HeartbeatOwner
  #timer: Timer | null = null
  #stopped = false
  #pings = 0
  #pongs = 0
  /** The ping whose answer is awaited, by its number, and when it was sent; the number is 0 when none is. */
  #awaited = 0
  #awaitedSentAt = 0

  constructor(environment: Environment, link: Link, timeouts: Timeouts, owner: HeartbeatOwner) {
    this.#environment = environment
    this.#link = link
    this.#timeouts = timeouts
    this.#owner = owner
    this.#schedule()
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
  }

  /**
   * A ping was answered. Answers come in order, and each proves only its own ping: with two on the way, the first
   * answer says nothing of the second.
   *
   * @returns when a ping that has been answered was sent; 0 when that is not known yet.
   */
  onPong(): number {
    if (this.#pongs < this.#pings) this.#pongs++
    if (this.#awaited === 0 || this.#pongs < this.#awaited) return 0
    this.#awaited = 0
    return this.#awaitedSentAt
  }

  #ping(): void {
    this.#owner.ping()
    this.#pings++
    if (this.#awaited !== 0) return
    this.#awaited = this.#pings
    this.#awaitedSentAt = this.#link.sentAt
  }

  #schedule(): void {
    if (this.#stopped) return
    const { ping, read } = this.#timeouts
    const due = Math.min(this.#link.sentAt + ping, this.#link.heardAt + read)
    this.#timer = this.#environment.setTimer(() => this.#check(), due - this.#environment.now())
  }

  #check(): void {
    const now = this.#environment.now()
    const { ping, read } = this.#timeouts
    const { stalledAt } = this.#link
    if (stalledAt !== 0 && now - stalledAt >= read) {
      this.#owner.dead(`the server has read nothing for ${read} ms`)
    } else if (now - this.#link.heardAt >= read) {
      this.#judge(this.#link.reads, MAX_TURNS)
    } else {
      if (now - this.#link.sentAt >= ping) this.#ping()
      this.#schedule()
    }
  }

  /**
   * A timer runs before the data that has reached the kernel is read, so after a blocked event loop a live peer
   * looks silent. The loop reads first; only then is the peer judged. Bytes that make no frame buy a few turns
   * more, not life.
   */
  #judge(reads: number, turns: number): void {
    this.#environment.defer(() => {
      if (this.#stopped) return
      const silent = this.#environment.now() - this.#link.heardAt
      if (silent < this.#timeouts.read) this.#schedule()
      else if (this.#link.reads !== reads && turns > 0) this.#judge(this.#link.reads, turns - 1)
      else this.#owner.dead(`nothing heard from the server for ${Math.round(silent)} ms`)
    })
  }
}
