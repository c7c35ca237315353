import type { ZooKeeperError } from '@zookit/connection'
import { checkCount } from '../multi.ts'
import type { Shaped } from '../operations.ts'
import type { Requests } from '../requests.ts'
import { hasMultiRead, isOfBatch, MANY, takeOne, together } from './read-together.ts'

/**
 * The part of a bulk read that reads several znodes with one multiRead, which spares the server most of the work of a request for
 * each. A server before 3.6 would close the connection over it, so the first bulk read on a connection asks for its release,
 * and reads one by one until that is known.
 */
export class Together<Result> {
  /** The multiRead. */
  readonly operation: Shaped<(Result | number)[]>
  readonly #requests: Requests
  readonly #paths: readonly string[]
  readonly #lengthOf: (result: Result) => number
  /** The release that was last seen, and what it has. */
  #release: string | null | undefined = undefined
  #isPossible = false

  private constructor(
    requests: Requests,
    operation: Shaped<Result>,
    paths: readonly string[],
    lengthOf: (result: Result) => number,
  ) {
    this.operation = { ...together(requests, operation), onlyHere: true }
    this.#requests = requests
    this.#paths = paths
    this.#lengthOf = lengthOf
  }

  /** Makes one; null if a multiRead is of no use. */
  static for<Result>(
    requests: Requests,
    operation: Shaped<Result>,
    paths: readonly string[],
    lengthOf: ((result: Result) => number) | undefined,
  ): Together<Result> | null {
    if (lengthOf === undefined || paths.length < MANY) return null
    return new Together(requests, operation, paths, lengthOf)
  }

  /**
   * Returns how many znodes the next request should read.
   *
   * @param next the index of the first of them.
   * @param room the number of znodes that may be read beside those in flight.
   * @param most the number that may be in flight.
   * @returns 0 where it is better to wait for more room.
   */
  countAt(next: number, room: number, most: number): number {
    if (!this.#isSupported()) return 1
    // With little room at a time, each batch would be small.
    if (room * 2 < most && room < this.#paths.length - next) return 0
    return this.#requests.readBatches.endOf(this.#paths, next, room) - next
  }

  /** Takes the results of a multiRead. @throws ZooKeeperError: one of the reads has failed. */
  take(results: Result[], from: number, count: number, read: readonly (Result | number)[]): void {
    const { name } = this.operation
    checkCount(name, count, read)
    for (let i = 0; i < count; i++)
      results[from + i] = takeOne(this.#requests, name, this.#paths[from + i]!, read[i]!) as Result
    const lengthOf = (index: number) => this.#lengthOfOne(results[index]!)
    this.#requests.readBatches.note(this.#paths, lengthOf, from, from + count)
  }

  /** Takes note of a znode that was read by itself. */
  noteOne(index: number, result: Result): void {
    if (!this.#isPossible) return
    this.#requests.readBatches.note(this.#paths, () => this.#lengthOfOne(result), index, index + 1)
  }

  #lengthOfOne(result: Result): number {
    return result === null ? 0 : this.#lengthOf(result)
  }

  /** Takes the error of a multiRead. @returns true if each of its znodes is to be read by itself. */
  isRefused(error: ZooKeeperError, from: number, count: number): boolean {
    if (!isOfBatch(error)) return false
    this.#requests.readBatches.noteTooLong(this.#paths.slice(from, from + count))
    return true
  }

  #isSupported(): boolean {
    const { session } = this.#requests
    // What waits for a connection may come to another server.
    if (session.state !== 'connected') return false
    const release = session.knownRelease
    if (release === undefined) void session.serverRelease()
    if (release !== this.#release) {
      this.#release = release
      this.#isPossible = hasMultiRead(release)
    }
    return this.#isPossible
  }
}
