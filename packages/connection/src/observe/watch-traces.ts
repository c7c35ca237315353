import { EventType } from '@zookit/jute'
import {
  type SetWatchesTrace,
  setWatchesChannel,
  type TracedSession,
  type WatchEventTrace,
  watchEventChannel,
} from '../diagnostics.ts'

const TYPES: Readonly<Record<number, string>> = {
  [EventType.nodeCreated]: 'created',
  [EventType.nodeDeleted]: 'deleted',
  [EventType.nodeDataChanged]: 'changed',
  [EventType.nodeChildrenChanged]: 'children',
}

/** Publishes what happens to the watches of a session. */
export class WatchTraces {
  readonly #session: TracedSession
  readonly #clock: { now(): number }
  #presentedAt = 0

  constructor(session: TracedSession, clock: { now(): number }) {
    this.#session = session
    this.#clock = clock
  }

  /** Publishes an event, before its listeners are called. Call it if there are subscribers. */
  fired(type: number, path: string, zxid: bigint): void {
    const { id: sessionId, server } = this.#session
    const name = TYPES[type] ?? String(type)
    watchEventChannel.publish({
      session: this.#session,
      sessionId,
      server,
      type: name,
      path,
      zxid,
    } satisfies WatchEventTrace)
  }

  /** Notes that all watches are being set again on a new connection. */
  presented(): void {
    this.#presentedAt = this.#clock.now()
  }

  /** Publishes that a connection has all its watches. */
  restored(watches: number): void {
    if (!setWatchesChannel.hasSubscribers) return
    const { id: sessionId, server } = this.#session
    const duration = this.#clock.now() - this.#presentedAt
    setWatchesChannel.publish({
      session: this.#session,
      sessionId,
      server,
      watches,
      duration,
    } satisfies SetWatchesTrace)
  }
}
