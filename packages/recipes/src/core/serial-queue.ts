import type { ZooKeeper } from '@zookit/client'
import type { Deadline } from './deadline.ts'
import { perClient } from './per-client.ts'

/** Runs one task at a time, in the order of the calls. */
export class SerialQueue {
  #last: Promise<void> = Promise.resolve()

  /**
   * Runs a task when all earlier ones have ended. A call whose deadline passes first gives up its place.
   *
   * @throws ABORTED, REQUEST_TIMEOUT while it waits; what the task throws.
   */
  async run<Result>(deadline: Deadline, task: (leave: () => void) => Promise<Result>): Promise<Result> {
    const before = this.#last
    let end = (): void => {}
    const ended = new Promise<void>(resolve => {
      end = resolve
    })
    this.#last = before.then(() => ended)
    try {
      await deadline.race(before)
      return await task(end)
    } finally {
      end()
    }
  }
}

/** Milliseconds after which the next attempt begins, though the present one has not ended. */
const LONGEST_TURN = 10_000

/** The queue of one path, and the number of calls in it. */
interface Line {
  readonly queue: SerialQueue
  calls: number
}

const linesOf = perClient(() => new Map<string, Line>())

/**
 * Makes an attempt of reading and writing a path when the client's earlier attempts of this kind have ended. Take a turn
 * once another writer was quicker: the writers of one client would otherwise overtake each other, and with many of them
 * each attempt takes so long that hardly any succeeds.
 *
 * An attempt that takes more than ten seconds lets the next one begin: it may wait for a call behind it.
 *
 * @throws ABORTED, REQUEST_TIMEOUT while it waits; what the attempt throws.
 */
export async function inTurn<Result>(
  zk: ZooKeeper,
  path: string,
  deadline: Deadline,
  attempt: () => Promise<Result>,
): Promise<Result> {
  if (!deadline.mayWait) return await attempt()
  const lines = linesOf(zk)
  const line = lines.get(path) ?? { queue: new SerialQueue(), calls: 0 }
  lines.set(path, line)
  line.calls++
  try {
    return await line.queue.run(deadline, async leave => {
      const timer = zk.environment.setTimer(leave, LONGEST_TURN)
      try {
        return await attempt()
      } finally {
        timer.cancel()
      }
    })
  } finally {
    if (--line.calls === 0) lines.delete(path)
  }
}
