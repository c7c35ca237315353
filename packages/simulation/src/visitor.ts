import { type ConnectOptions, connect, type ZooKeeper } from '@zookit/client'
import type { System } from './system.ts'

/** Connects a client of its own, beside the actors. */
export async function visitor(system: System, name: string, options: ConnectOptions): Promise<ZooKeeper> {
  const process = system.world.process(name)
  return connect(system.ensemble.hosts, {
    connectTimeout: Number.POSITIVE_INFINITY,
    environment: process.environment,
    backoff: { initial: 50, max: 1000 },
    ...options,
  })
}
