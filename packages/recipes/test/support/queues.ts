import type { ZooKeeper } from '@zookit/client'
import { type ItemQueue, Queue, type QueueOptions } from '../../src/index.ts'
import type { TestBed } from './test-bed.ts'

export const PATH = '/queues/jobs'

export function queueOf(zk: ZooKeeper, options: QueueOptions = {}): Queue {
  return new Queue(zk, PATH, { jitter: 0, ...options })
}

/** Returns the paths of the holders, which are below their items. */
export function holdersOf(bed: TestBed): string[] {
  const names = bed.names(`${PATH}/items`).filter(name => name.includes('/'))
  return names.map(name => `${PATH}/items/${name}`)
}

/** Counts what is left of a queue: items, claims and holders. */
export function leftOf(bed: TestBed): number[] {
  const holders = holdersOf(bed).length
  return [bed.names(`${PATH}/items`).length - holders, bed.names(`${PATH}/claims`).length, holders]
}

/** Takes an item and completes it. Returns its data. */
export async function completeOne(queue: ItemQueue): Promise<string> {
  const item = await queue.take()
  await item.complete()
  return String(item.data)
}
