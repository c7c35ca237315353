import {
  type ACL,
  checks,
  type Data,
  inspectAs,
  joinPath,
  nameOf,
  parentOf,
  type Stat,
  type ZooKeeper,
} from '@zookit/client'
import { checkRecipe, SHARED } from './core/arguments.ts'
import { BackgroundDeleter } from './core/background-deleter.ts'
import type { Changes } from './core/broadcast.ts'
import { atOnce, checkMethods, takes } from './core/checked-methods.ts'
import type { ContenderInfo } from './core/contender-reader.ts'
import { Contention, type Newcomer } from './core/contention.ts'
import type { Rule } from './core/contention-rule.ts'
import { Deadline, type Limits } from './core/deadline.ts'
import { codeOf, OwnershipError } from './core/errors.ts'
import { type AcquireOptions, Lockable } from './core/lockable.ts'
import { contenderPrefix, isBefore, parseContender } from './core/names.ts'
import { type ResolvedOptions, resolveOptions } from './core/options.ts'
import type { OwnNode } from './core/ownership.ts'
import {
  REVOKE_ARGUMENTS,
  type Revocable,
  RevocableHandle,
  type RevocableOptions,
  revoke,
} from './core/revocation.ts'
import { tellPath } from './core/tell.ts'
import { queueRule } from './mutex.ts'

/** Markers: first ours, which is Curator's, then kazoo's. */
const READ = ['__READ__', '__rlock__'] as const
const WRITE = ['__WRIT__', '__lock__'] as const
const MARKERS = [...READ, ...WRITE]

/** A reader waits for the nearest writer ahead of it. */
const readRule: Rule = ({ contenders, mine }) => {
  const isAhead = (contender: (typeof contenders)[number]): boolean =>
    WRITE.some(marker => marker === contender.marker) && isBefore(contender, mine)
  return contenders.findLast(isAhead)?.name ?? null
}

/** A lock for reading that is held, together with those of other readers. */
export class ReadLock extends RevocableHandle {}

/** A lock for writing that is held. */
export class WriteLock extends RevocableHandle {
  readonly #options: ResolvedOptions
  readonly #revocable: boolean

  /** @param options with the data of this contender, which a downgrade keeps. */
  constructor(zk: ZooKeeper, node: OwnNode, options: ResolvedOptions, revocable: boolean) {
    super(zk, node, options.whenSuspended, revocable)
    this.#options = options
    this.#revocable = revocable
  }

  /**
   * Turns the lock into one for reading, in one step and in the same place: no other writer comes in between, and
   * readers come in at once. Takes one round trip. This handle is not held any more from the call on, whatever the
   * result: a reader may come in before this client has its answer.
   *
   * @returns the lock for reading, with the same token: a writer that waits already has a higher one than this, and a
   *   lower one than the new znode.
   * @throws OwnershipError: it was not held any more; ABORTED, REQUEST_TIMEOUT, CONNECTION_LOSS and the like: nothing
   *   is held any more.
   */
  async downgrade(limits: Limits = {}): Promise<ReadLock> {
    this.check()
    const subject = { operation: 'downgrade', path: this.path }
    using deadline = new Deadline(this.zk, limits, subject)
    const path = this.#readPath()
    deadline.workGoesOn()
    // The swap is sent first: what listens to the signal may release this handle at once.
    const swapping = this.#swap(path, this.#options)
    this.end('released')
    try {
      const { czxid } = await deadline.race(swapping)
      const node = { path, session: this.session, czxid }
      return new ReadLock(this.zk, node, this.whenSuspended, this.#revocable, this.token)
    } catch (error) {
      // The result of the swap may be unknown, or known only later. Requests keep their order, so deleting both is
      // safe.
      const deleter = BackgroundDeleter.of(this.zk)
      for (const gone of [path, this.path]) deleter.remove(gone, this.session).catch(() => {})
      throw codeOf(error) === 'NO_NODE' ? new OwnershipError('deleted', this.path) : error
    }
  }

  async #swap(path: string, { data, acl }: { data: Data; acl: readonly ACL[] | undefined }): Promise<Stat> {
    const swapping = this.zk
      .transaction()
      .delete(this.path)
      .create(path, data, { mode: 'ephemeral', acl })
      .commit()
    // Within a multi, servers before 3.8.2 do not return the Stat of what they create.
    const [, stat] = await Promise.all([swapping, this.zk.exists(path)])
    if (stat === null) throw new OwnershipError('deleted', path)
    return stat
  }

  /** Makes a reader's name with this writer's number: the same place in the order. */
  #readPath(): string {
    const name = nameOf(this.path)
    const { marker } = parseContender(name, WRITE)!
    const digits = name.slice(name.lastIndexOf(marker) + marker.length)
    const prefix = contenderPrefix(() => this.zk.environment.random(), this.session, READ[0])
    return joinPath(parentOf(this.path)!, prefix + digits)
  }
}

