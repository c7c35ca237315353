// The partitions of a feed are read by all running processes: each partition by one process at a time.

import { connect } from '@zookit/client'
import { Partitioner } from '@zookit/recipes'

const hosts = process.argv[2] ?? '127.0.0.1:2181'
const partitions = ['feed-0', 'feed-1', 'feed-2', 'feed-3', 'feed-4', 'feed-5']
await using one = await connect(hosts)
await using two = await connect(hosts)

// With a callback: it is called for each partition that is assigned to this member, here all of them.
const stop = new AbortController()
const first = new Partitioner(one, '/partitions/feed', { partitions, member: 'first', settle: 100 })
const reading = first.run(
  async (_partition, signal) => {
    // Read on from where the previous owner stopped; stop when the partition must be released, or was lost.
    if (!signal.aborted) await new Promise(resolve => signal.addEventListener('abort', resolve))
  },
  { signal: stop.signal },
)
for await (const { state, partitions } of first.changes()) {
  if (state !== 'acquired') continue
  console.log(`first: alone, ${partitions.length} partitions`)
  break
}

// With handles: a second member gets half of them, as soon as the first one has released them.
const second = new Partitioner(two, '/partitions/feed', { partitions, member: 'second', settle: 100 })
await second.start({ timeout: 30_000 })
console.log(`second: ${second.current.partitions.length} of those of ${second.current.members.join(' and ')}`)

// When the first member leaves, the second one gets all.
stop.abort()
await reading.catch(error => console.log(`first: ${error.code}`))
for await (const { partitions, members } of second.changes()) {
  if (partitions.length < 6) continue
  console.log(`second: all ${partitions.length}, of ${members.length} member`)
  break
}
await second.close()
