import { connect, type ZooKeeper } from '@zookit/client'
import { Mutex, NodeCache } from '@zookit/recipes'
import type { TestEnsemble } from '@zookit/testing'
import { World } from '@zookit/testing/simulate'
import { count, type Figure } from './figure.ts'

const HOUR = 3_600_000
const HOURS = 24
const CLIENTS = 4
/** Milliseconds of the world between two turns of a client, and between two faults. */
const TURN = 1000
const FAULT = 30_000

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`

/** Returns the bytes of the heap that are in use when all garbage is gone. */
function heapUsed(): number {
  if (globalThis.gc === undefined) throw new Error('run with --expose-gc, as `pnpm faults:figures` does')
  globalThis.gc()
  return process.memoryUsage().heapUsed
}

/** Does what a service does, for ever: reads, writes, holds a lock for a moment, watches. */
async function work(world: World, zk: ZooKeeper, until: number, done: { calls: number }): Promise<void> {
  const cache = new NodeCache(zk, '/shared')
  await cache.start()
  const mutex = new Mutex(zk, '/lock')
  const stream = zk.watch('/shared')
  void (async () => {
    for await (const _ of stream) done.calls++
  })()
  while (world.now < until) {
    await world.sleep(world.random.int(1, 2 * TURN))
    try {
      await using lock = await mutex.acquire({ timeout: 20_000 })
      await zk.setData('/shared', String(lock.token))
      done.calls += 3
    } catch {
      // Connections are lost on purpose.
    }
  }
  await stream.close()
  await cache.close()
}

/** Loses connections, and expires a session now and then. */
async function disturb(
  world: World,
  ensemble: TestEnsemble,
  clients: readonly ZooKeeper[],
  until: number,
): Promise<void> {
  while (world.now < until) {
    await world.sleep(FAULT)
    world.network.reset({})
    if (world.random.chance(0.05)) ensemble.leader?.expireSession(world.random.pick(clients).session.id)
  }
}

async function live(
  world: World,
  hours: number,
  say: (line: string) => void,
): Promise<{ heaps: number[]; calls: number }> {
  const ensemble = await world.ensemble({ seed: { shared: '' }, recordRequests: false })
  const clients = await Promise.all(
    Array.from({ length: CLIENTS }, (_, index) => {
      const { environment } = world.process(`client ${index}`)
      return connect(ensemble.hosts, { environment, sessionTimeout: 10_000 })
    }),
  )
  const until = world.now + hours * HOUR
  const done = { calls: 0 }
  const ended = Promise.all([
    ...clients.map(zk => work(world, zk, until, done)),
    disturb(world, ensemble, clients, until),
  ])
  const heaps: number[] = []
  for (let hour = 1; hour <= hours; hour++) {
    await world.sleep(HOUR)
    heaps.push(heapUsed())
    say(`  hour ${hour}: ${mebibytes(heaps.at(-1)!)}, ${count(done.calls)} calls`)
  }
  await ended
  await Promise.all(clients.map(zk => zk.close()))
  return { heaps, calls: done.calls }
}

/** The memory of clients and servers over a simulated day. */
export const day: Figure = {
  name: 'day',
  bar: `${HOURS} hours of simulated time with flat memory`,
  async measure({ scale, say }) {
    const hours = Math.max(4, Math.round(scale * HOURS))
    const world = new World({ seed: 'a day' })
    const { heaps, calls } = await world.run(() => live(world, hours, say), (hours + 1) * HOUR)
    // The first hours fill what has a bound: buffers, compiled code.
    const half = Math.floor(heaps.length / 2)
    const mean = (part: readonly number[]): number => part.reduce((sum, each) => sum + each, 0) / part.length
    const growth = mean(heaps.slice(half)) - mean(heaps.slice(1, half))
    const text = `${hours} hours, ${count(calls)} calls: ${mebibytes(heaps[0]!)} after the first hour, ${mebibytes(heaps.at(-1)!)} after the last; the later half has ${mebibytes(growth)} more than the earlier`
    return { text, isReached: growth < 2 ** 20 && hours >= HOURS }
  },
}
