import { type StreamEvent, type ZooKeeper, ZooKeeperError } from '@zookit/client'
import { pause, type TreeListener } from './listener.ts'
import { Poller } from './poller.ts'

/** Events that may wait while the process is busy. Beyond them pages read again. */
const BUFFER = 65_536
/** Milliseconds until a watch that ended is set again. */
const AGAIN = 1000

/** Follows the whole tree with one persistent recursive watch, or by polling where the server has no such watches. */
export class TreeWatch {
  readonly #zk: ZooKeeper
  readonly #listener: TreeListener
  readonly #stop = new AbortController()
  readonly #done: Promise<void>

  constructor(zk: ZooKeeper, listener: TreeListener) {
    this.#zk = zk
    this.#listener = listener
    this.#done = this.#run()
  }

  /** Ends the watch. */
  async close(): Promise<void> {
    this.#stop.abort()
    await this.#done
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted && this.#zk.state !== 'closed') {
      try {
        await this.#follow()
      } catch (error) {
        if (signal.aborted) return
        if (isRefused(error)) return this.#poll(error as Error)
        this.#listener.live('starting', String((error as Error).message))
      }
      if (!signal.aborted) await pause(AGAIN, signal)
    }
  }

  async #follow(): Promise<void> {
    const watch = this.#zk.watch('/', { recursive: true, buffer: BUFFER, signal: this.#stop.signal })
    await watch.ready
    this.#listener.live('watch', null)
    this.#listener.resync('watching')
    for await (const event of watch) this.#take(event)
  }

  #take(event: StreamEvent): void {
    if (event.type === 'resync') return this.#listener.resync(event.reason)
    if (event.type === 'children') return
    this.#listener.change(event.path, event.type)
  }

  async #poll(error: Error): Promise<void> {
    this.#listener.live(
      'polling',
      `The server has no recursive watches (${error.message}): what is shown is read again every two seconds.`,
    )
    await new Poller(this.#zk, this.#listener, this.#stop.signal).run()
  }
}

/** Returns true if the server has no persistent recursive watches, or does not allow one. */
function isRefused(error: unknown): boolean {
  return ZooKeeperError.is(error) && ['UNIMPLEMENTED', 'NO_AUTH'].includes(error.code)
}
