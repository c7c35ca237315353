import { randomUUID } from 'node:crypto'
import type { ZooKeeper } from '@zookit/client'
import { BEAT } from '../limits.ts'
import type {
  ChangeKind,
  ConnectionView,
  HelloMessage,
  LiveMode,
  Message,
  TrafficRecord,
} from '../protocol.ts'
import type { TreeListener } from './listener.ts'
import { PageStream } from './page-stream.ts'
import { TreeWatch } from './tree-watch.ts'

/** Pages that may be open at a time. */
const MOST_PAGES = 64

/** The pages of one console, and the one session and watch that all of them share. */
export class Hub implements TreeListener {
  readonly #zk: ZooKeeper
  readonly #pages = new Map<string, PageStream>()
  readonly #beat: NodeJS.Timeout
  readonly #hello: Omit<HelloMessage, 'type' | 'page' | 'live' | 'liveNote' | 'connection'>
  #watch: TreeWatch | undefined
  #live: LiveMode = 'starting'
  #note: string | null = null
  readonly #onState = (): void => this.send({ type: 'state', connection: this.connection() })

  constructor(
    zk: ZooKeeper,
    hello: Omit<HelloMessage, 'type' | 'page' | 'live' | 'liveNote' | 'connection'>,
  ) {
    this.#zk = zk
    this.#hello = hello
    zk.on('state', this.#onState)
    this.#beat = setInterval(() => {
      for (const page of this.#pages.values()) page.beat()
    }, BEAT)
    this.#beat.unref()
  }

  /** Opens a stream for a page. The watch is set with the first one. @returns null if there are too many pages. */
  open(): ReadableStream<Uint8Array> | null {
    if (this.#pages.size >= MOST_PAGES) return null
    const id = randomUUID()
    const page = new PageStream(id, () => this.#pages.delete(id))
    this.#pages.set(id, page)
    const body = page.open()
    page.send({
      ...this.#hello,
      type: 'hello',
      page: id,
      live: this.#live,
      liveNote: this.#note,
      connection: this.connection(),
    })
    this.#watch ??= new TreeWatch(this.#zk, this)
    return body
  }

  /** Returns the stream of a page. */
  page(id: string): PageStream | undefined {
    return this.#pages.get(id)
  }

  /** True if some page shows the ensemble or the traffic, or any page is open. */
  wants(what: 'traffic' | 'ensemble' | 'pages'): boolean {
    if (what === 'pages') return this.#pages.size > 0
    return [...this.#pages.values()].some(({ interest }) => interest[what])
  }

  /** Returns the state of the session, without anything secret. */
  connection(): ConnectionView {
    const { state, server, session, lastError } = this.#zk.health()
    return {
      state,
      server,
      session,
      lastError: lastError === null ? null : `${lastError.code}: ${lastError.message}`,
    }
  }

  send(message: Message): void {
    for (const page of this.#pages.values()) page.send(message)
  }

  frame(record: TrafficRecord): void {
    for (const page of this.#pages.values()) page.frame(record)
  }

  change(path: string, kind: Exclude<ChangeKind, 'below'>): void {
    for (const page of this.#pages.values()) page.change(path, kind)
  }

  resync(reason: string): void {
    this.send({ type: 'resync', reason })
  }

  live(live: LiveMode, note: string | null): void {
    this.#live = live
    this.#note = note
    this.send({ type: 'live', live, note })
  }

  shown(): { folders: ReadonlySet<string>; znodes: ReadonlySet<string> } {
    const all = [...this.#pages.values()].map(({ interest }) => interest)
    const znodes = all.flatMap(({ znode }) => (znode === null ? [] : [znode]))
    // The children of the znode that is described belong to its recipe.
    return {
      folders: new Set([...all.flatMap(({ folders }) => folders), ...znodes]),
      znodes: new Set(znodes),
    }
  }

  /** Ends all streams and the watch. The session stays: it is its maker's. */
  async close(): Promise<void> {
    clearInterval(this.#beat)
    this.#zk.off('state', this.#onState)
    for (const page of [...this.#pages.values()]) page.close()
    await this.#watch?.close()
  }
}
