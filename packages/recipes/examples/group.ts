// Two workers join a group, an observer follows the members, and one of them leaves.

import { connect } from '@zookit/client'
import { Group } from '@zookit/recipes'

const hosts = process.argv[2] ?? '127.0.0.1:2181'
await using one = await connect(hosts)
await using two = await connect(hosts)
await using observer = await connect(hosts)

const group = new Group(observer, '/workers')
await using members = group.members
await members.start({ timeout: 10_000 })
const changes = members.changes()

await using first = await new Group(one, '/workers').join({ name: 'one', data: 'idle', timeout: 10_000 })
const second = await new Group(two, '/workers').join({ name: 'two', data: 'idle' })
await first.setData('busy')

for await (const event of changes) {
  if (event.type === 'created') console.log(`${event.node.name} has joined: ${event.node.data}`)
  if (event.type === 'created' && event.node.name === 'two') void second.leave()
  if (event.type === 'changed') console.log(`${event.node.name} says: ${event.node.data}`)
  if (event.type === 'deleted') console.log(`${event.previous.name} has left`)
  if (event.type === 'deleted') break
}
console.log('members:', [...members.current.keys()].join(), 'stale:', members.stale)
console.log('certainly a member:', first.held)
