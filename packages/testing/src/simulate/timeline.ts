/** The order in which one turn of Node's event loop does things: timers, then what sockets have, then `setImmediate`. */
export const Phase = { timer: 0, io: 1, defer: 2 } as const

export type Phase = (typeof Phase)[keyof typeof Phase]

/** An action at a time of the world. */
export interface Appointment {
  /** Milliseconds of the world's time. */
  readonly at: number
  readonly phase: Phase
  readonly order: number
  readonly run: () => void
  cancelled: boolean
}

/** Rounds a time up to a tick of the world's clock, 1/1024 ms: sums and differences of its times are exact, so that none is missed. */
function roundUp(time: number): number {
  return Math.ceil(time * 1024) / 1024
}

function isBefore(a: Appointment, b: Appointment): boolean {
  if (a.at !== b.at) return a.at < b.at
  return a.phase === b.phase ? a.order < b.order : a.phase < b.phase
}

/**
 * The actions that are still to come, in the order of their time, of their phase within one time, and of the calls that
 * made them. A binary heap.
 */
export class Timeline {
  readonly #heap: Appointment[] = []
  #order = 0
  #now = 0

  /** The world's time in milliseconds. */
  get now(): number {
    return this.#now
  }

  /** The time of the next action; Infinity if there is none. */
  get next(): number {
    this.#dropCancelled()
    return this.#heap[0]?.at ?? Number.POSITIVE_INFINITY
  }

  /** Schedules an action for a time, or for now where that time is over. */
  at(time: number, phase: Phase, run: () => void): Appointment {
    const appointment = {
      at: Math.max(roundUp(time), this.#now),
      phase,
      order: this.#order++,
      run,
      cancelled: false,
    }
    this.#push(appointment)
    return appointment
  }

  /**
   * Runs the next action.
   *
   * @returns false when there is no action before `end`: then the time is `end`.
   */
  step(end: number): boolean {
    this.#dropCancelled()
    const first = this.#heap[0]
    if (first === undefined || first.at > end) {
      this.#now = Math.max(this.#now, end)
      return false
    }
    this.#pop()
    this.#now = first.at
    first.run()
    return true
  }

  #dropCancelled(): void {
    while (this.#heap[0]?.cancelled) this.#pop()
  }

  #push(appointment: Appointment): void {
    const heap = this.#heap
    let at = heap.length
    heap.push(appointment)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(appointment, heap[parent]!)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = appointment
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()!
    if (heap.length === 0) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++
      if (!isBefore(heap[child]!, last)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
  }
}
