// One of several processes does the work; when it stops or is lost, the next one goes on where it was.

import { setTimeout } from 'node:timers/promises'
import { connect } from '@zookit/client'
import { LeaderElection, type Leadership } from '@zookit/recipes'

const [hosts = '127.0.0.1:2181', name = `process-${process.pid}`, pause = '1000'] = process.argv.slice(2)

await using zk = await connect(hosts)
const stop = new AbortController()
process.once('SIGTERM', () => stop.abort())

/**
 * Counts on in a znode, as a leader that keeps its progress does. It returns when `signal` is aborted: the leadership
 * is lost, or the process stops.
 */
async function work(signal: AbortSignal, leadership: Leadership): Promise<void> {
  console.log(`${name}: leads, token ${leadership.token}`)
  while (!signal.aborted) {
    const { data, stat } = await zk.getData('/progress', { signal })
    const next = Number(data) + 1
    // The transaction is refused if another one leads meanwhile, whatever this process believes.
    const write = zk.transaction().setData('/progress', String(next), { version: stat.version })
    await leadership.guard(write).commit({ signal })
    console.log(`${name}: step ${next}`)
    await setTimeout(Number(pause), undefined, { signal })
  }
}

await zk.ensurePath('/progress')
const election = new LeaderElection(zk, '/elections/counter', { data: name })
// Stands again after a loss. The signal ends the work, the leadership and the call.
await election.lead(work, { signal: stop.signal })
console.log(`${name}: stopped`)
