import { setTimeout as sleep } from 'node:timers/promises'
import { type ZooKeeper, ZooKeeperError } from '@zookit/client'
import type { Random } from '@zookit/testing/simulate'
import type { About, Recorder } from '../entries.ts'

/** A part of the work that a client does during a run. */
export interface Load {
  /** Begins the work. */
  start(context: LoadContext): void
  /** Returns what is to be compared with the tree. Called when all faults and all loops are over. */
  report?(context: LoadContext): unknown
}

/** The parts of a client that its loads have in common. */
export class LoadContext {
  readonly zk: ZooKeeper
  /** The client and the number of its process. */
  readonly name: string
  readonly random: Random
  readonly recorder: Recorder
  readonly #loops: Promise<void>[] = []
  #isOver = false
  #tokens = 0

  constructor(zk: ZooKeeper, name: string, random: Random, recorder: Recorder) {
    this.zk = zk
    this.name = name
    this.random = random
    this.recorder = recorder
  }

  /** Text that no other call writes. */
  token(): string {
    return `${this.name}-${++this.#tokens}`
  }

  /** Does something again and again until the work is over. @param pause the mean pause in milliseconds. */
  loop(pause: number, turn: () => Promise<unknown>): void {
    const run = async (): Promise<void> => {
      while (!this.#isOver) {
        await turn()
        await sleep(this.random.int(1, 2 * pause))
      }
    }
    this.#loops.push(run())
  }

  /** Ends all loops, and resolves when they have ended. */
  async finish(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#loops)
  }

  /**
   * Records a call and its end.
   *
   * @returns the result; undefined if it was rejected with an error of zookit's.
   */
  async call<T>(about: About, run: () => Promise<T>): Promise<T | undefined> {
    const { recorder } = this
    const id = recorder.nextId()
    recorder.note({ kind: 'call', id, ...about })
    try {
      const result = await run()
      recorder.note({ kind: 'end', id, outcome: 'applied' })
      return result
    } catch (error) {
      if (!ZooKeeperError.is(error)) throw error
      recorder.note({ kind: 'end', id, outcome: error.outcome, code: error.code })
      return undefined
    }
  }
}
