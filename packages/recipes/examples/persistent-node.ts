// A process shows that it is alive by a znode that is created again, whoever deletes it and whatever happens to its
// session.

import { connect, ZooKeeperError } from '@zookit/client'
import { PersistentNode, PersistentTtlNode } from '@zookit/recipes'

const hosts = process.argv[2] ?? '127.0.0.1:2181'
await using zk = await connect(hosts)
await using operator = await connect(hosts)

{
  await using node = new PersistentNode(zk, '/workers/one', { data: 'idle' })
  const changes = node.changes()
  await node.start({ timeout: 10_000 })
  await node.setData('busy')

  await operator.delete('/workers/one')
  for await (const event of changes) {
    if (event.type === 'lost') console.log(`lost: ${event.reason}`)
    if (event.type === 'created') console.log(`created, after: ${event.after}`)
    if (event.type === 'created' && event.after === 'deleted') break
  }
  const { data } = await operator.getData('/workers/one')
  console.log(`it says ${data}, stale: ${node.stale}`)
}
console.log('closed, and there:', (await operator.exists('/workers/one')) !== null)

// A znode that outlives its session by a minute, if the server has TTL znodes.
try {
  await using hint = new PersistentTtlNode(zk, '/hints/one', { ttl: 60_000, data: 'warm' })
  await hint.start({ timeout: 10_000 })
  console.log('touched every 20 seconds')
} catch (error) {
  if (!(ZooKeeperError.is(error) && error.code === 'UNIMPLEMENTED')) throw error
  console.log('this server has no TTL znodes')
}
