// Measures zookit's Mutex, with the same lines on stdin and stdout as kazoo-locks.py.

import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { connect, type ZooKeeper } from '@zookit/client'
import { Mutex } from '@zookit/recipes'

/** The order to measure clients that each acquire and release one lock, again and again. */
export interface Task {
  path: string
  clients: number
  /** True waits for each release before the next acquisition, in a client that does not need to. */
  waits: boolean
  seconds: number
}

const hosts = process.argv[2]!
const clients: ZooKeeper[] = []

function say(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}

async function cycles(zk: ZooKeeper, { path, waits }: Task, end: number): Promise<number> {
  const mutex = new Mutex(zk, path)
  let count = 0
  let releasing = Promise.resolve()
  while (performance.now() < end) {
    const lock = await mutex.acquire()
    count++
    releasing = lock.release()
    if (waits) await releasing
  }
  await releasing
  return count
}

async function measure(task: Task): Promise<number> {
  const { path, seconds, clients: number } = task
  while (clients.length < number) clients.push(await connect(hosts, { sessionTimeout: 30_000 }))
  const zks = clients.slice(0, number)
  await zks[0]!.ensurePath(path)
  const start = performance.now()
  const end = start + seconds * 1000
  const counts = await Promise.all(zks.map(zk => cycles(zk, task, end)))
  return counts.reduce((sum, count) => sum + count, 0) / ((performance.now() - start) / 1000)
}

const manifest = new URL('../../../packages/recipes/package.json', import.meta.url)
say({ version: JSON.parse(readFileSync(manifest, 'utf8')).version })
for await (const line of createInterface({ input: process.stdin })) {
  say({ perSecond: await measure(JSON.parse(line)) })
}
await Promise.all(clients.map(zk => zk.close()))
