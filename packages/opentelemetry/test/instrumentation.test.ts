import { readFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  AggregationTemporality,
  type DataPoint,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  type Sampler,
  SamplingDecision,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { connect, requestChannel, type ZooKeeper } from '@zookit/client'
import { Mutex } from '@zookit/recipes'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { ZooKeeperInstrumentation } from '../src/index.ts'

const HOUR = 3_600_000

describe('The instrumentation', () => {
  let server: TestServer
  let zk: ZooKeeper
  let spans: InMemorySpanExporter
  let metrics: InMemoryMetricExporter
  let reader: PeriodicExportingMetricReader
  let tracers: BasicTracerProvider
  let meters: MeterProvider
  let instrumentation: ZooKeeperInstrumentation

  before(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  })
  after(() => context.disable())

  beforeEach(async () => {
    spans = new InMemorySpanExporter()
    tracers = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] })
    metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
    reader = new PeriodicExportingMetricReader({ exporter: metrics, exportIntervalMillis: HOUR })
    meters = new MeterProvider({ readers: [reader] })
    instrumentation = new ZooKeeperInstrumentation()
    instrumentation.setTracerProvider(tracers)
    instrumentation.setMeterProvider(meters)
    server = await TestServer.start()
    zk = await connect(server.hosts, { sessionTimeout: 5000, backoff: { initial: 5, max: 10 } })
  })
  afterEach(async () => {
    await zk.close()
    await server.stop()
    instrumentation.disable()
    await tracers.shutdown()
    await meters.shutdown()
  })

  const named = (name: string): ReadableSpan[] => spans.getFinishedSpans().filter(span => span.name === name)

  /** Returns the data points of a metric. */
  async function points(name: string): Promise<DataPoint<unknown>[]> {
    metrics.reset()
    await reader.forceFlush()
    const all = metrics
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(scope => scope.metrics))
    return (all.find(({ descriptor }) => descriptor.name === name)?.dataPoints ?? []) as DataPoint<unknown>[]
  }

  it('loses no request, and does not end the program, where a tracer or a meter throws: it warns', async () => {
    const fail = (): never => {
      throw new Error('no exporter')
    }
    const broken = { startSpan: fail, startActiveSpan: fail }
    const histogram = { record: fail }
    instrumentation.setTracerProvider({ getTracer: () => broken } as never)
    const meter = new MeterProvider().getMeter('broken')
    Object.assign(meter, { createHistogram: () => histogram, createCounter: () => ({ add: fail }) })
    instrumentation.setMeterProvider({ getMeter: () => meter } as never)
    const warnings: string[] = []
    const hear = ({ message }: Error): unknown => warnings.push(message)
    process.on('warning', hear)
    try {
      await zk.create('/a', 'kept')
      expect(`${(await zk.getData('/a')).data}`).to.equal('kept')
      await new Promise(resolve => setImmediate(resolve))
    } finally {
      process.off('warning', hear)
    }
    expect(warnings.every(each => /a tracer or a meter failed on .*: no exporter\./.test(each))).to.equal(
      true,
    )
    expect(warnings.map(each => /failed on (\S+):/.exec(each)![1])).to.have.members([
      'tracing:zookit:request:start',
      'tracing:zookit:request:asyncEnd',
    ])
  })

  it('makes a span of each request, named by the conventions, and a failed one with its code', async () => {
    await zk.create('/a', 'secret')
    await zk.getData('/missing').catch(() => {})
    const [create] = named('create')
    expect(create!.kind).to.equal(SpanKind.CLIENT)
    expect(create!.status.code).to.equal(SpanStatusCode.UNSET)
    expect(create!.attributes).to.deep.equal({
      'db.system.name': 'zookeeper',
      'db.operation.name': 'create',
      'server.address': '127.0.0.1',
      'server.port': server.port,
      'zookeeper.path': '/a',
      'zookeeper.session.id': `0x${zk.session.id.toString(16)}`,
      'zookeeper.xid': create!.attributes['zookeeper.xid'],
    })
    expect(create!.attributes['zookeeper.xid']).to.be.a('number')
    expect(create!.instrumentationScope.name).to.equal('@zookit/opentelemetry')
    const [get] = named('getData')
    expect(get!.status.code).to.equal(SpanStatusCode.ERROR)
    expect(get!.attributes).to.include({ 'error.type': 'NO_NODE', 'db.response.status_code': '-101' })
    expect(JSON.stringify(spans.getFinishedSpans().map(({ attributes }) => attributes))).not.to.include(
      'secret',
    )
  })

  it('gives a sampler the operation, the path and the server to decide by', async () => {
    const seen: unknown[] = []
    const shouldSample: Sampler['shouldSample'] = (_context, _trace, name, _kind, attributes) => {
      seen.push([name, { ...attributes }])
      return { decision: SamplingDecision.NOT_RECORD }
    }
    instrumentation.setTracerProvider(new BasicTracerProvider({ sampler: { shouldSample } }))
    await zk.getData('/missing').catch(() => {})
    expect(seen[0]).to.deep.equal([
      'getData',
      {
        'db.system.name': 'zookeeper',
        'db.operation.name': 'getData',
        'zookeeper.path': '/missing',
        'server.address': '127.0.0.1',
        'server.port': server.port,
      },
    ])
  })

  it('A8 has no secret in any span or metric, also where credentials are refused', async () => {
    const password = 'hunter2-of-spans'
    await zk.addAuth('digest', `joe:${password}`)
    await zk.create('/mine', null)
    const sasl = { mechanism: 'DIGEST-MD5', username: 'joe', password } as const
    await connect(server.hosts, { sasl }).catch(() => {})
    const waiting = zk.getData('/mine')
    await zk.addAuth('runes', password).catch(() => {})
    await waiting.catch(() => {})
    await zk.getData('/mine').catch(() => {})
    await reader.forceFlush()
    const told = inspect([spans.getFinishedSpans(), metrics.getMetrics()], {
      depth: 9,
      showHidden: true,
      maxArrayLength: Infinity,
    })
    expect(named('create')).not.to.deep.equal([])
    expect(named('getData')).not.to.deep.equal([])
    expect(told).to.contain('AUTH_FAILED')
    expect(told).not.to.contain(password)
  })

  it('puts it under the span of whoever makes the request, across await and under load', async () => {
    const tracer = tracers.getTracer('test')
    const work = (name: string): Promise<void> =>
      tracer.startActiveSpan(name, async span => {
        await zk.exists(`/${name}`)
        await zk.exists(`/${name}/again`)
        span.end()
      })
    await Promise.all(['one', 'two', 'three'].map(work))
    const requests = named('exists')
    expect(requests).to.have.lengthOf(6)
    for (const request of requests) {
      const parent = named(String(request.attributes['zookeeper.path']).split('/')[1]!)[0]!
      expect(request.parentSpanContext?.spanId).to.equal(parent.spanContext().spanId)
    }
  })

  it('makes spans of the wait for a lock and of its hold', async () => {
    const mutex = new Mutex(zk, '/lock')
    const lock = await mutex.acquire()
    await mutex.acquire({ timeout: 10 }).catch(() => {})
    await lock.release()
    const [first, second] = named('acquire')
    expect(first!.attributes).to.include({ 'zookeeper.path': '/lock' })
    expect(first!.kind).to.equal(SpanKind.INTERNAL)
    expect(second!.attributes).to.include({ 'error.type': 'REQUEST_TIMEOUT' })
    const [hold] = named('hold')
    expect(hold!.attributes).to.include({
      'zookeeper.path': lock.path,
      'zookeeper.fencing_token': String(lock.token),
      'zookeeper.end_reason': 'released',
    })
  })

  it('measures requests by operation and outcome, what is in flight, sessions and watches', async () => {
    await zk.create('/a')
    await zk.getData('/missing').catch(() => {})
    const durations = await points('db.client.operation.duration')
    const of = (operation: string) =>
      durations.find(({ attributes }) => attributes['db.operation.name'] === operation) as DataPoint<{
        count: number
      }>
    expect(of('create').value.count).to.equal(1)
    expect(of('getData').attributes).to.include({ 'error.type': 'NO_NODE', 'server.port': server.port })
    expect(of('getData').attributes).not.to.have.property('zookeeper.path')
    expect(
      (await points('zookeeper.client.sessions')).map(({ value, attributes }) => [value, attributes]),
    ).to.deep.equal([[1, { 'zookeeper.session.state': 'connected' }]])
    server.holdReplies()
    const asked = [zk.exists('/'), zk.exists('/')]
    expect((await points('zookeeper.client.requests.in_flight'))[0]!.value).to.equal(2)
    expect((await points('zookeeper.client.queued'))[0]!.value).to.equal(0)
    server.releaseReplies()
    await Promise.all(asked)
    const watch = zk.watch('/b')
    await watch.ready
    await zk.create('/b')
    await watch.next()
    server.dropConnections()
    while ((await watch.next()).value?.type !== 'resync');
    await zk.exists('/b')
    expect((await points('zookeeper.client.watch.events'))[0]).to.deep.include({
      value: 1,
      attributes: { 'zookeeper.watch.event': 'created' },
    })
    expect((await points('zookeeper.client.reconnects'))[0]!.value).to.equal(1)
    const [setWatches] = (await points('zookeeper.client.set_watches.duration')) as DataPoint<{
      count: number
    }>[]
    expect(setWatches!.value.count).to.equal(1)
    await watch.close()
    const lock = await new Mutex(zk, '/lock').acquire()
    await lock.release()
    for (const name of ['wait', 'hold']) {
      const [point] = (await points(`zookeeper.client.recipe.${name}.duration`)) as DataPoint<{
        count: number
      }>[]
      expect(point!.value.count, name).to.equal(1)
    }
    await zk.close()
    expect((await points('zookeeper.client.requests.in_flight'))[0]!.value).to.equal(0)
  })

  it('makes spans only under another one if it is told to, or none at all', async () => {
    instrumentation.setConfig({ requireParentSpan: true })
    await zk.exists('/alone')
    expect(named('exists')).to.deep.equal([])
    await tracers.getTracer('test').startActiveSpan('parent', async span => {
      await zk.exists('/led')
      span.end()
    })
    expect(named('exists')).to.have.lengthOf(1)
    const quiet = new ZooKeeperInstrumentation({ spans: false })
    instrumentation.disable()
    quiet.setTracerProvider(tracers)
    quiet.setMeterProvider(meters)
    await tracers.getTracer('test').startActiveSpan('parent', async span => {
      await zk.exists('/quiet')
      span.end()
    })
    quiet.disable()
    expect(named('exists')).to.have.lengthOf(1)
  })

  it('listens to nothing once it is disabled, and again once it is enabled', async () => {
    instrumentation.disable()
    expect(requestChannel.hasSubscribers).to.equal(false)
    await zk.exists('/')
    expect(named('exists')).to.deep.equal([])
    instrumentation.enable()
    instrumentation.enable()
    await zk.exists('/')
    expect(named('exists')).to.have.lengthOf(1)
    expect(trace.getActiveSpan()).to.equal(undefined)
  })

  it('tells the version of its package', () => {
    const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
    expect(instrumentation.instrumentationVersion).to.equal(version)
  })
})
