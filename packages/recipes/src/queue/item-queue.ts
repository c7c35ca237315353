import { checks, inspectAs, whenAborted, type ZooKeeper } from '@zookit/client'
import PQueue from 'p-queue'
import { checkCall, checkWork, type OptionTable, SHARED } from '../core/arguments.ts'
import { checkMethods, takes, work } from '../core/checked-methods.ts'
import { Deadline, type Limits } from '../core/deadline.ts'
import { codeOf } from '../core/errors.ts'
import { type RecipeOptions, type ResolvedOptions, resolveOptions } from '../core/options.ts'
import { tellPath } from '../core/tell.ts'
import { releaseUntil, whileHeld } from '../core/while-held.ts'
import { Claimer, type ClaimerSettings } from './claimer.ts'
import { DeadLetters } from './dead-letters.ts'
import { deadLettersOf, type Layout, layoutOf } from './layout.ts'
import { type Entry, Producer } from './producer.ts'
import { QueueItem } from './queue-item.ts'

/** Options of a queue. */
export interface QueueOptions extends Pick<RecipeOptions, 'acl' | 'whenSuspended' | 'jitter'> {
  /**
   * Number of items above which `put` waits, those being worked on included. Producers that see the same room all use
   * it: the queue may exceed the limit by the number of producers. Default Infinity, which saves a round trip.
   */
  maxSize?: number | undefined
  /**
   * Number of times that an item may be taken. One that was not completed by then goes to the dead letters. All
   * consumers of a queue should use the same. Default Infinity.
   */
  maxAttempts?: number | undefined
}

/** Options of `consume`. */
export interface ConsumeOptions extends Pick<Limits, 'signal'> {
  /** Number of items that are worked on at a time. Default 1. */
  concurrency?: number | undefined
  /**
   * Receives the errors of the work. The item is given back unless this function completes it, or goes to the dead
   * letters after the last of `maxAttempts`, and consuming goes on. Without it, an error ends consuming.
   */
  onError?: ((error: unknown, item: QueueItem) => unknown) | undefined
}

/** Work on an item. It should obey the signal: when that is aborted, somebody else may work on the item. */
export type ItemWork = (item: QueueItem, signal: AbortSignal) => unknown

const CONSUME = checks.optionTable('{ concurrency: 8 }', {
  concurrency: checks.whole(1),
  onError: checks.func,
  signal: checks.LIMIT_CHECKS.signal,
})

export const QUEUE_OPTIONS: OptionTable = checks.optionTable('{ maxSize: 1000 }', {
  acl: SHARED.acl,
  whenSuspended: SHARED.whenSuspended,
  jitter: SHARED.jitter,
  maxSize: checks.atLeast(1),
  maxAttempts: checks.mustBe('a whole number from 1, or Infinity', value => {
    return value === Infinity || (Number.isSafeInteger(value) && Number(value) >= 1)
  }),
})

/** Base of all kinds of queues. */
export abstract class ItemQueue {
  readonly path: string
  /** Path of the queue of the dead letters: `new Queue(zk, queue.deadLetters)` takes them. */
  readonly deadLetters: string
  protected readonly zk: ZooKeeper
  protected readonly options: ResolvedOptions
  protected readonly layout: Layout
  readonly #producer: Producer
  readonly #claimer: Claimer

