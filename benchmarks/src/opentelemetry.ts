// `pnpm bench:opentelemetry` measures what @zookit/opentelemetry costs a request: CPU, without a server, from the begin of
// a request's messages to their end. The SDK alone does what the instrumentation asks of it, and nothing else.

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
const ROUNDS = 8
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

/** Does what the SDK is asked for a request. */
function sdkAlone(): void {
  const attributes = { ...durationAttributes, 'zookeeper.session.id': '0x1', 'zookeeper.path': '/app/config' }
  const span = tracer.startSpan('getData', { kind: SpanKind.CLIENT, attributes })
  span.setAttribute('zookeeper.xid', 1)
  span.end()
  histogram.record(0.0005, durationAttributes)
}

/** Returns the microseconds of CPU of one request: those of the quickest round. */
async function measure(request: () => void): Promise<number> {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage()
    for (let i = 0; i < REQUESTS; i++) request()
    const { user, system } = process.cpuUsage(before)
    best = Math.min(best, (user + system) / REQUESTS)
    // The SDK exports in the pauses.
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  return best
}

/** Measures a request with an instrumentation. */
async function withOne(instrumentation: ZooKeeperInstrumentation): Promise<number> {
  instrumentation.enable()
  const time = await measure(publish)
  instrumentation.disable()
  return time
}

const bare = new ZooKeeperInstrumentation({ enabled: false })
const quiet = new ZooKeeperInstrumentation({ enabled: false, spans: false })
const whole = new ZooKeeperInstrumentation({ enabled: false })
for (const each of [quiet, whole]) {
  each.setTracerProvider(tracers)
  each.setMeterProvider(meters)
}

const table = new Table({ head: ['', 'CPU of a request'], style: { head: [], border: [], compact: true } })
const rows: [string, number][] = [
  ['nothing registered', await measure(publish)],
  ['the instrumentation without an SDK', await withOne(bare)],
  ['metrics alone, the SDK with exporters that drop everything', await withOne(quiet)],
  ['spans and metrics, the same SDK', await withOne(whole)],
  ['the same calls of that SDK, without zookit', await measure(sdkAlone)],
]
for (const [name, time] of rows) table.push([name, `${time.toFixed(2)} us`])
console.log(table.toString())
await Promise.all([tracers.shutdown(), meters.shutdown()])
