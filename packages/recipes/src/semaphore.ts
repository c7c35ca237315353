import { type ACL, checks, Perm, validatePath, type ZooKeeper } from '@zookit/client'
import { callOptions, checkCall, checkRecipe, type OptionTable, refuse, SHARED } from './core/arguments.ts'
import { checkMethods, takes } from './core/checked-methods.ts'
import { ContendedLock } from './core/contended-lock.ts'
import { Contention, type Newcomer } from './core/contention.ts'
import type { ContentionView, Rule } from './core/contention-rule.ts'
import type { Limits } from './core/deadline.ts'
import { badArgument } from './core/errors.ts'
import { NodeHandle } from './core/handle.ts'
import type { AcquireOptions } from './core/lockable.ts'
import type { Contender } from './core/names.ts'
import { type RecipeOptions, type ResolvedOptions, resolveOptions } from './core/options.ts'
import type { OwnNode, WhenSuspended } from './core/ownership.ts'

/** Options of a Semaphore. */
export interface SemaphoreOptions extends RecipeOptions {
  /**
   * Total weight that is admitted at a time: the same number for all who use the path, or a znode whose data is that
   * number in decimal digits. A write to the znode changes the size; permits that are held stay held.
   */
  size: number | { path: string }
}

/** Options of a permit's acquisition. */
export interface PermitOptions extends AcquireOptions {
  /** Part of the semaphore's size that the permit takes. Default 1. */
  weight?: number | undefined
}

const MARKER = 'lease-'

/** A weight above 1 is part of the name: `..-w3-lease-0000000001`. */
const WEIGHT = /-w(\d{1,9})-lease-[^a-z]*$/

/** A permit that is held. */
export class Permit extends NodeHandle {
  /** Part of the semaphore's size that it takes. */
  readonly weight: number

  constructor(zk: ZooKeeper, node: OwnNode, whenSuspended: WhenSuspended, weight: number) {
    super(zk, node, whenSuspended)
    this.weight = weight
  }
}

const PERMIT = callOptions('{ weight: 2 }', { weight: checks.checkedLater, data: SHARED.data })

const LOCKED = callOptions('{ weight: 2 }', { weight: checks.checkedLater })

const OPTIONS = checks.optionTable('{ size: 3 }', {
  ...SHARED,
  size: checks.checkedLater,
})

/**
 * A lock that as many hold at a time as its size has room for, in the order of arrival: a small weight does not
 * overtake a large one.
 */
export class Semaphore extends ContendedLock<Permit, PermitOptions> {
  readonly path: string
  readonly paths: readonly string[]
  readonly #zk: ZooKeeper
  readonly #options: ResolvedOptions
  readonly #size: SemaphoreOptions['size']
  protected readonly contention: Contention

  /**
   * @param path parent of the contenders' znodes.
   * @throws ZooKeeperError BAD_ARGUMENTS.
   */
  constructor(zk: ZooKeeper, path: string, options: SemaphoreOptions) {
    super()
    checkRecipe('Semaphore', { zk, path, options, count: arguments.length }, OPTIONS)
    this.path = path
    this.paths = [path]
    this.#zk = zk
    this.#options = resolveOptions(options)
    this.#size = checkSize(options.size, path)
    refuse('Semaphore', path, () => checkAcl(options.acl))
    const probe = typeof this.#size === 'object' ? this.#size.path : undefined
    this.contention = new Contention(zk, path, {
      ...this.#options,
      counts: [MARKER],
      probe,
      announce: true,
    })
  }