  protected constructor(
    zk: ZooKeeper,
    path: string,
    options: QueueOptions,
    settings: Partial<Pick<ClaimerSettings, 'inOrderOfComing' | 'sift'>>,
  ) {
    const { maxSize = Infinity, maxAttempts = Infinity } = options
    this.path = path
    this.deadLetters = deadLettersOf(path)
    this.zk = zk
    this.options = resolveOptions(options)
    this.layout = layoutOf(path)
    this.#producer = new Producer(zk, this.layout, this.options, maxSize)
    this.#claimer = new Claimer(zk, this.layout, {
      options: this.options,
      deadLetters: new DeadLetters(zk, this.deadLetters, this.options.acl, maxAttempts),
      inOrderOfComing: false,
      sift: ready => ({ ready, next: Infinity }),
      ...settings,
    })
  }

  /** Number of times that another consumer was quicker to take an item. */
  get conflicts(): number {
    return this.#claimer.conflicts
  }

  /**
   * Takes an item. Waits for one as long as necessary. Nobody else gets it while this session lives, or until it is
   * released. Callers in this process are served in the order of their calls.
   *
   * @returns the item. Call `complete` or `release`, or use `await using`, which gives it back unless it was
   *   completed.
   * @throws ABORTED; REQUEST_TIMEOUT; NO_AUTH; CLOSED; AUTH_FAILED; SESSION_EXPIRED if the client does not renew its
   *   session.
   */
  async take(limits: Limits = {}): Promise<QueueItem> {
    return (await this.#claimer.take('take', true, limits))!
  }

  /** Takes an item as `take` does, or returns null if none is available at once. */
  tryTake(limits: Limits = {}): Promise<QueueItem | null> {
    return this.#claimer.take('tryTake', false, limits)
  }

  /**
   * Takes one item after the other and works on it. An item is completed when the work is done, and given back when
   * the work throws.
   *
   * @param work should obey the signal it receives: it is aborted when the item is not certainly held any more.
   * @param options.signal ends it: no more items are taken, and the promise resolves when those being worked on are finished.
   * @throws what the work throws, without `onError`; what `onError` throws; as `take`.
   *   All work has ended by then. An error of the work after the item was lost is ignored, as a consequence of the
   *   loss.
   */
  async consume(work: ItemWork, options: ConsumeOptions = {}): Promise<void> {
    const subject = { operation: 'consume', path: this.path }
    checkWork(subject, work)
    checkCall(subject, options, CONSUME)
    const { concurrency = 1, signal, onError } = options
    if (signal?.aborted) return
    const stop = new AbortController()
    const pool = new PQueue({ concurrency })
    let failure: { error: unknown } | undefined
    const worker = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        const item = await this.take({ signal: stop.signal })
        QueueItem.attend(item)
        const release = (): Promise<void> => releaseUntil(signal, limits => item.release(limits))
        await whileHeld(item, () => this.#work(work, item, onError), release)
      }
    }
    const ignoreAbort = signal && whenAborted(signal, () => stop.abort())
    const end = (error: unknown): void => {
      const isConsequence = stop.signal.aborted && codeOf(error) === 'ABORTED'
      if (!isConsequence) failure ??= { error }
      stop.abort()
    }
    await Promise.all(Array.from({ length: concurrency }, () => pool.add(worker).catch(end)))
    ignoreAbort?.()
    if (failure) throw failure.error
  }

  /**
   * Returns the number of items, those being worked on included, as the connected server sees it. Takes one round
   * trip.
   */
  async size(limits: Limits = {}): Promise<number> {
    using deadline = this.deadline('size', limits)
    return (await deadline.race(this.zk.exists(this.layout.items)))?.numChildren ?? 0
  }

  protected async putEntries(entries: readonly Entry[], deadline: Deadline): Promise<string[]> {
    return this.#producer.put(entries, deadline)
  }

  /** Creates the deadline of a call; dispose of it. @throws its error if it has passed already. */
  protected deadline(operation: string, limits: Limits): Deadline {
    return Deadline.begin(this.zk, limits, { operation, path: this.path })
  }

  async #work(work: ItemWork, item: QueueItem, onError: ConsumeOptions['onError']): Promise<void> {
    try {
      await work(item, item.signal)
      await item.complete()
    } catch (error) {
      if (codeOf(error) === 'OWNERSHIP_LOST' || !item.held) return
      if (!onError) throw error
      await onError(error, item)
    }
  }
}

checkMethods(ItemQueue, { take: takes(), tryTake: takes(), consume: takes(work), size: takes() })
inspectAs(ItemQueue, tellPath)