type EntryArguments = [operation: string, mayWait: boolean, options: AcquireOptions | undefined]
type Enter<Held> = (...entry: EntryArguments) => Promise<Held | null>

/** One side of a read-write lock. */
class Side<Held extends RevocableHandle> extends Lockable<Held> {
  readonly paths: readonly string[]
  readonly #contention: Contention
  readonly #newcomer: Newcomer
  readonly #enter: Enter<Held>

  constructor(path: string, contention: Contention, newcomer: Newcomer, enter: Enter<Held>) {
    super()
    this.paths = [path]
    this.#contention = contention
    this.#newcomer = newcomer
    this.#enter = enter
  }

  async isLocked(limits?: Limits): Promise<boolean> {
    return await this.#contention.mustWait('isLocked', this.#newcomer, limits)
  }

  protected enter(operation: string, mayWait: boolean, options?: AcquireOptions): Promise<Held | null> {
    return this.#enter(operation, mayWait, options)
  }
}

const OPTIONS = checks.optionTable('{ revocable: true }', {
  ...SHARED,
  revocable: checks.flag,
})

/**
 * A lock that many readers or one writer hold at a time, in the order of arrival: a reader does not overtake a writer
 * that waits. A writer can turn its lock into one for reading. The reverse is not possible, because two readers that
 * tried it would wait for each other for ever.
 */
export class ReadWriteLock {
  readonly path: string
  /** The side of the readers. */
  readonly read: Lockable<ReadLock>
  /** The side of the writers. */
  readonly write: Lockable<WriteLock>
  readonly #zk: ZooKeeper
  readonly #contention: Contention

  /**
   * @param path parent of the contenders' znodes.
   * @throws ZooKeeperError BAD_ARGUMENTS.
   */
  constructor(zk: ZooKeeper, path: string, options: RevocableOptions = {}) {
    checkRecipe('ReadWriteLock', { zk, path, options, count: arguments.length }, OPTIONS)
    this.#zk = zk
    const { revocable = false } = options
    this.path = path
    const resolved = resolveOptions(options)
    const contention = new Contention(zk, path, { ...resolved, counts: MARKERS })
    this.#contention = contention
    const dataOf = ([, , own]: EntryArguments): Data => (own?.data === undefined ? resolved.data : own.data)
    const enter = ({ marker, rule }: Newcomer, entry: EntryArguments): Promise<OwnNode | null> => {
      const [operation, mayWait, { signal, timeout } = {}] = entry
      const { acl } = resolved
      const data = dataOf(entry)
      return contention.enter({ signal, timeout, operation, mayWait, data, acl, marker, rule })
    }
    const [reader, writer] = [
      { marker: READ[0], rule: readRule },
      { marker: WRITE[0], rule: queueRule },
    ]
    this.read = new Side(path, contention, reader, async (...entry) => {
      const node = await enter(reader, entry)
      return node && new ReadLock(zk, node, resolved.whenSuspended, revocable)
    })
    this.write = new Side(path, contention, writer, async (...entry) => {
      const data = dataOf(entry)
      const node = await enter(writer, entry)
      return node && new WriteLock(zk, node, { ...resolved, data }, revocable)
    })
  }

  /** Lists the holders and those who wait, in this order, with their data and markers. Takes two round trips. */
  contenders(limits?: Limits): Promise<ContenderInfo[]> {
    return this.#contention.list('contenders', limits)
  }

  /** Counts the holders and those who wait, of both sides, as `Mutex.count` does. */
  count(limits?: Limits): Promise<number> {
    return this.#contention.count('count', limits)
  }

  /** Follows the holders and those who wait, of both sides, as `Mutex.observe` does. */
  observe(options?: Pick<Limits, 'signal'>): Changes<readonly ContenderInfo[]> {
    return this.#contention.observe('observe', options)
  }

  /**
   * Asks for the lock, as `Mutex.revoke` does.
   *
   * @param who default null: the writer that holds the lock, or all the readers.
   */
  revoke(who: Revocable | null = null, limits: Limits = {}): Promise<number> {
    return revoke(this.#zk, this.path, this.#contention, who ?? holdersOf, limits)
  }
}

/** Returns the first contender if it is a writer, else all readers up to the first writer. */
function holdersOf(contenders: readonly ContenderInfo[]): readonly ContenderInfo[] {
  const writer = contenders.findIndex(({ marker }) => WRITE.some(one => one === marker))
  return writer < 0 ? contenders : contenders.slice(0, Math.max(writer, 1))
}

checkMethods(WriteLock, { downgrade: takes() })
checkMethods(Side, { isLocked: takes() })
checkMethods(ReadWriteLock, {
  contenders: takes(),
  count: takes(),
  observe: atOnce(takes()),
  revoke: REVOKE_ARGUMENTS,
})
inspectAs(ReadWriteLock, tellPath)
