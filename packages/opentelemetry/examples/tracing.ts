import { context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { registerInstrumentations } from '@opentelemetry/instrumentation'
import { BasicTracerProvider, ConsoleSpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { connect } from '@zookit/client'
import { ZooKeeperInstrumentation } from '@zookit/opentelemetry'
import { Mutex } from '@zookit/recipes'

const provider = new BasicTracerProvider({
  spanProcessors: [new SimpleSpanProcessor(new ConsoleSpanExporter())],
})
trace.setGlobalTracerProvider(provider)
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
registerInstrumentations({ instrumentations: [new ZooKeeperInstrumentation()] })

await using zk = await connect(process.argv[2] ?? '127.0.0.1:2181')
await trace.getTracer('example').startActiveSpan('nightly report', async span => {
  await using _lock = await new Mutex(zk, '/locks/report').acquire()
  await zk.setData('/locks/report', 'running')
  span.end()
})
