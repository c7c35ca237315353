// Ids that nobody else gets, most of them without a request.

import { connect } from '@zookit/client'
import { IdGenerator } from '@zookit/recipes'

const hosts = process.argv[2] ?? '127.0.0.1:2181'
await using one = await connect(hosts)
await using two = await connect(hosts)

const [mine, theirs] = [
  new IdGenerator(one, '/ids/order', { block: 50 }),
  new IdGenerator(two, '/ids/order', { block: 50 }),
]
const ids = new Set<bigint>()
for (let i = 0; i < 60; i++) {
  ids.add(await mine.next({ timeout: 10_000 }))
  ids.add(await theirs.next({ timeout: 10_000 }))
}
console.log('different ones:', ids.size)
console.log('left of the block:', mine.reserved)
console.log('reserved by all:', (await one.getData('/ids/order')).data?.toString())
