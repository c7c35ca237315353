import type { ZooKeeper } from '@zookit/client'
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
  /** The newest listings: null of a znode that does not exist or cannot be listed. */
  #children = new Map<string, Listing | null>()
  /** The zxids of the newest changes: null of a znode that does not exist. */
  #versions = new Map<string, bigint | null>()

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
    const children = new Map<string, Listing | null>()
    for (const folder of folders) children.set(folder, await this.#list(folder))
    const isFirst = [...children].some(([folder, now]) => now !== null && !this.#children.get(folder))
    this.#children = children
    const paths = [...znodes]
    const stats = await this.#zk.existsMany(paths, { signal: this.#signal })
    const versions = new Map(paths.map((path, i) => [path, stats[i]?.mzxid ?? null]))
    for (const [path, version] of versions) this.#compare(path, version)
    // What has changed between the reading of a page and the first one here is no difference between two readings.
    if (isFirst || paths.some(path => !this.#versions.has(path))) this.#listener.resync('watching')
    this.#versions = versions
  }

  /** Lists children. A znode that cannot be listed keeps nobody from the others. */
  async #list(folder: string): Promise<Listing | null> {
    const before = this.#children.get(folder) ?? null
    try {
      return await this.#differences(folder, before)
    } catch (error) {
      if (this.#signal.aborted) throw error
      return before
    }
  }

  async #differences(folder: string, before: Listing | null): Promise<Listing | null> {
    const stat = await this.#zk.exists(folder, { signal: this.#signal })
    if (stat === null) return null
    if (before?.pzxid === stat.pzxid) return before
    const { children, stat: newer } = await this.#zk.getChildren(folder, { signal: this.#signal })
    const names = new Set(children)
    const prefix = folder === '/' ? '' : folder
    if (before !== null) {
      for (const name of names)
        if (!before.names.has(name)) this.#listener.change(`${prefix}/${name}`, 'created')
      for (const name of before.names)
        if (!names.has(name)) this.#listener.change(`${prefix}/${name}`, 'deleted')
    }
    return { pzxid: newer.pzxid, names }
  }

  #compare(path: string, version: bigint | null): void {
    const before = this.#versions.get(path)
    if (before === undefined || before === version) return
    this.#listener.change(path, version === null ? 'deleted' : before === null ? 'created' : 'changed')
  }
}
