// At most four connections at a time to a service that can take no more. The number is in a znode: change it there,
// and all clients follow.

import { connect } from '@zookit/client'
import { Semaphore } from '@zookit/recipes'

await using zk = await connect(process.argv[2] ?? '127.0.0.1:2181')
await zk.ensurePath('/config/service-limit')
await zk.setData('/config/service-limit', '4')
const semaphore = new Semaphore(zk, '/locks/service', { size: { path: '/config/service-limit' } })

const small = await semaphore.acquire({ data: 'a query', timeout: 30_000 })
const big = await semaphore.acquire({ data: 'a report', weight: 3, timeout: 30_000 })
console.log('room for one more:', (await semaphore.tryAcquire()) !== null)

// The first waiting contender is admitted as soon as there is room, and nobody overtakes it.
const waiting = semaphore.acquire({ weight: 2, timeout: 30_000 })
await zk.setData('/config/service-limit', '6')
await using second = await waiting
console.log('came in when the limit was raised:', second.weight)

const names = (await semaphore.contenders()).map(({ data }) => data?.toString() || 'no name')
console.log(names.join(', '))
await Promise.all([small.release(), big.release()])
