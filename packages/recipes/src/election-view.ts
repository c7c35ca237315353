import { joinPath, type NodeData, type ZooKeeper } from '@zookit/client'
import type { ContenderInfo } from './core/contention.ts'
import type { Deadline } from './core/deadline.ts'
import { codeOf } from './core/errors.ts'
import { looks } from './core/look.ts'
import { type Contender, contendersOf } from './core/names.ts'
import type { WatchWaiter } from './core/watch-waiter.ts'

/** State of an election at one moment. */
export interface ElectionView {
  /** First of the candidates; null if there is none. */
  readonly leader: ContenderInfo | null
  /** In the order in which they would lead. */
  readonly candidates: readonly ContenderInfo[]
}

/** Yields the candidates now and after each change. */
export async function* observeElection(
  zk: ZooKeeper,
  path: string,
  markers: readonly string[],
  jitter: number,
  deadline: Deadline,
): AsyncGenerator<ElectionView, void, undefined> {
  const reader = new CandidateReader(zk, path, markers)
  let shown: string | undefined
  for await (const candidates of looks(zk, deadline, jitter, waiter => reader.read(waiter))) {
    const paths = candidates.map(candidate => candidate.path).join()
    if (paths !== shown) yield { leader: candidates[0] ?? null, candidates }
    shown = paths
  }
}

/** Reads the candidates, each znode once. */
class CandidateReader {
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
    const contenders = contendersOf(await this.#children(waiter), this.#markers)
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
    return { ...contender, path, data: node.data, session: node.stat.ephemeralOwner, token: node.stat.czxid }
  }
}

function orNull(error: unknown): NodeData | null {
  if (codeOf(error) === 'NO_NODE') return null
  throw error
}
