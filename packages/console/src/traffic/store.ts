import type { TrafficRecord } from '../protocol.ts'
import { Modes } from './modes.ts'

/** Frames that are kept for a page that opens later. */
const MOST_FRAMES = 2000

/** The newest frames that have passed the proxy. */
export class TrafficStore {
  readonly modes: Modes = new Modes()
  readonly #frames: TrafficRecord[] = []
  #total = 0

  /** Keeps a frame. */
  add(record: TrafficRecord): void {
    this.#total++
    this.modes.learn(record)
    this.#frames.push(record)
    if (this.#frames.length > MOST_FRAMES) this.#frames.splice(0, this.#frames.length - MOST_FRAMES)
  }

  /** Returns what a page shows when it opens. */
  view(): { frames: readonly TrafficRecord[]; total: number } {
    return { frames: this.#frames, total: this.#total }
  }
}
