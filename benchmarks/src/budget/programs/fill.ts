// Fills a server with znodes, a thousand below each parent.

import { connect, type WriteOperation } from '@zookit/client'
import { answer } from './answer.ts'

const SIBLINGS = 1000
const AHEAD = 8

await answer<{ hosts: string; nodes: number; payload: number }>(async ({ hosts, nodes, payload }) => {
  const zk = await connect(hosts, { maxRequestSize: 16 * 1024 * 1024 })
  const data = Buffer.alloc(payload, 'x')
  await zk.create('/many')
  const underway: Promise<unknown>[] = []
  for (let parent = 0; parent * SIBLINGS < nodes; parent++) {
    const path = `/many/${parent}`
    const children = Array.from(
      { length: Math.min(SIBLINGS, nodes - parent * SIBLINGS) },
      (_, index) => index,
    )
    const operations: WriteOperation[] = [{ type: 'create', path }]
    for (const child of children) operations.push({ type: 'create', path: `${path}/${child}`, data })
    underway.push(zk.multi(operations))
    if (underway.length === AHEAD) await Promise.all(underway.splice(0))
  }
  await Promise.all(underway)
  await zk.close()
  return {}
})
