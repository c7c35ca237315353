// Three workers begin each step of a computation together, and end it together.

import { connect } from '@zookit/client'
import { DoubleBarrier } from '@zookit/recipes'

const hosts = process.argv[2] ?? '127.0.0.1:2181'

async function work(name: string): Promise<void> {
  await using zk = await connect(hosts)
  const barrier = new DoubleBarrier(zk, '/barriers/step', { count: 3, data: name })
  for (const step of [1, 2]) {
    const inside = await barrier.enter({ timeout: 30_000 })
    console.log(`${name}: step ${step}`)
    await inside.leave({ timeout: 30_000 })
  }
}

await Promise.all(['a', 'b', 'c'].map(work))
console.log('all have done all steps')
