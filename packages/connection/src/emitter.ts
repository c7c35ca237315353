import types from 'node:util/types'
import { checkListener } from './arguments/refusals.ts'
import type { SessionEvents } from './session-state.ts'
import type { WatchEvent, Watcher } from './watches/watch-registry.ts'

type Events<Map> = { [Name in keyof Map]: (...args: never[]) => void }

/**
 * Typed listeners, called in the order in which they were added. A listener that an earlier one removed is not called.
 * An exception of one does not keep the others from theirs.
 */
export class Emitter<Map extends Events<Map>> {
  readonly #listeners = new globalThis.Map<keyof Map, Set<(...args: never[]) => void>>()
  readonly #names: readonly (keyof Map)[]

  /** @param names the events that there are: a listener of any other one would never be called. */
  constructor(names: readonly (keyof Map)[]) {
    this.#names = names
  }

  /** Adds a listener. The same listener for the same event counts once. @throws ZooKeeperError BAD_ARGUMENTS. */
  on<Name extends keyof Map>(...args: [name: Name, listener: Map[Name]]): this {
    checkListener('on', this.#names, args)
    const [name, listener] = args
    const present = this.#listeners.get(name)
    if (present) present.add(listener)
    else this.#listeners.set(name, new Set([listener]))
    return this
  }

  /** Removes a listener. @throws ZooKeeperError BAD_ARGUMENTS. */
  off<Name extends keyof Map>(...args: [name: Name, listener: Map[Name]]): this {
    checkListener('off', this.#names, args)
    const [name, listener] = args
    this.#listeners.get(name)?.delete(listener)
    return this
  }

  /** Returns the number of listeners of an event. */
  listenerCount(name: keyof Map): number {
    return this.#listeners.get(name)?.size ?? 0
  }

  /** Calls the listeners of an event. What one of them throws goes to `failed`, and so does the rejection of an async one. */
  protected emit<Name extends keyof Map>(name: Name, ...args: Parameters<Map[Name]>): void {
    this.call(name, args, error => this.failed(error))
  }

  /** Calls the listeners of an event. @param failed takes what one of them throws, and the rejection of an async one. */
  protected call<Name extends keyof Map>(
    name: Name,
    args: Parameters<Map[Name]>,
    failed: (error: unknown) => void,
  ): void {
    const listeners = this.#listeners.get(name)
    if (listeners === undefined) return
    for (const listener of [...listeners]) {
      if (!listeners.has(listener)) continue
      try {
        follow((listener as (...args: unknown[]) => unknown)(...args), failed)
      } catch (error) {
        failed(error)
      }
    }
  }

  /** Makes an exception of a callback an uncaught one, as an EventTarget does. */
  protected failed(error: unknown): void {
    queueMicrotask(() => {
      throw error
    })
  }
}

const EVENTS: readonly (keyof SessionEvents)[] = ['state', 'attemptFailed', 'closing', 'listenerError']

/** The listeners and the watchers of a session. What one of them throws goes to the listeners of `listenerError`. */
export class SessionEmitter extends Emitter<SessionEvents> {
  /** The changes that listeners are told of, or are still to be. */
  readonly #changes: { tell: () => void; change: Parameters<SessionEvents['state']> }[] = []

  constructor() {
    super(EVENTS)
  }

  /**
   * Emits a change of the state. One that a listener makes is emitted when every listener has heard of the one before it.
   *
   * @param tell tells others of it, before the listeners.
   */
  protected emitState(tell: () => void, ...change: Parameters<SessionEvents['state']>): void {
    if (this.#changes.push({ tell, change }) > 1) return
    try {
      for (const { tell, change } of this.#changes) {
        tell()
        this.emit('state', ...change)
      }
    } finally {
      this.#changes.length = 0
    }
  }

  /** Calls a watcher. */
  protected notify(watcher: Watcher, event: WatchEvent): void {
    try {
      const returned: unknown = watcher(event)
      // Most watchers return nothing, and need no function for what may fail later.
      if (typeof returned === 'object') follow(returned, error => this.failed(error))
    } catch (error) {
      this.failed(error)
    }
  }

  /**
   * Emits what a listener threw as `listenerError`; without a listener for that it is an uncaught exception, as is what such a
   * listener throws itself.
   */
  protected override failed(error: unknown): void {
    if (this.listenerCount('listenerError') === 0) return super.failed(error)
    this.call('listenerError', [error], own => super.failed(own))
  }
}

/** Hands the rejection of what a callback has returned to a function, if that is a promise. */
function follow(returned: unknown, failed: (error: unknown) => void): void {
  // Most listeners return nothing, which needs no call into Node.
  if (typeof returned === 'object' && types.isPromise(returned)) returned.then(undefined, failed)
}
