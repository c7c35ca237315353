import type { ZooKeeper } from '@zookit/client'
import { type Service, ServiceDiscovery, type ServiceInstance, ServiceRegistry } from '../../src/index.ts'
import { Clock, type TestBed } from './test-bed.ts'

export const PATH = '/services'
export const seed = { services: { web: '' } }

export function idsOf(instances: readonly ServiceInstance[]): string {
  return instances.map(({ id }) => id).join('')
}

/** Publishes instances `a`, `b` and so on. */
export async function publish(zk: ZooKeeper, ids: string, name = 'web'): Promise<ServiceRegistry> {
  const registry = new ServiceRegistry(zk, PATH, { jitter: 0 })
  for (const id of ids) await registry.publish({ name, id, address: `host-${id}`, port: 80 })
  return registry
}

/** Makes a test bed with instances and a started service, whose clock a test moves. */
export async function serve(
  bed: TestBed,
  ids: string,
  options: ConstructorParameters<typeof ServiceDiscovery>[2] = {},
  strategy?: Parameters<ServiceDiscovery['service']>[1],
): Promise<{ service: Service; clock: Clock; registry: ServiceRegistry; zk: ZooKeeper }> {
  const clock = new Clock()
  const environment = { ...clock.environment, random: () => 0 }
  const zk = await bed.client({ environment, sessionTimeout: 60_000 })
  const registry = await publish(await bed.client(), ids)
  const service = new ServiceDiscovery(zk, PATH, { jitter: 0, ...options }).service('web', strategy)
  await service.start()
  return { service, clock, registry, zk }
}
