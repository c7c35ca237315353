// A price list that is read often and replaced at times.

import { connect } from '@zookit/client'
import { ReadWriteLock } from '@zookit/recipes'

await using zk = await connect(process.argv[2] ?? '127.0.0.1:2181')
const lock = new ReadWriteLock(zk, '/locks/prices')

// Readers do not wait for each other.
{
  await using one = await lock.read.acquire({ timeout: 30_000 })
  await using other = await lock.read.acquire({ timeout: 30_000 })
  console.log('two readers:', one.held && other.held)
  console.log('a writer beside them:', (await lock.write.tryAcquire()) !== null)
}

// A writer is alone; then it goes on reading, and no other writer comes in between.
const writing = await lock.write.acquire({ timeout: 30_000 })
const waiting = lock.read.acquire({ timeout: 30_000 })
console.log('the list is replaced')
await using reading = await writing.downgrade()
await using reader = await waiting
console.log('both read the new list:', reading.held && reader.held, '- the writer holds it:', writing.held)
