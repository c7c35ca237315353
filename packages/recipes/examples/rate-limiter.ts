// Two processes share a limit of five calls in any two seconds.

import { connect } from '@zookit/client'
import { RateLimiter } from '@zookit/recipes'

const hosts = process.argv[2] ?? '127.0.0.1:2181'
await using one = await connect(hosts)
await using two = await connect(hosts)

const rate = { permits: 5, interval: 2000 }
const [mine, theirs] = [new RateLimiter(one, '/limits/api', rate), new RateLimiter(two, '/limits/api', rate)]

await mine.acquire(3)
await theirs.acquire(2)
console.log('free now:', await mine.available())
console.log('one more at once:', await theirs.tryAcquire())

// Waits until the first permits have their interval behind them.
await theirs.acquire(1, { timeout: 10_000 })
console.log('one more after a while: true')
