// One of many workers makes the report. Run it twice at the same time: the second one waits for the first.

import { connect } from '@zookit/client'
import { Mutex } from '@zookit/recipes'

await using zk = await connect(process.argv[2] ?? '127.0.0.1:2181')
await zk.ensurePath('/reports/today')
const mutex = new Mutex(zk, '/locks/report', { data: `process ${process.pid}` })

{
  await using lock = await mutex.acquire({ timeout: 30_000 })
  const [holder] = await mutex.contenders()
  console.log(`held by ${holder?.data}`)

  // Long work checks the signal: it is aborted as soon as ownership can no longer be guaranteed.
  for (const part of ['head', 'body']) {
    lock.signal.throwIfAborted()
    console.log(`made the ${part}`)
  }

  // A write to ZooKeeper that is applied only while the lock's znode exists.
  await lock.guard(zk.transaction().setData('/reports/today', 'done')).commit()

  // Not re-entrant: the lock is busy for the same process, too.
  console.log('free for a second one:', (await mutex.tryAcquire()) !== null)
}

const length = await mutex.withLock(
  async signal => {
    const { data } = await zk.getData('/reports/today', { signal })
    return data?.length
  },
  { timeout: 30_000 },
)
console.log(`${length} bytes`)
