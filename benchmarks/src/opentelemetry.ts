// `pnpm bench:opentelemetry` measures what @zookit/opentelemetry costs a request: CPU, without a server, from the begin of
// a request's messages to their end. Beside it stand the calls of the SDK that the instrumentation makes, without it: the
// share that no instrumentation can avoid. Each is measured in processes of its own, in turns: in one process the compiler would make
// other code of one for what it has seen of the others.

import { execFileSync } from 'node:child_process'
import { SpanKind } from '@opentelemetry/api'
import {
  MeterProvider,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base'
import { type RequestTrace, requestChannel } from '@zookit/client'
import { ZooKeeperInstrumentation, type ZooKeeperInstrumentationConfig } from '@zookit/opentelemetry'
import Table from 'cli-table3'
import { Argument } from 'commander'
import { script } from './command-line.ts'

const REQUESTS = 100_000
const [ROUNDS, TURNS] = [8, 3]
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

/** Makes the span that the instrumentation makes, by calls of the SDK alone. */
function span(): void {
  const attributes = {
    'db.system.name': 'zookeeper',
    'db.operation.name': 'getData',
    'zookeeper.session.id': '0x1',
    'zookeeper.path': '/app/config',
    'server.address': server.host,
    'server.port': server.port,
  }
  const made = tracer.startSpan('getData', { kind: SpanKind.CLIENT, attributes })
  made.setAttribute('zookeeper.xid', 1)
  made.end()
}

function spanAndDuration(): void {
  span()
  duration()
}

/** Makes a span without an attribute. */
function bareSpan(): void {
  tracer.startSpan('getData', { kind: SpanKind.CLIENT }).end()
}

function duration(): void {
  histogram.record(0.0005, durationAttributes)
}

/** Something to measure. */
interface Contender {
  readonly request: () => void
}

/** Returns the microseconds of CPU of a request in one round. */
function round({ request }: Contender): number {
  const before = process.cpuUsage()
  for (let i = 0; i < REQUESTS; i++) request()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / REQUESTS
}

/** Measures a contender, and keeps its quickest round: noise can only add CPU. */
async function quickest(contender: Contender): Promise<number> {
  let best = Number.POSITIVE_INFINITY
  for (let i = 0; i < ROUNDS; i++) {
    best = Math.min(best, round(contender))
    // The SDK exports in the pauses.
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  return best
}

function instrumented(config: ZooKeeperInstrumentationConfig, hasSdk: boolean): Contender {
  const instrumentation = new ZooKeeperInstrumentation({ ...config, enabled: false })
  if (hasSdk) {
    instrumentation.setTracerProvider(tracers)
    instrumentation.setMeterProvider(meters)
  }
  instrumentation.enable()
  return { request: publish }
}

const CONTENDERS = {
  'nothing registered': () => ({ request: publish }),
  'the instrumentation without an SDK': () => instrumented({}, false),
  "the SDK's own record() of a duration, without zookit": () => ({ request: duration }),
  'the instrumentation, metrics alone': () => instrumented({ spans: false }, true),
  "the SDK's own span without attributes, without zookit": () => ({ request: bareSpan }),
  "the SDK's own span, without zookit": () => ({ request: span }),
  "the SDK's own span and record(), without zookit": () => ({ request: spanAndDuration }),
  'the instrumentation, spans and metrics': () => instrumented({}, true),
} as const satisfies Record<string, () => Contender>

type Name = keyof typeof CONTENDERS

/** Measures all contenders in turns. */
function measure(): Record<Name, number> {
  const names = Object.keys(CONTENDERS) as Name[]
  const best = Object.fromEntries(names.map(name => [name, Number.POSITIVE_INFINITY])) as Record<Name, number>
  for (let turn = 0; turn < TURNS; turn++) {
    for (const name of names) {
      const args = [...process.execArgv, process.argv[1]!, name]
      const time = Number(execFileSync(process.execPath, args, { encoding: 'utf8' }))
      best[name] = Math.min(best[name], time)
    }
  }
  return best
}

function print(times: Record<Name, number>): void {
  const table = new Table({ head: ['', 'CPU of a request'], style: { head: [], border: [], compact: true } })
  const microseconds = (time: number): string => `${time.toFixed(2)} us`
  for (const [name, time] of Object.entries(times)) table.push([name, microseconds(time)])
  const beyond = (ours: Name, sdk: Name): string =>
    microseconds(times[ours] - times[sdk] - times['nothing registered'])
  table.push(
    [
      "beyond the SDK's own: metrics alone",
      beyond('the instrumentation, metrics alone', "the SDK's own record() of a duration, without zookit"),
    ],
    [
      "beyond the SDK's own: spans and metrics",
      beyond('the instrumentation, spans and metrics', "the SDK's own span and record(), without zookit"),
    ],
  )
  console.log(table.toString())
}

const [name] = script('bench:opentelemetry', 'Measures what @zookit/opentelemetry costs a request.')
  .addArgument(
    new Argument('[name]', 'what is measured, in this process; all without it').choices(
      Object.keys(CONTENDERS),
    ),
  )
  .parse().processedArgs as [Name | undefined]
if (name === undefined) print(measure())
else console.log(await quickest(CONTENDERS[name]()))
await Promise.all([tracers.shutdown(), meters.shutdown()])