  /**
   * Returns whether an acquisition would have to wait now, as `Mutex.isLocked` does.
   *
   * @param options.weight of the permit. Default 1.
   */
  override async isLocked(options: Limits & Pick<PermitOptions, 'weight'> = {}): Promise<boolean> {
    checkCall({ operation: 'isLocked', path: this.path }, options, LOCKED)
    const { weight = 1, ...limits } = options
    const checked = refuse('isLocked', this.path, () => this.#checkWeight(weight))
    return await this.contention.mustWait('isLocked', this.newcomer(checked), limits)
  }

  protected newcomer(weight = 1): Newcomer {
    return { marker: MARKER, detail: detailOf(weight), rule: this.#rule }
  }

  protected override get acquireOptions(): OptionTable {
    return PERMIT
  }

  protected async enter(
    operation: string,
    mayWait: boolean,
    options: PermitOptions = {},
  ): Promise<Permit | null> {
    const { acl, whenSuspended } = this.#options
    const weight = refuse(operation, this.path, () =>
      this.#checkWeight(options.weight === undefined ? 1 : options.weight),
    )
    const data = options.data === undefined ? this.#options.data : options.data
    const { signal, timeout } = options
    const { marker, detail, rule } = this.newcomer(weight)
    const entry = { signal, timeout, operation, mayWait, data, acl, marker, detail, rule }
    const node = await this.contention.enter(entry)
    return node && new Permit(this.#zk, node, whenSuspended, weight)
  }

  /**
   * Admits each contender that fits in together with all contenders ahead of it. The first that does not fit watches
   * the children. Each one behind it watches the contender directly ahead, which sets its data again when it is
   * admitted. A contender ahead of an admitted one counts as admitted: the size had room for both.
   */
  readonly #rule: Rule = view => {
    const size = this.#sizeIn(view)
    const ahead = view.contenders.slice(0, view.index)
    const lastAdmitted = ahead.findLastIndex(({ name }) => view.admitted.has(name))
    let weight = 0
    let isSomebodyWaiting = false
    for (const [index, contender] of ahead.entries()) {
      weight += weightOf(contender)
      if (weight > size && index > lastAdmitted) isSomebodyWaiting = true
    }
    if (isSomebodyWaiting) return ahead.at(-1)!.name
    return weight + weightOf(view.mine) > size ? 'children' : null
  }

  #sizeIn({ probe }: ContentionView): number {
    if (typeof this.#size === 'number') return this.#size
    const text = probe?.toString().trim() ?? ''
    if (/^\d{1,9}$/.test(text)) return Number(text)
    throw badArgument('the znode that sets the size must hold a number in decimal digits', this.#size.path)
  }

  #checkWeight(weight: number): number {
    const most = typeof this.#size === 'number' ? this.#size : 999_999_999
    if (Number.isInteger(weight) && weight >= 1 && weight <= most) return weight
    throw badArgument(
      `the weight must be a whole number from 1 to ${most}, not ${checks.describe(weight)}`,
      this.path,
    )
  }
}

function detailOf(weight: number): string {
  return weight === 1 ? '' : `w${weight}-`
}

function weightOf({ name }: Contender): number {
  const weight = WEIGHT.exec(name)?.[1]
  return weight === undefined ? 1 : Number(weight)
}

/** Refuses an ACL under which those behind a contender would never learn that it has been admitted. */
function checkAcl(acl: readonly ACL[] | undefined): void {
  // The server refuses an empty one itself.
  if (acl === undefined || acl.length === 0 || acl.some(({ perms }) => (perms & Perm.WRITE) !== 0)) return
  throw badArgument(
    'the acl must allow WRITE: a contender that is admitted writes to its znode, which wakes those behind it',
  )
}

function checkSize(size: SemaphoreOptions['size'], path: string): SemaphoreOptions['size'] {
  if (typeof size === 'object' && size !== null) {
    refuse('Semaphore', path, () => validatePath(size.path))
    return { path: size.path }
  }
  if (Number.isInteger(size) && size >= 1 && size <= 999_999_999) return size
  const message = `the option size must be a whole number from 1, or { path }, not ${checks.describe(size)}`
  throw checks.withSubject(badArgument(message), 'Semaphore', path)
}

checkMethods(Semaphore, { isLocked: takes() })
