// Jobs for any number of workers: none is lost when a worker dies, and one that always fails is set aside.
//
// main.ts HOSTS put JOB [JOB ...]
// main.ts HOSTS work
// main.ts HOSTS failed

import { setTimeout } from 'node:timers/promises'
import { connect, type ZooKeeper } from '@zookit/client'
import { Queue, type QueueItem } from '@zookit/recipes'

const [hosts, command, ...jobs] = process.argv.slice(2)

/** Stands for real work. A job may be done twice, if its worker dies before it is completed: it must not matter. */
async function resize(item: QueueItem, signal: AbortSignal): Promise<void> {
  console.log(`${item.data}: begun, time ${item.attempts}`)
  await setTimeout(50, undefined, { signal })
  if (!String(item.data).endsWith('.png')) throw new Error('not a picture')
}

/** Works until SIGTERM, which lets the jobs that are under way end. */
async function work(queue: Queue): Promise<void> {
  const stop = new AbortController()
  process.once('SIGTERM', () => stop.abort())
  const job = async (item: QueueItem, signal: AbortSignal): Promise<void> => {
    await resize(item, signal)
    console.log(`${item.data}: done`)
  }
  const onError = (error: unknown, item: QueueItem): void => console.log(`${item.data}: ${error}`)
  console.log('ready')
  await queue.consume(job, { concurrency: 2, signal: stop.signal, onError })
  console.log('stopped')
}

/** Lists the jobs that were set aside, and leaves them there. */
async function failed(zk: ZooKeeper, queue: Queue): Promise<void> {
  const letters = `${queue.deadLetters}/items`
  if ((await zk.exists(letters)) === null) return console.log('none')
  for (const { data } of (await zk.getChildrenData(letters)).children.values()) console.log(`${data}`)
}

await using zk = await connect(hosts ?? '127.0.0.1:2181')
const queue = new Queue(zk, '/queues/pictures', { maxAttempts: 3 })
if (command === 'put') console.log(`put ${(await queue.putAll(jobs)).length}`)
else if (command === 'work') await work(queue)
else if (command === 'failed') await failed(zk, queue)
else throw new Error('HOSTS put JOB ... | HOSTS work | HOSTS failed')
