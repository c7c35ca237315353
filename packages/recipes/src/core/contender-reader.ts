import { joinPath, type NodeData, type ZooKeeper } from '@zookit/client'
import { codeOf } from './errors.ts'
import { withJson } from './json.ts'
import { type Contender, contendersOf, withoutCompanions } from './names.ts'
import type { WatchWaiter } from './watch-waiter.ts'

/** A contender, with the data of its znode. */
export interface ContenderInfo extends Contender {
  readonly path: string
  readonly data: Buffer | null
  /** The session that owns the ephemeral znode. */
  readonly session: bigint
  /** The czxid of the znode: the fencing token, once it is this contender's turn. */
  readonly token: bigint
}

/** Makes the description of a contender from its znode. */
export function infoOf(contender: Contender, path: string, { data, stat }: NodeData): ContenderInfo {
  return withJson({ ...contender, path, data, session: stat.ephemeralOwner, token: stat.czxid })
}

/** Reads the contenders again and again, each znode once. */
export class ContenderReader {
  readonly #zk: ZooKeeper
  readonly #path: string
  readonly #markers: readonly string[]
  #known = new Map<string, ContenderInfo>()

  constructor(zk: ZooKeeper, path: string, markers: readonly string[]) {
    this.#zk = zk
    this.#path = path
    this.#markers = markers
  }

  /** @param waiter fires at the next change of what has been read. */
  async read(waiter: WatchWaiter): Promise<ContenderInfo[]> {
    const contenders = withoutCompanions(contendersOf(await this.#children(waiter), this.#markers))
    const infos = await Promise.all(contenders.map(contender => this.#info(contender)))
    const present = infos.filter(info => info !== null)
    this.#known = new Map(present.map(info => [info.name, info]))
    return present
  }

  /** Returns no children if the znode does not exist: then its creation fires the waiter. */
  async #children(waiter: WatchWaiter): Promise<string[]> {
    const list = waiter.watch(this.#path, 'children', watch => this.#zk.getChildren(this.#path, { watch }))
    try {
      return (await list).children
    } catch (error) {
      if (codeOf(error) !== 'NO_NODE') throw error
    }
    const stat = await waiter.watch(this.#path, 'data', watch => this.#zk.exists(this.#path, { watch }))
    return stat === null ? [] : this.#children(waiter)
  }

  async #info(contender: Contender): Promise<ContenderInfo | null> {
    const known = this.#known.get(contender.name)
    if (known) return known
    const path = joinPath(this.#path, contender.name)
    const node = await this.#zk.getData(path).catch(orNull)
    if (node === null) return null
    return infoOf(contender, path, node)
  }
}

function orNull(error: unknown): NodeData | null {
  if (codeOf(error) === 'NO_NODE') return null
  throw error
}
