import { type ACL, formatAcl, type ZooKeeper } from '@zookit/client'
import type { Context } from '../../program/context.ts'
import { CommandError, codeOf } from '../../program/errors.ts'
import { ExitCode } from '../../program/exit-codes.ts'

/** A znode that is to be at a path. */
export interface WantedZnode {
  readonly path: string
  readonly data: Buffer | null
  readonly acl: readonly ACL[]
}

/** Fate of a znode that is put at its path. */
export type Fate = 'created' | 'updated' | 'unchanged' | 'conflict'

/** Rules for what is there already, and for parents that are not. */
export interface PlacingRules {
  /** Change a znode that differs, instead of leaving it alone as a conflict. */
  readonly overwrite: boolean
  /** Create missing parents. */
  readonly parents: boolean
}

/** Puts znodes at their paths, one after the other: one that is there as it is wanted is left as it is. */
export class Placing {
  readonly #zk: ZooKeeper
  readonly #limits: Context['limits']
  /** Paths that a dry run has told of as created. Undefined: no dry run. */
  readonly #planned: Set<string> | undefined

  constructor(zk: ZooKeeper, limits: Context['limits'], dryRun = false) {
    this.#zk = zk
    this.#limits = limits
    this.#planned = dryRun ? new Set() : undefined
  }

  /** Puts a znode at its path, or tells what would become of it. */
  async place(znode: WantedZnode, { overwrite, parents }: PlacingRules): Promise<Fate> {
    const there = await this.#read(znode.path)
    if (there === null) return this.#create(znode, parents)
    const isSameData = same(there.data, znode.data)
    const isSameAcl = formatAcl(there.acl) === formatAcl(znode.acl)
    if (isSameData && isSameAcl) return 'unchanged'
    if (!overwrite) return 'conflict'
    if (this.#planned) return 'updated'
    const { path, data, acl } = znode
    if (!isSameData) await this.#zk.setData(path, data, { ...this.#limits, version: there.version })
    if (!isSameAcl) await this.#zk.setAcl(path, acl, this.#limits)
    return 'updated'
  }

  async #create({ path, data, acl }: WantedZnode, parents: boolean): Promise<Fate> {
    const parent = path.slice(0, path.lastIndexOf('/'))
    if (this.#planned) {
      if (this.#planned.has(path)) return 'conflict'
      if (!parents) await this.#checkParent(path, parent)
      this.#planned.add(path)
      return 'created'
    }
    if (parents && parent !== '') await this.#zk.ensurePath(parent, this.#limits)
    await this.#zk.create(path, data, { ...this.#limits, acl })
    return 'created'
  }

  async #checkParent(path: string, parent: string): Promise<void> {
    if (parent === '' || this.#planned!.has(parent) || (await this.#zk.exists(parent, this.#limits))) return
    throw new CommandError(`NO_NODE (create ${path}): its parent would not exist`, ExitCode.noNode)
  }

  async #read(path: string): Promise<(Omit<WantedZnode, 'path'> & { version: number }) | null> {
    try {
      const [{ data, stat }, { acl }] = await Promise.all([
        this.#zk.getData(path, this.#limits),
        this.#zk.getAcl(path, this.#limits),
      ])
      return { data, acl, version: stat.version }
    } catch (error) {
      if (codeOf(error) === 'NO_NODE') return null
      throw error
    }
  }
}

/** Returns true for the same bytes. Null differs from empty. */
function same(a: Buffer | null, b: Buffer | null): boolean {
  return a === null || b === null ? a === b : a.equals(b)
}
