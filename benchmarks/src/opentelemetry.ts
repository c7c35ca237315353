// `pnpm bench:opentelemetry` measures what @zookit/opentelemetry costs a request: CPU, without a server, from the begin of
// a request's messages to their end. Beside it stand the calls of the SDK that the instrumentation makes, without it: the
// share that no instrumentation can avoid.

import { SpanKind } from '@opentelemetry/api'
import {
  MeterProvider,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base'
import { type RequestTrace, requestChannel } from '@zookit/client'
import { ZooKeeperInstrumentation } from '@zookit/opentelemetry'
import Table from 'cli-table3'

const REQUESTS = 100_000
const ROUNDS = 12
const SUCCESS = { code: 0 }

const dropSpans: SpanExporter = { export: (_, done) => done(SUCCESS), shutdown: async () => {} }
const dropMetrics: PushMetricExporter = {
  export: (_, done) => done(SUCCESS),
  forceFlush: async () => {},
  shutdown: async () => {},
}
const tracers = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(dropSpans)] })
const meters = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter: dropMetrics })] })

const server = { host: '127.0.0.1', port: 2181 }
const session = { id: 1n, state: 'connected' as const, server, outstanding: 0, queuedBytes: 0 }

/** Publishes the messages of a request, as a session does. */
function publish(): void {
  const trace = {
    operation: 'getData',
    path: '/app/config',
    session,
    sessionId: session.id,
    server,
    xid: 1,
    duration: 0.5,
    result: null,
    error: undefined,
  } as unknown as RequestTrace
  if (!requestChannel.hasSubscribers) return
  requestChannel.start.publish(trace)
  requestChannel.end.publish(trace)
  requestChannel.asyncStart.publish(trace)
  requestChannel.asyncEnd.publish(trace)
}

const tracer = tracers.getTracer('sdk')
const histogram = meters.getMeter('sdk').createHistogram('sdk', { unit: 's' })
const durationAttributes = {
  'db.system.name': 'zookeeper',
  'db.operation.name': 'getData',
  'server.address': server.host,
  'server.port': server.port,
}

/** Makes the span that the instrumentation makes, and records the duration, by calls of the SDK alone. */
function spanAndDuration(): void {
  const attributes = {
    'db.system.name': 'zookeeper',
    'db.operation.name': 'getData',
    'zookeeper.session.id': '0x1',
    'zookeeper.path': '/app/config',
    'server.address': server.host,
    'server.port': server.port,
  }
  const span = tracer.startSpan('getData', { kind: SpanKind.CLIENT, attributes })
  span.setAttribute('zookeeper.xid', 1)
  span.end()
  duration()
}

function duration(): void {
  histogram.record(0.0005, durationAttributes)
}

/** Something to measure: what runs before and after its rounds, and a request. */
interface Contender {
  readonly name: string
  readonly request: () => void
  readonly begin?: () => void
  readonly end?: () => void
}

/** Returns the microseconds of CPU of a request in one round. */
function round({ request, begin, end }: Contender): number {
  begin?.()
  const before = process.cpuUsage()
  for (let i = 0; i < REQUESTS; i++) request()
  const { user, system } = process.cpuUsage(before)
  end?.()
  return (user + system) / REQUESTS
}

/** Measures the contenders in turns, and keeps the quickest round of each: noise can only add CPU. */
async function measure(contenders: readonly Contender[]): Promise<number[]> {
  const best = contenders.map(() => Number.POSITIVE_INFINITY)
  for (let turn = 0; turn < ROUNDS; turn++) {
    for (const [i, contender] of contenders.entries()) {
      best[i] = Math.min(best[i]!, round(contender))
      // The SDK exports in the pauses.
      await new Promise(resolve => setTimeout(resolve, 50))
    }
  }
  return best
}

function instrumented(name: string, instrumentation: ZooKeeperInstrumentation): Contender {
  return {
    name,
    request: publish,
    begin: () => instrumentation.enable(),
    end: () => instrumentation.disable(),
  }
}

const bare = new ZooKeeperInstrumentation({ enabled: false })
const metrics = new ZooKeeperInstrumentation({ enabled: false, spans: false })
const whole = new ZooKeeperInstrumentation({ enabled: false })
for (const each of [metrics, whole]) {
  each.setTracerProvider(tracers)
  each.setMeterProvider(meters)
}

const contenders: readonly Contender[] = [
  { name: 'nothing registered', request: publish },
  instrumented('the instrumentation without an SDK', bare),
  { name: "the SDK's own record() of a duration, without zookit", request: duration },
  instrumented('the instrumentation, metrics alone', metrics),
  { name: "the SDK's own span and record(), without zookit", request: spanAndDuration },
  instrumented('the instrumentation, spans and metrics', whole),
]
const times = await measure(contenders)
const table = new Table({ head: ['', 'CPU of a request'], style: { head: [], border: [], compact: true } })
for (const [i, { name }] of contenders.entries()) table.push([name, `${times[i]!.toFixed(2)} us`])
const [nothing, , recordOnly, withMetrics, spanOnly, withAll] = times as [
  number,
  number,
  number,
  number,
  number,
  number,
]
table.push(["beyond the SDK's own: metrics alone", `${(withMetrics - recordOnly - nothing).toFixed(2)} us`])
table.push(["beyond the SDK's own: spans and metrics", `${(withAll - spanOnly - nothing).toFixed(2)} us`])
console.log(table.toString())
await Promise.all([tracers.shutdown(), meters.shutdown()])
