// Calls an API whose limit all processes share: at most so many calls in any interval, by all of them together.
//
// main.ts HOSTS CALLS [PERMITS] [INTERVAL]

import { connect } from '@zookit/client'
import { RateLimiter } from '@zookit/recipes'

const [hosts = '127.0.0.1:2181', calls = '10', permits = '5', interval = '2000'] = process.argv.slice(2)

/** Stands for the API. */
async function call(number: number): Promise<void> {
  console.log(`call ${number} of process ${process.pid}`)
}

await using zk = await connect(hosts)
const limiter = new RateLimiter(zk, '/limits/api', { permits: Number(permits), interval: Number(interval) })
const stop = new AbortController()
process.once('SIGTERM', () => stop.abort())

try {
  for (let number = 1; number <= Number(calls); number++) {
    if (!(await limiter.tryAcquire(1, { signal: stop.signal }))) {
      console.log('waits')
      // In line with all other processes: the one that has waited longest is next.
      await limiter.acquire(1, { signal: stop.signal })
    }
    await call(number)
  }
} catch (error) {
  if (!stop.signal.aborted) throw error
  console.log('stopped')
}
