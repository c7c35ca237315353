import { joinPath, type ZooKeeper } from '@zookit/client'
import { codeOf } from '../core/errors.ts'
import type { ResolvedOptions } from '../core/options.ts'
import { Mutex } from '../mutex.ts'
import { Partition } from './partition.ts'

/** A partition that is assigned to this member: its lock is being acquired, or is held. */
interface Claim {
  readonly abort: AbortController
  partition: Partition | undefined
}

/**
 * The partitions that a member has or is about to have. Each partition has a lock: nobody has it before the previous
 * owner has released it.
 */
export class Holdings {
  readonly #zk: ZooKeeper
  readonly #path: string
  readonly #options: ResolvedOptions
  readonly #onChange: () => void
  readonly #onError: (error: unknown) => void
  readonly #claims = new Map<string, Claim>()
  readonly #known = new WeakSet<Partition>()
  /** Partitions that must be released and have not been yet. */
  readonly #leaving = new Set<Partition>()

  constructor(
    zk: ZooKeeper,
    path: string,
    options: ResolvedOptions,
    onChange: () => void,
    onError: (error: unknown) => void,
  ) {
    this.#zk = zk
    this.#path = path
    this.#options = options
    this.#onChange = onChange
    this.#onError = onError
  }

  /** Partitions that are held and still assigned. */
  get partitions(): Partition[] {
    return [...this.#claims.values()].flatMap(({ partition }) => (partition ? [partition] : []))
  }

  /** Records that somebody knows of these partitions and must release them when asked. */
  handOut(partitions: readonly Partition[]): void {
    for (const partition of partitions) this.#known.add(partition)
  }

  /** True if all assigned partitions are held. */
  get isComplete(): boolean {
    return [...this.#claims.values()].every(({ partition }) => partition !== undefined)
  }

  /** Asks for the partitions that are no longer assigned, and acquires the new ones. */
  assign(names: readonly string[]): void {
    const due = new Set(names)
    for (const name of [...this.#claims.keys()]) if (!due.has(name)) this.#drop(name)
    for (const name of names) if (!this.#claims.has(name)) this.#claim(name)
  }

  /** Releases everything at once. */
  async release(): Promise<void> {
    const held = [...this.partitions, ...this.#leaving]
    for (const { abort } of this.#claims.values()) abort.abort()
    this.#claims.clear()
    for (const partition of held) partition.revoke('released')
    await Promise.allSettled(held.map(partition => partition.release()))
  }

  #drop(name: string): void {
    const { abort, partition } = this.#claims.get(name)!
    this.#claims.delete(name)
    abort.abort()
    if (!partition) return
    this.#leaving.add(partition)
    partition.loss.addEventListener('abort', () => this.#leaving.delete(partition), { once: true })
    partition.revoke('reassigned')
    if (!this.#known.has(partition)) partition.release().catch(this.#onError)
  }

  #claim(name: string): void {
    const claim: Claim = { abort: new AbortController(), partition: undefined }
    this.#claims.set(name, claim)
    void this.#acquire(name, claim)
  }

  /** Acquires the partition again and again, as long as it is assigned. */
  async #acquire(name: string, claim: Claim): Promise<void> {
    const { signal } = claim.abort
    const mutex = new Mutex(this.#zk, joinPath(this.#path, encode(name)), this.#options)
    try {
      const lock = await mutex.acquire({ signal })
      // The partition was reassigned just now.
      if (signal.aborted) return await lock.release()
      const partition = new Partition(name, lock)
      claim.partition = partition
      const onLost = (): void => this.#onLost(name, claim, partition)
      if (partition.loss.aborted) onLost()
      else partition.loss.addEventListener('abort', onLost, { once: true })
      this.#onChange()
    } catch (error) {
      if (!(signal.aborted && codeOf(error) === 'ABORTED')) this.#onError(error)
    }
  }

  #onLost(name: string, claim: Claim, partition: Partition): void {
    // The znode may still exist.
    partition.release().catch(this.#onError)
    if (this.#claims.get(name) !== claim) return
    this.#claim(name)
    this.#onChange()
  }
}

/** Encodes a partition as the name of a znode. @throws URIError for a lone surrogate. */
export function encode(name: string): string {
  return encodeURIComponent(name).replace(/^\.{1,2}$/, dots => '%2E'.repeat(dots.length))
}
