import type { WatchListener, ZooKeeper } from '@zookit/client'

type Read<Result> = (watch: WatchListener) => Promise<Result>

/**
 * All who wait for one watch. They share one listener, which stays until the watch fires: however many waits are begun
 * and given up, a node that does not change holds one watch. It is never taken off at the server, where that could hit
 * the watch of a read that is still on its way.
 */
interface Slot {
  readonly waiting: Set<() => void>
  readonly listener: WatchListener
  /** Reads on their way that will arm it. */
  arming: number
  armed: boolean
}

const belfries = new WeakMap<ZooKeeper, Map<string, Slot>>()

/** Waits for one-shot watches, for whichever is told first. */
export class Bell {
  readonly #slots: Map<string, Slot>
  readonly #keys: string[] = []
  #tell = (): void => {}
  /** Resolves when a watch is told of something, or that it is gone. */
  readonly rung: Promise<void>

  constructor(zk: ZooKeeper) {
    const present = belfries.get(zk)
    this.#slots = present ?? new Map()
    if (!present) belfries.set(zk, this.#slots)
    this.rung = new Promise(resolve => {
      this.#tell = resolve
    })
  }

  /** How many watches of a client's are waited for, or left by those who waited. */
  static count(zk: ZooKeeper): number {
    return belfries.get(zk)?.size ?? 0
  }

  /** Makes a read with a watch that rings this bell. Returns what the read returns. */
  hang<Result>(path: string, kind: 'data' | 'children', read: Read<Result>): Promise<Result> {
    const key = `${kind} ${path}`
    const slot = this.#slot(key)
    slot.waiting.add(this.#tell)
    slot.arming++
    this.#keys.push(key)
    const reading = read(slot.listener)
    const settled = (armed: boolean): void => {
      slot.arming--
      slot.armed ||= armed
      this.#tidy(key)
    }
    reading.then(
      () => settled(true),
      () => settled(false),
    )
    return reading
  }

  /** Waits for nothing any more. */
  silence(): void {
    for (const key of this.#keys.splice(0)) {
      this.#slots.get(key)?.waiting.delete(this.#tell)
      this.#tidy(key)
    }
  }

  #slot(key: string): Slot {
    const present = this.#slots.get(key)
    if (present) return present
    const listener = (): void => this.#ring(key)
    const slot = { waiting: new Set<() => void>(), listener, arming: 0, armed: false }
    this.#slots.set(key, slot)
    return slot
  }

  /** Whoever waits is woken, also where his own read has not been answered yet: he reads again, and loses nothing. */
  #ring(key: string): void {
    const slot = this.#slots.get(key)
    if (!slot) return
    this.#slots.delete(key)
    for (const tell of slot.waiting) tell()
  }

  #tidy(key: string): void {
    const slot = this.#slots.get(key)
    if (slot && slot.waiting.size === 0 && slot.arming === 0 && !slot.armed) this.#slots.delete(key)
  }
}
