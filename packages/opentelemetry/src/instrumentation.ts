import { InstrumentationBase, type InstrumentationConfig } from '@opentelemetry/instrumentation'
import { Metrics } from './metrics.ts'
import { makeSpans } from './spans.ts'

const NAME = '@zookit/opentelemetry'
const VERSION = '0.1.0'

/** The configuration of the instrumentation. */
export interface ZooKeeperInstrumentationConfig extends InstrumentationConfig {
  /** False makes no spans, so that metrics alone are kept. Default true. */
  spans?: boolean
  /** True makes a span for a request only where there is a span around it. Default false. */
  requireParentSpan?: boolean
}

/**
 * Spans and metrics of zookit. It listens to zookit's diagnostics channels, and patches nothing: it may be registered
 * before or after zookit is loaded, and `disable` leaves nothing behind.
 */
export class ZooKeeperInstrumentation extends InstrumentationBase<ZooKeeperInstrumentationConfig> {
  // The base class calls `init`, `_updateMetricInstruments` and `enable` from its constructor, before fields of this class
  // would get their values: so they are declared only.
  declare private zookitMetrics: Metrics | undefined
  declare private zookitStops: (() => void)[] | undefined

  constructor(config: ZooKeeperInstrumentationConfig = {}) {
    super(NAME, VERSION, config)
  }

  /** Does nothing: there is no module to patch. */
  protected override init(): void {}

  protected override _updateMetricInstruments(): void {
    if (this.zookitMetrics === undefined) this.zookitMetrics = new Metrics(this.meter)
    else this.zookitMetrics.use(this.meter)
  }

  override enable(): void {
    super.enable()
    if (this.zookitStops !== undefined) return
    this.zookitStops = [this.zookitMetrics!.listen()]
    if (this.getConfig().spans === false) return
    const settings = {
      tracer: () => this.tracer,
      requiresParent: () => this.getConfig().requireParentSpan === true,
    }
    this.zookitStops.push(makeSpans(settings))
  }

  override disable(): void {
    super.disable()
    for (const stop of this.zookitStops ?? []) stop()
    this.zookitStops = undefined
  }
}
