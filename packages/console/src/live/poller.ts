import type { Stat, ZooKeeper } from '@zookit/client'
import { pause, type TreeListener } from './listener.ts'

const INTERVAL = 2000

/** The children of a znode when they were last read. */
interface Listing {
  readonly pzxid: bigint
  readonly names: ReadonlySet<string>
}

/** Reads what pages show again and again, and reports the differences as a watch would. */
export class Poller {
  readonly #zk: ZooKeeper
  readonly #listener: TreeListener
  readonly #signal: AbortSignal
  #children = new Map<string, Listing>()
  #versions = new Map<string, bigint>()

  constructor(zk: ZooKeeper, listener: TreeListener, signal: AbortSignal) {
    this.#zk = zk
    this.#listener = listener
    this.#signal = signal
  }

  /** Polls until the signal is aborted. A round that fails is made up for by the next one. */
  async run(): Promise<void> {
    while (!this.#signal.aborted) {
      await this.#round().catch(() => {})
      await pause(INTERVAL, this.#signal)
    }
  }

  async #round(): Promise<void> {
    const { folders, znodes } = this.#listener.shown()
    const children = new Map<string, Listing>()
    for (const folder of folders) {
      const now = await this.#list(folder)
      if (now !== null) children.set(folder, now)
    }
    this.#children = children
    const paths = [...znodes]
    const stats = await this.#zk.existsMany(paths, { signal: this.#signal })
    const versions = new Map<string, bigint>()
    paths.forEach((path, i) => void this.#compare(path, stats[i] ?? null, versions))
    this.#versions = versions
  }

  async #list(folder: string): Promise<Listing | null> {
    const before = this.#children.get(folder)
    const stat = await this.#zk.exists(folder, { signal: this.#signal })
    if (stat === null) return null
    if (before?.pzxid === stat.pzxid) return before
    const { children, stat: newer } = await this.#zk.getChildren(folder, { signal: this.#signal })
    const names = new Set(children)
    const prefix = folder === '/' ? '' : folder
    if (before !== undefined) {
      for (const name of names)
        if (!before.names.has(name)) this.#listener.change(`${prefix}/${name}`, 'created')
      for (const name of before.names)
        if (!names.has(name)) this.#listener.change(`${prefix}/${name}`, 'deleted')
    }
    return { pzxid: newer.pzxid, names }
  }

  #compare(path: string, stat: Stat | null, versions: Map<string, bigint>): void {
    const before = this.#versions.get(path)
    if (stat === null) {
      if (before !== undefined) this.#listener.change(path, 'deleted')
      return
    }
    versions.set(path, stat.mzxid)
    if (before !== undefined && before !== stat.mzxid) this.#listener.change(path, 'changed')
  }
}
