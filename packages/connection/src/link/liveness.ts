import type { Environment } from '../environment.ts'
import { type Leads, Suspension } from './suspension.ts'

/** The number of bytes that the transport does not take above which the peer counts as slow. */
const WRITE_LIMIT = 1024 * 1024

/** Something that was sent and whose answer proves that the server has heard of the session: one at a time. */
class Proof {
  /** The number whose answer is awaited; -1 when none is. */
  #number = -1
  #sentAt = 0
  /** The leads of the clocks when that was sent. */
  leads: Leads | null = null

  /** True while an answer is awaited. */
  get isAwaited(): boolean {
    return this.#number >= 0
  }

  /** Notes that everything up to `number` was sent at `sentAt`. */
  sent(number: number, sentAt: number, leads: Leads): void {
    this.#number = number
    this.#sentAt = sentAt
    this.leads = leads
  }

  /** Returns when that was sent, if everything up to `number` is answered; else 0. */
  answered(number: number): number {
    if (this.#number < 0 || number < this.#number) return 0
    this.#number = -1
    return this.#sentAt
  }
}

/**
 * The signs of life of one connection: the only place where they are written. All times are the environment's, in
 * milliseconds.
 */
export class Liveness {
  readonly #environment: Environment
  // First what each read needs. Numbers from the first on: a field that was undefined once gets a new heap number with each time that is written.
  #heardAt = 0
  #reads = 0
  #unfinished = 0
  #sentAt = 0
  readonly #requests = new Proof()
  readonly #pings = new Proof()
  #askedAt = 0
  #stalledAt = 0
  #takenAt = 0
  #answeredAt = 0
  readonly #suspension: Suspension
  /** The leads of the clocks when the handshake was sent; null before that. */
  #shakenLeads: Leads | null = null
  /** The leads of the clocks when the newest answered frame was sent; null before that. */
  #answeredLeads: Leads | null = null
  #pingCount = 0
  #pongCount = 0
  #pingTime: number | null = null

  constructor(environment: Environment) {
    this.#environment = environment
    this.#suspension = new Suspension(environment)
    this.#heardAt = this.#sentAt = environment.now()
  }

  /** The time when the last whole frame came, or the connection was begun. Bytes that make no frame prove nothing. */
  get heardAt(): number {
    return this.#heardAt
  }

  /** The time of the last write. */
  get sentAt(): number {
    return this.#sentAt
  }

  /** The time of the first write after the last whole frame came; no later than `heardAt` if there was none. */
  get askedAt(): number {
    return this.#askedAt
  }

  /** The time of the last sign of life of the peer: a whole frame came, or the transport took some of the bytes that it held. */
  get movedAt(): number {
    return Math.max(this.#heardAt, this.#takenAt)
  }

  /**
   * The time when the newest frame that the server has answered was sent. Since then it knows that the session lives. The
   * time for which the machine was suspended since counts, too.
   */
  get answeredAt(): number {
    const leads = this.#answeredLeads
    return leads === null ? this.#answeredAt : this.#answeredAt - this.#suspension.since(leads)
  }

  /** The time since which the transport, which holds much, has taken none of it; 0 while it holds little. */
  get stalledAt(): number {
    return this.#stalledAt
  }

  /** True while the transport holds so much that it is given no more. */
  get isStalled(): boolean {
    return this.#stalledAt !== 0
  }

  /** The number of reads so far. The check for silence compares it. */
  get reads(): number {
    return this.#reads
  }

  /** Notes that bytes are about to be written. */
  writing(): void {
    this.#sentAt = this.#environment.now()
    if (this.#askedAt <= this.#heardAt) this.#askedAt = this.#sentAt
  }

  /** Notes how many bytes the transport holds after a write. */
  written(held: number): void {
    if (held >= WRITE_LIMIT && this.#stalledAt === 0) this.#stalledAt = this.#sentAt
  }

  /** Notes that the transport has taken some of what it held, and holds so many bytes still. */
  drained(held: number): void {
    this.#takenAt = this.#environment.now()
    this.#stalledAt = held >= WRITE_LIMIT ? this.#takenAt : 0
  }

  /** Notes that bytes came. */
  read(size: number): void {
    this.#reads++
    this.#unfinished += size
  }

  /** Notes that whole frames came. */
  heard(): void {
    this.#heardAt = this.#environment.now()
    this.#unfinished = 0
  }

  /** Returns how many bytes of an unfinished frame came since the last whole one, or since this was last asked. */
  takeUnfinished(): number {
    const came = this.#unfinished
    this.#unfinished = 0
    return came
  }

  /** Notes that the handshake was written. The clocks are read while the server answers it. */
  shaken(): void {
    this.#shakenLeads = this.#suspension.mark(this.#sentAt)
  }

  /** Notes that the server has answered the handshake. */
  answered(): void {
    this.#prove(this.#sentAt, this.#shakenLeads)
  }

  /** Notes that all requests before a position were sent. */
  sentUpTo(position: number): void {
    if (!this.#requests.isAwaited)
      this.#requests.sent(position, this.#sentAt, this.#suspension.mark(this.#sentAt))
  }

  /** Notes that all requests before a position are answered. */
  answeredUpTo(position: number): void {
    this.#prove(this.#requests.answered(position), this.#requests.leads)
  }

  /** True when every ping is answered. */
  get isPonged(): boolean {
    return this.#pongCount === this.#pingCount
  }

  /** Notes that a ping was written. */
  pinged(): void {
    this.#pingCount++
    if (!this.#pings.isAwaited)
      this.#pings.sent(this.#pingCount, this.#sentAt, this.#suspension.mark(this.#sentAt))
  }

  /**
   * Notes that a ping was answered. Answers come in order, and each proves its own ping only: with two pings on the
   * way, the first answer says nothing about the second.
   */
  ponged(): void {
    if (this.#pongCount < this.#pingCount) this.#pongCount++
    const sentAt = this.#pings.answered(this.#pongCount)
    if (sentAt > 0) this.#pingTime = this.#environment.now() - sentAt
    this.#prove(sentAt, this.#pings.leads)
  }

  /** The milliseconds from the newest answered ping to its answer; null if there was none. */
  get pingTime(): number | null {
    return this.#pingTime
  }

  #prove(sentAt: number, leads: Leads | null): void {
    if (sentAt <= this.#answeredAt) return
    this.#answeredAt = sentAt
    this.#answeredLeads = leads
  }
}
