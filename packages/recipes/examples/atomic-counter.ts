// Two processes count the same events, each event exactly once.

import { connect } from '@zookit/client'
import { AtomicCounter } from '@zookit/recipes'

const hosts = process.argv[2] ?? '127.0.0.1:2181'
await using one = await connect(hosts)
await using two = await connect(hosts)

const [orders, others] = [
  new AtomicCounter(one, '/counters/orders'),
  new AtomicCounter(two, '/counters/orders'),
]
const start = await orders.get()

const values = await Promise.all([
  ...Array.from({ length: 5 }, () => orders.increment({ timeout: 10_000 })),
  ...Array.from({ length: 5 }, () => others.increment({ timeout: 10_000 })),
])
console.log('different numbers:', new Set(values).size)
console.log('counted:', (await orders.get()) - start)

// Sets the number only if it still is what we know.
const now = await orders.get()
console.log(
  'first:',
  await orders.compareAndSet(now, now + 100n),
  'second:',
  await others.compareAndSet(now, 0n),
)
