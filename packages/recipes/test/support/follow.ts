import type { Config, ConfigEvent } from '../../src/index.ts'

/** Collects events until the configuration is closed. */
export function follow<Value>(config: Config<Value>): ConfigEvent<Value>[] {
  const events: ConfigEvent<Value>[] = []
  void (async () => {
    for await (const event of config.changes()) events.push(event)
  })()
  return events
}
