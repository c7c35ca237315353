import { type Service, ServiceDiscovery, ServiceRegistry } from '@zookit/recipes'
import type { Load, LoadContext } from '../context.ts'

export const SERVICES = '/services'
export const SERVICE = 'web'

const followed = new WeakMap<LoadContext, Service>()

/** Discovery: each client publishes an instance, and follows those of all. */
export const discovery: Load = {
  start(context) {
    const { zk, name } = context
    const registry = new ServiceRegistry(zk, SERVICES)
    const instance = { name: SERVICE, id: name.replace('#', '-'), address: '127.0.0.1', port: 80 }
    void registry.publish(instance).catch(() => {})
    const service = new ServiceDiscovery(zk, SERVICES).service(SERVICE)
    followed.set(context, service)
    void service.start().catch(() => {})
  },
  report(context) {
    const service = followed.get(context)!
    return service.stale ? 'stale' : service.current.map(({ id }) => id).sort()
  },
}
