import type { Counter, Histogram, Meter, ObservableResult } from '@opentelemetry/api'
import { METRIC_DB_CLIENT_OPERATION_DURATION } from '@opentelemetry/semantic-conventions'
import type {
  RequestTrace,
  SetWatchesTrace,
  StateTrace,
  TracedSession,
  WatchEventTrace,
} from '@zookit/client'
import type { HoldTrace, RecipeTrace } from '@zookit/recipes'
import { ATTR_EVENT, ATTR_STATE, DurationAttributes, errorAttributes } from './attributes.ts'
import { channels, hear } from './channels.ts'

/** The bounds that the semantic conventions advise for durations of databases, in seconds. */
const BOUNDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10]
/** The bounds for waits and ownerships of locks, which people hold for minutes. */
const LONG_BOUNDS = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900]

/** The states after which nothing more comes of a session. */
const ENDED: ReadonlySet<string> = new Set(['closed', 'auth-failed'])

/** The instruments. They are made again for another meter; what is subscribed stays. */
export class Metrics {
  readonly #durations = new DurationAttributes()
  /** The sessions that have been heard of and have not ended. */
  readonly #sessions = new Set<TracedSession>()
  #duration!: Histogram
  #reconnects!: Counter
  #events!: Counter
  #setWatches!: Histogram
  #wait!: Histogram
  #hold!: Histogram
  #last: TracedSession | null = null

  constructor(meter: Meter) {
    this.use(meter)
  }

  /** Makes the instruments of a meter. */
  use(meter: Meter): void {
    const seconds = (name: string, description: string, explicitBucketBoundaries: number[]): Histogram =>
      meter.createHistogram(name, { description, unit: 's', advice: { explicitBucketBoundaries } })
    this.#duration = seconds(
      METRIC_DB_CLIENT_OPERATION_DURATION,
      'Duration of requests to ZooKeeper.',
      BOUNDS,
    )
    this.#setWatches = seconds(
      'zookeeper.client.set_watches.duration',
      'Time to set all watches again after a reconnect.',
      BOUNDS,
    )
    this.#wait = seconds(
      'zookeeper.client.recipe.wait.duration',
      'Time that a recipe waited for its turn.',
      LONG_BOUNDS,
    )
    this.#hold = seconds(
      'zookeeper.client.recipe.hold.duration',
      'Time that a lock or leadership was held.',
      LONG_BOUNDS,
    )
    this.#reconnects = meter.createCounter('zookeeper.client.reconnects', {
      description: 'Connections that a session got after it had lost one.',
      unit: '{connection}',
    })
    this.#events = meter.createCounter('zookeeper.client.watch.events', {
      description: 'Events of watches.',
      unit: '{event}',
    })
    this.#observe(meter)
  }

  /** Listens from now on. @returns a function that ends it. */
  listen(): () => void {
    const stops = [
      hear<RequestTrace>(channels.requestEnded, message => {
        if (message.session !== this.#last) this.#meet(message.session)
        this.#duration.record(message.duration! / 1000, this.#durations.of(message))
      }),
      hear<StateTrace>(channels.state, message => this.#onState(message)),
      hear<WatchEventTrace>(channels.watchEvent, ({ type }) => this.#events.add(1, { [ATTR_EVENT]: type })),
      hear<SetWatchesTrace>(channels.setWatches, ({ duration }) => this.#setWatches.record(duration / 1000)),
      hear<RecipeTrace>(channels.waitEnded, ({ operation, duration = 0, error }) => {
        const attributes = {
          'zookeeper.recipe.operation': operation,
          ...(error !== undefined && errorAttributes(error)),
        }
        this.#wait.record(duration / 1000, attributes)
      }),
      hear<HoldTrace>(channels.hold, ({ duration, reason }) => {
        if (reason !== null) this.#hold.record((duration ?? 0) / 1000, { 'zookeeper.end_reason': reason })
      }),
    ]
    return () => {
      for (const stop of stops) stop()
      this.#sessions.clear()
      this.#last = null
    }
  }

  /** Sessions that were there before this was enabled are met at their first request. */
  #meet(session: TracedSession): void {
    this.#last = session
    if (!ENDED.has(session.state)) this.#sessions.add(session)
  }

  #onState({ state, previous, session }: StateTrace): void {
    if (ENDED.has(state)) this.#sessions.delete(session)
    else this.#sessions.add(session)
    if (previous === 'suspended' && (state === 'connected' || state === 'read-only')) this.#reconnects.add(1)
  }

  #observe(meter: Meter): void {
    const gauge = (
      name: string,
      description: string,
      unit: string,
      observe: (result: ObservableResult) => void,
    ): void => meter.createObservableUpDownCounter(name, { description, unit }).addCallback(observe)
    const sum = (read: (session: TracedSession) => number) => (result: ObservableResult) =>
      result.observe([...this.#sessions].reduce((total, session) => total + read(session), 0))
    gauge(
      'zookeeper.client.requests.in_flight',
      'Requests that are not answered yet.',
      '{request}',
      sum(({ outstanding }) => outstanding),
    )
    gauge(
      'zookeeper.client.queued',
      'Bytes of requests that wait to be sent.',
      'By',
      sum(({ queuedBytes }) => queuedBytes),
    )
    gauge('zookeeper.client.sessions', 'Sessions by their state.', '{session}', result => {
      const counts = new Map<string, number>()
      for (const { state } of this.#sessions) counts.set(state, (counts.get(state) ?? 0) + 1)
      for (const [state, count] of counts) result.observe(count, { [ATTR_STATE]: state })
    })
  }
}
