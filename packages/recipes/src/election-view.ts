import { joinPath, type NodeData, type ZooKeeper } from '@zookit/client'
import { Bell } from './core/bell.ts'
import { connected } from './core/connected.ts'
import type { ContenderInfo } from './core/contention.ts'
import { codeOf, isTransient } from './core/errors.ts'
import { type Contender, contendersOf } from './core/names.ts'
import type { Patience } from './core/patience.ts'

/** An election at one moment. */
export interface ElectionView {
  /** The first of the candidates; null if there is none. */
  readonly leader: ContenderInfo | null
  /** In the order in which they would lead. */
  readonly candidates: readonly ContenderInfo[]
}

/** Yields the candidates each time that they have changed. */
export async function* observeElection(
  zk: ZooKeeper,
  path: string,
  markers: readonly string[],
  jitter: number,
  patience: Patience,
): AsyncGenerator<ElectionView, void, undefined> {
  const roll = new Roll(zk, path)
  let shown: string | undefined
  for (;;) {
    if (zk.state !== 'connected') await patience.race(connected(zk))
    const bell = new Bell(zk)
    try {
      const candidates = await patience.race(roll.read(markers, bell))
      const paths = candidates.map(candidate => candidate.path).join()
      if (paths !== shown) yield { leader: candidates[0] ?? null, candidates }
      shown = paths
      await patience.race(bell.rung)
    } catch (error) {
      patience.check()
      if (!isTransient(error)) throw error
      await patience.race(connected(zk))
      await patience.jitter(jitter)
    } finally {
      bell.silence()
    }
  }
}

/** The candidates' nodes, each of which is read once. */
class Roll {
  readonly #zk: ZooKeeper
  readonly #path: string
  #known = new Map<string, ContenderInfo>()

  constructor(zk: ZooKeeper, path: string) {
    this.#zk = zk
    this.#path = path
  }

  /** @param bell rings at the next change of what has been read. */
  async read(markers: readonly string[], bell: Bell): Promise<ContenderInfo[]> {
    const contenders = contendersOf(await this.#children(bell), markers)
    const infos = await Promise.all(contenders.map(contender => this.#info(contender)))
    const present = infos.filter(info => info !== null)
    this.#known = new Map(present.map(info => [info.name, info]))
    return present
  }

  /** None where there is no node; then its creation rings the bell. */
  async #children(bell: Bell): Promise<string[]> {
    const list = bell.hang(this.#path, 'children', watch => this.#zk.getChildren(this.#path, { watch }))
    try {
      return (await list).children
    } catch (error) {
      if (codeOf(error) !== 'NO_NODE') throw error
    }
    const stat = await bell.hang(this.#path, 'data', watch => this.#zk.exists(this.#path, { watch }))
    return stat === null ? [] : this.#children(bell)
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
