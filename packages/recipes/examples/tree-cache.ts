// Two levels of a tree, without one znode that is not needed, and without the data.

import { connect } from '@zookit/client'
import { TreeCache } from '@zookit/recipes'

await using zk = await connect(process.argv[2] ?? '127.0.0.1:2181')
for (const path of ['/shop/eu/stock', '/shop/us/stock', '/shop/logs/today']) await zk.ensurePath(path)

await using shop = new TreeCache(zk, '/shop', {
  maxDepth: 2,
  data: false,
  select: path => path !== '/shop/logs',
})
await shop.start({ timeout: 10_000 })
console.log([...shop.current.keys()].sort().join(' '))

const changes = shop.changes()
await zk.create('/shop/eu/orders')
await zk.removeTree('/shop/us')

for await (const event of changes) {
  if ('path' in event) console.log(event.type, event.path)
  if (event.type === 'deleted' && event.path === '/shop/us') break
}
const names = shop.children('/shop/eu').map(({ name }) => name)
console.log('eu has', names.sort().join(' and '))
await zk.removeTree('/shop')
