import { type Data, joinPath, type ZooKeeper, type ZooKeeperError } from '@zookit/client'
import { retryRead } from '../core/conditional-write.ts'
import { connected } from '../core/connected.ts'
import type { Deadline } from '../core/deadline.ts'
import { codeOf, isTransient, withOutcome } from '../core/errors.ts'
import { lookUntil } from '../core/look.ts'
import { contenderPrefix } from '../core/names.ts'
import type { ResolvedOptions } from '../core/options.ts'
import { SuspectWrite } from '../core/suspect-write.ts'
import { ensureLayout, type Layout, MARKER, rankDetail } from './layout.ts'

/** Data and rank of an item. */
export interface Entry {
  readonly data: Data
  readonly rank: number
}

/** Largest number of items, and of bytes of data, in one transaction. */
const MOST_ITEMS = 128
const MOST_BYTES = 256 * 1024

/** Puts items into a queue: each one once, or not at all, or with an error of outcome `unknown`. */
export class Producer {
  readonly #zk: ZooKeeper
  readonly #layout: Layout
  readonly #options: ResolvedOptions
  readonly #maxSize: number

  constructor(zk: ZooKeeper, layout: Layout, options: ResolvedOptions, maxSize: number) {
    this.#zk = zk
    this.#layout = layout
    this.#options = options
    this.#maxSize = maxSize
  }

  /** @returns the paths of the items. */
  async put(entries: readonly Entry[], deadline: Deadline): Promise<string[]> {
    const paths: string[] = []
    for (const batch of batchesOf(entries)) {
      if (this.#maxSize < Infinity) await this.#room(batch.length, deadline)
      paths.push(...(await this.#putBatch(batch, deadline)))
    }
    return paths
  }

  /** Waits until there is room. Several producers that see the same room all use it. */
  async #room(count: number, deadline: Deadline): Promise<void> {
    const { items } = this.#layout
    await lookUntil(this.#zk, deadline, this.#options.jitter, async waiter => {
      try {
        const { children } = await waiter.watch(items, 'children', watch =>
          this.#zk.getChildren(items, { watch }),
        )
        return children.length === 0 || children.length + count <= this.#maxSize ? true : undefined
      } catch (error) {
        if (codeOf(error) === 'NO_NODE') return true
        throw error
      }
    })
  }

  async #putBatch(batch: readonly Entry[], deadline: Deadline): Promise<string[]> {
    const { environment, session } = this.#zk
    // The names stay the same in every attempt: items whose answer was lost are found by them.
    const prefixes = batch.map(({ rank }) =>
      contenderPrefix(() => environment.random(), session.id, MARKER, rankDetail(rank)),
    )
    const suspect = new SuspectWrite(this.#zk)
    for (;;) {
      if (this.#zk.state !== 'connected') await deadline.wait(connected(this.#zk))
      try {
        const sending = suspect.send(() => this.#send(batch, prefixes))
        return await deadline.raceWrite(sending)
      } catch (error) {
        if (codeOf(error) === 'NO_NODE')
          await retryRead(this.#zk, deadline, () => ensureLayout(this.#zk, this.#layout, this.#options.acl))
        else if (!isTransient(error)) throw error
        else if ((error as ZooKeeperError).outcome === 'unknown') {
          const paths = await this.#find(prefixes, error, deadline)
          if (paths !== null) return paths
        } else await deadline.jitter(this.#options.jitter)
      }
    }
  }

  async #send(batch: readonly Entry[], prefixes: readonly string[]): Promise<string[]> {
    const { acl } = this.#options
    const paths = prefixes.map(prefix => joinPath(this.#layout.items, prefix))
    const mode = 'persistent-sequential'
    if (batch.length === 1) return [await this.#zk.create(paths[0]!, batch[0]!.data, { mode, acl })]
    const creates = batch.map(
      ({ data }, index) => ({ type: 'create', path: paths[index]!, data, mode, acl }) as const,
    )
    return this.#zk.multi(creates)
  }

  /**
   * Looks for items whose answer was lost. A `sync` goes first, because a server that lags behind could hide them.
   *
   * @returns null if the queue itself does not exist, so that nothing was put.
   * @throws the error if they do not exist: they were never put, or have been completed already.
   */
  async #find(prefixes: readonly string[], error: unknown, deadline: Deadline): Promise<string[] | null> {
    const { items } = this.#layout
    const looking = lookUntil(this.#zk, deadline, this.#options.jitter, async () => {
      const reads = [this.#zk.sync(items), this.#zk.getChildren(items).catch(nullIfMissing)] as const
      const [, listing] = await Promise.all(reads)
      return { children: listing?.children ?? null }
    })
    const { children } = await deadline.raceWrite(looking).catch(failure => {
      throw withOutcome(failure, 'unknown')
    })
    if (children === null) return null
    const found = prefixes.map(prefix => children.find(name => name.startsWith(prefix)))
    // A batch is put as a whole: if one of its items exists, all were put.
    if (found.every(name => name === undefined)) throw error
    return prefixes.map((prefix, index) => joinPath(items, found[index] ?? prefix))
  }
}

function nullIfMissing(error: unknown): null {
  if (codeOf(error) === 'NO_NODE') return null
  throw error
}

function* batchesOf(entries: readonly Entry[]): Generator<Entry[]> {
  let batch: Entry[] = []
  let bytes = 0
  for (const entry of entries) {
    const size = typeof entry.data === 'string' ? entry.data.length * 3 : (entry.data?.length ?? 0)
    if (batch.length === MOST_ITEMS || (batch.length > 0 && bytes + size > MOST_BYTES)) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(entry)
    bytes += size
  }
  if (batch.length > 0) yield batch
}
