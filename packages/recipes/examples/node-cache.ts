// A flag that a process reads all the time, and that somebody else changes.

import { connect } from '@zookit/client'
import { NodeCache } from '@zookit/recipes'

const hosts = process.argv[2] ?? '127.0.0.1:2181'
await using zk = await connect(hosts)
await using operator = await connect(hosts)

await using flag = new NodeCache(zk, '/flags/checkout')
await flag.start({ timeout: 10_000 })
console.log('at first:', flag.current?.data?.toString() ?? 'no such znode')

const changes = flag.changes()
await operator.ensurePath('/flags')
await operator.create('/flags/checkout', 'on')
await operator.setData('/flags/checkout', 'off')
await operator.delete('/flags/checkout')

for await (const event of changes) {
  if (event.type === 'created' || event.type === 'changed')
    console.log(event.type, event.node.data?.toString())
  if (event.type === 'deleted') break
}
console.log('at last:', flag.current, 'stale:', flag.stale)
