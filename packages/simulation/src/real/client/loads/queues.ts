import { setTimeout as sleep } from 'node:timers/promises'
import { Queue } from '@zookit/recipes'
import type { Load } from '../context.ts'

export const QUEUE = '/queue'

/** The items of a queue that gets no more: whatever the consumers are held up by, a list of its items stays short. */
const FULL = 500

/** Queues: each client puts items in, takes some, and completes most of them. */
export const queues: Load = {
  start(context) {
    const { zk, random, recorder } = context
    const queue = new Queue(zk, QUEUE)
    context.loop(100, async () => {
      const about = { load: 'queues', action: 'size', path: QUEUE }
      const size = await context.call(about, () => queue.size())
      if (size === undefined || size >= FULL) return
      const token = context.token()
      await context.call({ load: 'queues', action: 'put', path: QUEUE, token }, () => queue.put(token))
    })
    context.loop(80, async () => {
      const about = { load: 'queues', action: 'take', path: QUEUE }
      const item = await context.call(about, () => queue.take({ timeout: random.int(100, 3000) }))
      if (item === undefined) return
      const token = String(item.data)
      recorder.note({ kind: 'taken', token })
      await sleep(random.int(0, 50))
      const action = random.chance(0.2) ? 'give back' : 'complete'
      await context.call({ load: 'queues', action, path: QUEUE, token }, () =>
        action === 'complete' ? item.complete() : item.release(),
      )
    })
  },
}
