import { connect, type ZooKeeper } from '@zookit/client'
import { World } from '@zookit/testing/simulate'
import { expect } from 'chai'
import { queueOf } from './support/queues.ts'

const CONSUMERS = 8
const ITEMS = 60

/** Puts items one by one, each when the one before was taken. @returns the number of conflicts. */
async function conflictsOneByOne(zks: readonly ZooKeeper[]): Promise<number> {
  const queues = zks.map(zk => queueOf(zk, { jitter: 100 }))
  const stop = new AbortController()
  let tell = (): void => {}
  const consuming = queues.map(queue => queue.consume(() => tell(), { signal: stop.signal }).catch(() => {}))
  for (let times = 0; times < ITEMS; times++) {
    const worked = new Promise<void>(resolve => (tell = resolve))
    await queues[0]!.put(`${times}`)
    await worked
  }
  stop.abort()
  await Promise.all(consuming)
  return queues.reduce((sum, queue) => sum + queue.conflicts, 0)
}

// The number of conflicts is up to who pauses for how long: on real clocks it grows with what else the machine does.
describe('Many consumers of a queue, in a world of a given time', () => {
  it('soon avoid conflicts when items come one by one', async () => {
    const world = new World({ seed: 1, network: { latency: 1 } })
    let conflicts = Number.NaN
    await world.run(async () => {
      const server = await world.server()
      const open = (_: unknown, index: number): Promise<ZooKeeper> =>
        connect(server.hosts, { environment: world.process(`consumer ${index}`).environment })
      const zks = await Promise.all(Array.from({ length: CONSUMERS }, open))
      conflicts = await conflictsOneByOne(zks)
      for (const zk of zks) await zk.close()
    }, 600_000)
    // There would be 420 if all of them tried each time, and 105 if none had an estimate of its rivals.
    expect(conflicts).to.be.below(80)
  })
})
