// @zookit/client with @zookit/opentelemetry, the real SDK of OpenTelemetry, and exporters that drop everything.

import {
  MeterProvider,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base'
import { ZooKeeperInstrumentation } from '@zookit/opentelemetry'
import { roundsOf, serve } from './support/serve.ts'
import { versionOf } from './support/version.ts'
import { zookit } from './support/zookit.ts'

const SUCCESS = { code: 0 }
const dropSpans: SpanExporter = {
  export: (_, done) => done(SUCCESS),
  shutdown: async () => {},
}
const dropMetrics: PushMetricExporter = {
  export: (_, done) => done(SUCCESS),
  forceFlush: async () => {},
  shutdown: async () => {},
}

const instrumentation = new ZooKeeperInstrumentation()
instrumentation.setTracerProvider(
  new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(dropSpans)] }),
)
const reader = new PeriodicExportingMetricReader({ exporter: dropMetrics })
instrumentation.setMeterProvider(new MeterProvider({ readers: [reader] }))
await serve(versionOf('@zookit/client'), roundsOf(zookit))
