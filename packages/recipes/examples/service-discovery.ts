// Two instances of a service are published; a client finds them, calls them, and goes on when one fails.

import { connect } from '@zookit/client'
import { rendezvous, ServiceDiscovery, ServiceRegistry, uriOf } from '@zookit/recipes'
import { z } from 'zod'

const hosts = process.argv[2] ?? '127.0.0.1:2181'
const schema = z.object({ zone: z.string() })

// The publisher. Any Standard Schema validator describes the payload.
await using server = await connect(hosts)
await using registry = new ServiceRegistry(server, '/services', { schema })
const uriSpec = '{scheme}://{address}:{port}/'
const web = { name: 'web', address: '10.0.0.1', uriSpec }
await registry.publish({ ...web, id: 'a', port: 8001, payload: { zone: 'north' } })
const health = { check: () => true, interval: 5000 }
const b = await registry.publish({ ...web, id: 'b', port: 8002, payload: { zone: 'south' } }, { health })

// The caller.
await using client = await connect(hosts)
const discovery = new ServiceDiscovery(client, '/services', { schema })
await using service = discovery.service('web')
const changes = service.changes()
await service.start({ timeout: 10_000 })
for (const instance of service.current) console.log(instance.id, uriOf(instance), instance.payload.zone)

// The first instance fails: the call goes on with the next, and the first is left out for a while.
const answer = await service.call(
  async (instance, signal) => {
    signal.throwIfAborted()
    if (instance.id === 'a') throw new Error('connection refused')
    return `${instance.id} has answered`
  },
  { timeout: 10_000, attempts: 2, attemptTimeout: 2000 },
)
console.log(answer, 'usable:', service.available.map(({ id }) => id).join())

// An instance that knows that it is unhealthy reports it to everybody.
await b.report(false, { reason: 'out of memory' })
for await (const event of changes) {
  if (event.type === 'out') console.log(`${event.instance.id} is left out for a while`)
  if (event.type === 'changed') console.log(`${event.instance.id} enabled: ${event.instance.enabled}`)
  if (event.type === 'changed') break
}

// The same user gets the same instance in every process, whichever others come and go.
await using sticky = discovery.service('web', rendezvous())
await sticky.start()
console.log('user 7 belongs to', sticky.pick({ key: 'user 7' })?.id)
