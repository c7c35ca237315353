import { Emitter } from './emitter.ts'
import type { SessionEvents } from './session-types.ts'
import type { WatchEvent, Watcher } from './watches/watch-registry.ts'

const EVENTS: readonly (keyof SessionEvents)[] = ['state', 'attemptFailed', 'closing', 'listenerError']

/** The listeners and the watchers of a session. What one of them throws goes to the listeners of `listenerError`. */
export class SessionEmitter extends Emitter<SessionEvents> {
  /** True while listeners of `listenerError` are called: what they throw is an uncaught exception. */
  #reporting = false

  constructor() {
    super(EVENTS)
  }

  /** Calls a watcher. */
  protected notify(watcher: Watcher, event: WatchEvent): void {
    this.isolate(() => watcher(event))
  }

  /** Emits what a listener threw as `listenerError`; without a listener for that it is an uncaught exception. */
  protected override failed(error: unknown): void {
    if (this.#reporting || this.listenerCount('listenerError') === 0) return super.failed(error)
    this.#reporting = true
    this.emit('listenerError', error)
    this.#reporting = false
  }
}
