import { type Environment, MAX_DELAY, type Timer } from './environment.ts'

interface Alarm {
  due: number
  order: number
  callback: () => void
}

/**
 * A server's clock. It is monotonic, and a test can stop it and move it forward.
 *
 * Alarms fire in order of their due time. While time is frozen they fire only inside `advance`, one after the
 * other, each at its own time.
 */
export class ServerClock {
  readonly #environment: Environment
  readonly #wallBase: number
  readonly #alarms: Alarm[] = []
  #skew = 0
  #frozenAt: number | null = null
  #order = 0
  #timer: Timer | null = null
  #timerDue = Number.POSITIVE_INFINITY

  constructor(environment: Environment) {
    this.#environment = environment
    this.#wallBase = environment.wallTime() - environment.now()
  }

  get frozen(): boolean {
    return this.#frozenAt !== null
  }

  /** Returns monotonic time in milliseconds. */
  now(): number {
    return this.#frozenAt ?? this.#environment.now() + this.#skew
  }

  /** Returns whole milliseconds since 1970. */
  wall(): number {
    return Math.floor(this.#wallBase + this.now())
  }

  /** Returns a number in [0, 1). */
  random(): number {
    return this.#environment.random()
  }

  /** Calls `callback` once, at the time `due` in milliseconds of `now`, or as soon after it as possible. */
  at(due: number, callback: () => void): Timer {
    const alarm: Alarm = { due, order: this.#order++, callback }
    let index = this.#alarms.length
    while (index > 0 && this.#alarms[index - 1]!.due > due) index--
    this.#alarms.splice(index, 0, alarm)
    this.#arm()
    return { cancel: () => this.#cancel(alarm) }
  }

  /** Calls `callback` once, `milliseconds` from now. */
  after(milliseconds: number, callback: () => void): Timer {
    return this.at(this.now() + milliseconds, callback)
  }

  /** Freezes time. */
  freeze(): void {
    this.#frozenAt ??= this.now()
    this.#disarm()
  }

  /** Resumes time from the moment at which it was frozen. */
  resume(): void {
    if (this.#frozenAt === null) return
    this.#skew = this.#frozenAt - this.#environment.now()
    this.#frozenAt = null
    this.#arm()
  }

  /** Moves time forward and fires the alarms that become due on the way. */
  advance(milliseconds: number): void {
    const wasFrozen = this.frozen
    const target = this.now() + milliseconds
    this.freeze()
    for (let next = this.#alarms[0]; next !== undefined && next.due <= target; next = this.#alarms[0]) {
      this.#frozenAt = Math.max(this.#frozenAt!, next.due)
      this.#fireNext()
    }
    this.#frozenAt = target
    if (!wasFrozen) this.resume()
  }

  /** Drops every alarm. */
  stop(): void {
    this.#alarms.length = 0
    this.#disarm()
  }

  #cancel(alarm: Alarm): void {
    const index = this.#alarms.indexOf(alarm)
    if (index !== -1) this.#alarms.splice(index, 1)
    if (this.#alarms.length === 0) this.#disarm()
  }

  #fireNext(): void {
    const alarm = this.#alarms.shift()
    alarm?.callback()
  }

  #arm(): void {
    const next = this.#alarms[0]
    if (next === undefined || this.frozen || next.due >= this.#timerDue) return
    this.#disarm()
    this.#timerDue = next.due
    const delay = Math.min(Math.max(1, Math.ceil(next.due - this.now())), MAX_DELAY)
    this.#timer = this.#environment.setTimer(() => this.#wake(), delay)
  }

  #disarm(): void {
    this.#timer?.cancel()
    this.#timer = null
    this.#timerDue = Number.POSITIVE_INFINITY
  }

  /** Fires the due alarms. An alarm that is set meanwhile waits for the next timer, even when it is due at once. */
  #wake(): void {
    this.#disarm()
    const setBefore = this.#order
    const isDue = (alarm: Alarm): boolean => alarm.due <= this.now() && alarm.order < setBefore
    while (this.#alarms[0] !== undefined && !this.frozen && isDue(this.#alarms[0])) this.#fireNext()
    this.#arm()
  }
}
