import type { ChangeKind, Interest, Message, TrafficRecord } from '../protocol.ts'

/** Changes that are listed in one message; a page with more of them reads again what it shows. */
const MOST_CHANGES = 400
/** Frames of traffic in one message. */
const MOST_FRAMES = 200
/** Messages of other kinds that may wait for a page that does not read. */
const MOST_WAITING = 256
/** The messages whose newest word holds until the next: they stay when others are dropped. */
const LASTING: readonly Message['type'][] = ['hello', 'live', 'state']
/** The least milliseconds between two messages of changes: a page draws that often, and no more. */
const PAUSE = 40
/** Signs of life in a row that a page does not take until it counts as gone. */
const MOST_MISSED = 4

const NOTHING: Interest = { folders: [], znode: null, traffic: false, ensemble: false }

/** Returns the path of the parent: of a child of the root it is the root, of the root null. */
function parentPath(path: string): string | null {
  if (path === '/') return null
  return path.slice(0, path.lastIndexOf('/')) || '/'
}

/**
 * The stream of one page. What it cannot take yet is kept in a bounded form: one change a znode, the newest frames, and beyond the
 * bounds the word that there was more.
 */
export class PageStream {
  readonly id: string
  #interest: Interest = NOTHING
  #folders: ReadonlySet<string> = new Set()
  readonly #changes = new Map<string, ChangeKind>()
  #total = 0
  #since: number
  #overflow = false
  #frames: TrafficRecord[] = []
  #dropped = 0
  readonly #messages: Message[] = []
  #sentAt = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | undefined
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined
  #isAsking = false
  #missed = 0
  #onAsked: (() => void) | undefined
  readonly #onClose: () => void

  constructor(id: string, onClose: () => void) {
    this.id = id
    this.#onClose = onClose
    this.#since = performance.now()
  }

  get interest(): Interest {
    return this.#interest
  }

  set interest(interest: Interest) {
    this.#interest = interest
    this.#folders = new Set(interest.folders)
  }

  /** Returns the body of the answer: server-sent events. The browser pulls; nothing is queued beyond what it takes. */
  open(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        start: controller => void (this.#controller = controller),
        pull: () =>
          new Promise<void>(resolve => {
            this.#isAsking = true
            this.#missed = 0
            this.#onAsked = resolve
            this.#flush()
          }),
        cancel: () => this.close(),
      },
      { highWaterMark: 0 },
    )
  }

  /** Ends the stream. */
  close(): void {
    clearTimeout(this.#timer)
    const controller = this.#controller
    this.#controller = undefined
    this.#isAsking = false
    try {
      controller?.close()
    } catch {
      // The browser has closed it.
    }
    this.#onAsked?.()
    this.#onClose()
  }

  /** Sends a message behind those that wait. */
  send(message: Message): void {
    if (this.#messages.length >= MOST_WAITING) {
      const newest = new Map(this.#messages.map(each => [each.type, each]))
      this.#messages.length = 0
      this.#messages.push(...LASTING.flatMap(type => newest.get(type) ?? []))
      this.#overflow = true
    }
    this.#messages.push(message)
    this.#flush()
  }

  /** Takes a change of the tree: it is listed if the page shows the znode, or one above it. */
  change(path: string, kind: Exclude<ChangeKind, 'below'>): void {
    this.#total++
    this.#list(path, kind)
    this.#flush()
  }

  #list(path: string, kind: Exclude<ChangeKind, 'below'>): void {
    if (this.#overflow) return
    if (path === this.#interest.znode) this.#note(path, kind)
    let shown: string | null = path
    while (shown !== null) {
      const parent = parentPath(shown)
      if (parent === null ? this.#folders.has(shown) : this.#folders.has(parent)) {
        return this.#note(shown, shown === path ? kind : 'below')
      }
      // Whoever looks at a recipe wants to know of its participants.
      if (parent !== null && parent === this.#interest.znode) this.#note(parent, 'below')
      shown = parent
    }
  }

  #note(path: string, kind: ChangeKind): void {
    const before = this.#changes.get(path)
    // A change below does not hide that the znode itself was created or deleted.
    if (before !== undefined && (kind === 'below' || (kind === 'changed' && before === 'created'))) return
    this.#changes.set(path, kind)
    if (this.#changes.size <= MOST_CHANGES) return
    this.#changes.clear()
    this.#overflow = true
  }

  /** Takes a frame of the traffic. */
  frame(record: TrafficRecord): void {
    if (!this.#interest.traffic) return
    this.#frames.push(record)
    if (this.#frames.length > MOST_FRAMES) {
      this.#frames.shift()
      this.#dropped++
    }
    this.#flush()
  }

  /** Sends what there is, if the page asks for more and the last message is long enough ago. */
  #flush(): void {
    if (!this.#isAsking || this.#timer !== undefined) return
    if (this.#messages.length === 0) {
      if (this.#total === 0 && this.#frames.length === 0 && !this.#overflow) return
      const wait = this.#sentAt + PAUSE - performance.now()
      if (wait > 0) {
        this.#timer = setTimeout(() => {
          this.#timer = undefined
          this.#flush()
        }, wait)
        return
      }
    }
    this.#deliver([...this.#messages.splice(0), ...this.#gathered()])
  }

  #gathered(): Message[] {
    const messages: Message[] = []
    const now = performance.now()
    if (this.#total > 0 || this.#overflow) {
      messages.push({
        type: 'changes',
        changes: [...this.#changes],
        total: this.#total,
        during: Math.max(1, Math.round(now - this.#since)),
        overflow: this.#overflow,
      })
      this.#changes.clear()
      this.#total = 0
      this.#overflow = false
    }
    this.#since = now
    if (this.#frames.length > 0)
      messages.push({ type: 'traffic', frames: this.#frames, dropped: this.#dropped })
    this.#frames = []
    this.#dropped = 0
    this.#sentAt = now
    return messages
  }

  #deliver(messages: readonly Message[]): void {
    const text = messages.map(message => `data: ${JSON.stringify(message)}\n\n`).join('')
    this.#isAsking = false
    this.#controller?.enqueue(new TextEncoder().encode(text))
    this.#onAsked?.()
  }

  /** Sends a sign of life, so that a lost page is noticed here, and a lost stream there. Ends the stream of a page that has read nothing for several of them. */
  beat(): void {
    if (this.#isAsking) return this.#deliver([{ type: 'beat' }])
    if (++this.#missed >= MOST_MISSED) this.close()
  }
}
