import { ZooKeeperError } from '@zookit/client'
import type { Actor } from './actor.ts'
import type { System } from './system.ts'
import { failNow } from './violation.ts'

/** Codes of errors that end a call by its limits or with its client. */
const ENDS: readonly string[] = ['ABORTED', 'REQUEST_TIMEOUT', 'CLOSED']

/** The longest time of quiet in which none of what is awaited ends, in milliseconds. */
const LONGEST_PAUSE = 60_000

/**
 * Waits until nothing is left of what must end. With a small window and much that waits, that takes as long as it takes: only a
 * minute of quiet in which nothing ends is too long.
 *
 * @param left counts what has not ended.
 * @param fail is called when nothing has ended for too long.
 */
export async function drained({ world }: System, left: () => number, fail: () => never): Promise<void> {
  let fewest = left()
  for (let waited = 0; fewest > 0; waited += 100) {
    if (waited > LONGEST_PAUSE) fail()
    await world.sleep(100)
    const now = left()
    if (now < fewest) waited = 0
    fewest = Math.min(fewest, now)
  }
}

/** A call that has not ended. */
interface Call {
  readonly what: string
  readonly actor: Actor
  readonly life: number
}

/** The calls of an area that have not ended. Those of a killed process never do. */
export class UnderWay {
  readonly #calls = new Set<Call>()

  /**
   * Follows a call to its end.
   *
   * @param what a name for people.
   * @returns the result; undefined if the call was rejected, or its process was killed.
   */
  async follow<T>(actor: Actor, what: string, promise: Promise<T>): Promise<T | undefined> {
    const call = { what, actor, life: actor.life }
    this.#calls.add(call)
    try {
      return await actor.follow(promise)
    } catch (error) {
      if (!ZooKeeperError.is(error)) throw error
      return undefined
    } finally {
      this.#calls.delete(call)
    }
  }

  /** Follows a call that survives lost connections: only its limits and the end of its client may end it. */
  steadfast<T>(actor: Actor, what: string, promise: Promise<T>): Promise<T | undefined> {
    const checked = promise.catch(error => {
      if (ZooKeeperError.is(error) && !ENDS.includes(error.code) && !actor.isSpent)
        failNow(`${what} of ${actor.name} was rejected with ${error.code}: ${error.message}`)
      throw error
    })
    return this.follow(actor, what, checked)
  }

  /** Waits until every call has ended, and fails when none of them ends for a minute of quiet. */
  async ended(system: System): Promise<void> {
    await drained(
      system,
      () => this.#living.length,
      () => {
        const names = this.#living.map(({ actor, what }) => `${actor.name}: ${what}`)
        failNow(`still under way after a minute of quiet: ${names.join('; ')}`)
      },
    )
  }

  get #living(): Call[] {
    return [...this.#calls].filter(({ actor, life }) => actor.life === life)
  }
}
