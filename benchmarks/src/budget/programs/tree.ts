// Caches and walks a tree. Each line on stdin is a step, and is answered when it is done.

import { connect, type ZooKeeper } from '@zookit/client'
import { TreeCache } from '@zookit/recipes'
import { answer } from './answer.ts'

/** A step of the measurement. */
export type Step =
  | { step: 'connect'; hosts: string }
  /** Fills a cache with the tree. */
  | { step: 'cache'; path: string }
  /** Counts changes from now on. */
  | { step: 'arm'; count: number }
  /** Waits for that many changes. */
  | { step: 'changed' }
  | { step: 'walk' | 'remove' | 'each' | 'many'; path: string }

/** The result of a step. */
export interface Stepped {
  /** Milliseconds; those of `changed` begin with the next connection. */
  ms: number
  count?: number
  /** The memory of the cache after a collection. */
  bytes?: number
}

let zk: ZooKeeper
let cache: TreeCache
let connectedAt = 0
let changed: Promise<number>

function memory(): number {
  for (let i = 0; i < 4; i++) globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

async function fill(path: string): Promise<Stepped> {
  const before = memory()
  cache = new TreeCache(zk, path)
  const began = performance.now()
  await cache.start()
  const ms = performance.now() - began
  return { ms, count: cache.current.size, bytes: memory() - before }
}

async function follow(count: number): Promise<number> {
  for await (const { type } of cache.changes({ buffer: 1_000_000 })) {
    if (type === 'changed' && --count === 0) return performance.now()
  }
  throw new Error('the cache has ended')
}

async function run(order: Step): Promise<Stepped> {
  switch (order.step) {
    case 'connect':
      zk = await connect(order.hosts)
      return { ms: 0 }
    case 'cache':
      return fill(order.path)
    case 'arm':
      changed = follow(order.count)
      zk.on('state', state => {
        if (state === 'connected') connectedAt = performance.now()
      })
      return { ms: 0 }
    case 'changed':
      return { ms: (await changed) - connectedAt }
    case 'each':
    case 'many':
      return readAll(order.step, order.path)
    default:
      return onTree(order.step, order.path)
  }
}

/** Reads every znode with its data: with a getData for each, or all of them together. */
async function readAll(step: 'each' | 'many', path: string): Promise<Stepped> {
  const paths: string[] = []
  for await (const znode of zk.walk(path)) paths.push(znode.path)
  const began = performance.now()
  const reading = step === 'many' ? zk.getMany(paths) : Promise.all(paths.map(one => zk.getData(one)))
  return { count: (await reading).length, ms: performance.now() - began }
}

async function onTree(step: 'walk' | 'remove', path: string): Promise<Stepped> {
  const began = performance.now()
  let count = 0
  if (step === 'remove') count = await zk.removeTree(path)
  else for await (const _ of zk.walk(path)) count++
  return { ms: performance.now() - began, count }
}

await answer<Step>(run)
