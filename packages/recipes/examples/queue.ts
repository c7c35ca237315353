// Jobs, urgent jobs and reminders.

import { connect } from '@zookit/client'
import { DelayQueue, PriorityQueue, Queue } from '@zookit/recipes'

const hosts = process.argv[2] ?? '127.0.0.1:2181'
await using producer = await connect(hosts)
await using consumer = await connect(hosts)

// One by one: an item that is not completed when its scope is left goes back. So does the item of a process that
// dies.
await new Queue(producer, '/queues/jobs').putAll(['resize 1.png', 'resize 2.png', 'resize 3.png'])
const jobs = new Queue(consumer, '/queues/jobs', { maxAttempts: 3 })
{
  await using item = await jobs.take({ timeout: 30_000 })
  console.log(`${item.data}: given back`)
}

// Or in a loop, several at a time. An item that fails is tried again, and set aside after the third time.
const stop = new AbortController()
const consuming = jobs.consume(
  async (item, signal) => {
    if (String(item.data) === 'resize 2.png') throw new Error(`no such picture, time ${item.attempts}`)
    signal.throwIfAborted()
    console.log(`${item.data}: done`)
  },
  {
    concurrency: 2,
    signal: stop.signal,
    onError: (error, item) => console.log(`${item.data}: ${error}`),
  },
)
while ((await jobs.size()) > 0) await new Promise(resolve => setTimeout(resolve, 10))
stop.abort()
await consuming
console.log('set aside:', await new Queue(consumer, jobs.deadLetters).size())

// The lowest number first.
const urgent = new PriorityQueue(producer, '/queues/urgent')
await urgent.putAll([{ data: 'some time' }, { data: 'at once', priority: -10 }])
{
  await using item = await urgent.take()
  console.log(`${item.data}`)
  await item.complete()
}

// Not before it is due.
const reminders = new DelayQueue(producer, '/queues/reminders')
await reminders.put('tea is ready', { delay: 100 })
console.log('due now:', (await reminders.tryTake()) !== null)
{
  await using item = await reminders.take({ timeout: 30_000 })
  console.log(`${item.data}`)
  await item.complete()
}
