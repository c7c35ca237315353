// Workers publish what they do, and an observer has all of it in memory, without a request to the server.

import { connect } from '@zookit/client'
import { ChildrenCache } from '@zookit/recipes'

const hosts = process.argv[2] ?? '127.0.0.1:2181'
await using zk = await connect(hosts)
const worker = await connect(hosts)
await worker.ensurePath('/workers')
await worker.create('/workers/one', 'idle', { mode: 'ephemeral' })

await using workers = new ChildrenCache(zk, '/workers')
await workers.start({ timeout: 10_000 })
for (const { name, data, stat } of workers.current.values()) {
  console.log(
    `${name} is ${data}, of session ${stat.ephemeralOwner === worker.session.id ? 'one' : 'another'}`,
  )
}

// Events from now on; what exists already is in `current`.
const changes = workers.changes()
await worker.setData('/workers/one', 'busy')
await worker.close()

for await (const event of changes) {
  if (event.type === 'changed')
    console.log(`${event.node.name} was ${event.previous.data}, is ${event.node.data}`)
  if (event.type !== 'deleted') continue
  console.log(`${event.previous.name} has left`)
  break
}
console.log('left:', workers.current.size)
