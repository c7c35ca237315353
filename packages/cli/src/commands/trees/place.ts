import { type ACL, formatAcl, interimAcls, isInterimAcl, type ZooKeeper } from '@zookit/client'
import type { Context } from '../../program/context.ts'
import { CommandError, codeOf } from '../../program/errors.ts'
import { ExitCode } from '../../program/exit-codes.ts'
import { type InterimTold, tellInterim } from './interim.ts'
import { LeftOut } from './left-out.ts'

/** A znode that is to be at a path. */
export interface WantedZnode {
  readonly path: string
  readonly data: Buffer | null
  readonly acl: readonly ACL[]
  /** True if znodes below it come next: its own ACL, which may forbid them, is set after them. */
  readonly isParent: boolean
}

/** Fate of a znode that is put at its path. One that must not be read is left as it is, with all below it. */
export type Fate = 'created' | 'updated' | 'unchanged' | 'conflict' | 'unread'

/** Rules for what is there already, and for parents that are not. */
export interface PlacingRules {
  /** Change a znode that differs, instead of leaving it alone as a conflict. */
  readonly overwrite: boolean
  /** Create missing parents. */
  readonly parents: boolean
}

/** A znode that is there. */
interface There {
  readonly data: Buffer | null
  readonly acl: readonly ACL[]
  readonly version: number
}

/** Puts znodes at their paths, parents first, one after the other: one that is there as it is wanted is left as it is. */
export class Placing {
  /** Znodes that are there and must not be read. */
  readonly leftOut: LeftOut
  readonly #zk: ZooKeeper
  readonly #limits: Context['limits']
  /** Paths that a dry run has told of as created. Undefined: no dry run. */
  readonly #planned: Set<string> | undefined
  readonly #interim: ReturnType<typeof interimAcls>
  readonly #tell: InterimTold
  /** Znodes above the last one that still have an interim ACL. */
  readonly #open: Pick<WantedZnode, 'path' | 'acl'>[] = []

  constructor(zk: ZooKeeper, context: Pick<Context, 'limits' | 'note'>, dryRun = false) {
    this.leftOut = new LeftOut(context)
    this.#zk = zk
    this.#limits = context.limits
    this.#planned = dryRun ? new Set() : undefined
    this.#interim = interimAcls(zk, context.limits)
    this.#tell = tellInterim(context)
  }

  /** Puts a znode at its path, or tells what would become of it. */
  async place(znode: WantedZnode, { overwrite, parents }: PlacingRules): Promise<Fate> {
    await this.#finishUpTo(znode.path)
    if (this.leftOut.has(znode.path)) return 'unread'
    const there = await this.#read(znode.path)
    if (there === 'unread') return there
    if (there === null) return this.#create(znode, parents)
    const isSameData = same(there.data, znode.data)
    const isSameAcl = formatAcl(there.acl) === formatAcl(znode.acl)
    if (isSameData && isSameAcl) return 'unchanged'
    // What a run that was cut off has left is its own.
    const isBegun = isSameData && isInterimAcl(there.acl, znode.acl)
    if (!isBegun && !overwrite) return 'conflict'
    if (this.#planned) return 'updated'
    const { path, data } = znode
    if (!isSameData) await this.#zk.setData(path, data, { ...this.#limits, version: there.version })
    if (!isSameAcl) await this.#zk.setAcl(path, await this.#firstAcl(znode), this.#limits)
    return 'updated'
  }

  /** Gives the znodes that still have an interim ACL their own one, children first. */
  finish(): Promise<void> {
    return this.#finishUpTo(null)
  }

  async #finishUpTo(path: string | null): Promise<void> {
    for (;;) {
      const last = this.#open.at(-1)
      if (last === undefined || (path !== null && isBelow(path, last.path))) return
      await this.#zk.setAcl(last.path, last.acl, this.#limits)
      this.#open.pop()
    }
  }

  async #create(znode: WantedZnode, parents: boolean): Promise<Fate> {
    const { path, data } = znode
    const parent = path.slice(0, path.lastIndexOf('/'))
    if (this.#planned) {
      if (this.#planned.has(path)) return 'conflict'
      if (!parents) await this.#checkParent(path, parent)
      this.#planned.add(path)
      return 'created'
    }
    if (parents && parent !== '') await this.#zk.ensurePath(parent, this.#limits)
    await this.#zk.create(path, data, { ...this.#limits, acl: await this.#firstAcl(znode) })
    return 'created'
  }

  /** Returns the ACL that a znode gets now: an interim one where its own may forbid what comes below it. */
  async #firstAcl({ path, acl, isParent }: WantedZnode): Promise<readonly ACL[]> {
    const interim = isParent ? await this.#interim(acl) : null
    if (interim === null) return acl
    this.#tell(path, interim.acl)
    this.#open.push({ path, acl })
    return interim.acl
  }

  async #checkParent(path: string, parent: string): Promise<void> {
    if (parent === '' || this.#planned!.has(parent) || (await this.#zk.exists(parent, this.#limits))) return
    throw new CommandError(`NO_NODE (create ${path}): its parent would not exist`, ExitCode.noNode)
  }

  async #read(path: string): Promise<There | 'unread' | null> {
    try {
      const [{ data, stat }, { acl }] = await Promise.all([
        this.#zk.getData(path, this.#limits),
        this.#zk.getAcl(path, this.#limits),
      ])
      return { data, acl, version: stat.version }
    } catch (error) {
      if (codeOf(error) === 'NO_NODE') return null
      if (codeOf(error) !== 'NO_AUTH') throw error
      this.leftOut.add(path)
      return 'unread'
    }
  }
}

/**
 * Tells of each znode if the next one is below it. One behind which a failure comes may be a parent: what comes next is not
 * known.
 */
export async function* withParents<Of extends { readonly path: string }>(
  znodes: AsyncIterable<Of>,
): AsyncGenerator<Of & { isParent: boolean }, void, undefined> {
  let last: Of | undefined
  try {
    for await (const znode of znodes) {
      const before = last
      last = znode
      if (before !== undefined) yield { ...before, isParent: isBelow(znode.path, before.path) }
    }
  } catch (error) {
    if (last !== undefined) yield { ...last, isParent: true }
    throw error
  }
  if (last !== undefined) yield { ...last, isParent: false }
}

function isBelow(path: string, root: string): boolean {
  return root === '/' ? path !== root : path.startsWith(`${root}/`)
}

/** Returns true for the same bytes. Null differs from empty. */
function same(a: Buffer | null, b: Buffer | null): boolean {
  return a === null || b === null ? a === b : a.equals(b)
}
