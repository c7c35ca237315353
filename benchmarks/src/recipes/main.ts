// Measures locks per second: zookit's Mutex beside kazoo's Lock, in turns, against the same real server.

import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { connect } from '@zookit/client'
import { startServer } from '@zookit/test-fixtures'
import Table from 'cli-table3'
import { median } from 'simple-statistics'
import { type Contestant, startKazoo, startZookit } from './contestant.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    'warm-up': { type: 'string', default: '6' },
    json: { type: 'string' },
    check: { type: 'boolean', default: false },
  },
})

/**
 * The loads, and the ratio that zookit must reach. kazoo waits for each release. zookit need not: a release is sent when
 * the call returns, and requests keep their order. A client that waits for acquisition and release cannot do more than
 * one cycle in the time of two writes: that load is shown beside this ceiling and has no bar.
 */
const LOADS = [
  { name: 'uncontended, release under way', clients: 1, waits: false, bar: 3 },
  { name: 'uncontended, release waited for', clients: 1, waits: true, bar: null },
  { name: '10 contenders, release under way', clients: 10, waits: false, bar: 2 },
  { name: '10 contenders, release waited for', clients: 10, waits: true, bar: 2 },
]

interface Result {
  load: string
  clients: number
  bar: number | null
  rounds: { zookit: number[]; kazoo: number[] }
  zookit: number
  kazoo: number
  ratio: number
}

async function compare(zookit: Contestant, kazoo: Contestant, load: (typeof LOADS)[number]): Promise<Result> {
  const { name, clients, waits, bar } = load
  const task = (who: string, seconds = values.seconds) => {
    return { path: `/bench-${who}-${clients}`, clients, waits, seconds: Number(seconds) }
  }
  const rounds = { zookit: [] as number[], kazoo: [] as number[] }
  // The warm-up also lets the server's JVM compile its code: without it a cycle takes several times as long.
  await zookit.measure(task('zookit', values['warm-up']))
  await kazoo.measure(task('kazoo', values['warm-up']))
  for (let round = 0; round < Number(values.rounds); round++) {
    rounds.zookit.push(await zookit.measure(task('zookit')))
    rounds.kazoo.push(await kazoo.measure(task('kazoo')))
  }
  const [ours, theirs] = [median(rounds.zookit), median(rounds.kazoo)]
  return { load: name, clients, bar, rounds, zookit: ours, kazoo: theirs, ratio: ours / theirs }
}

/** Measures one write and one read, in milliseconds: no lock can be faster than these. */
async function latencies(hosts: string): Promise<{ write: number; read: number }> {
  await using zk = await connect(hosts)
  await zk.ensurePath('/bench-latency')
  const time = async (work: () => Promise<unknown>): Promise<number> => {
    const samples: number[] = []
    for (let times = 0; times < 500; times++) {
      const start = performance.now()
      await work()
      samples.push(performance.now() - start)
    }
    return median(samples)
  }
  const write = await time(() => zk.setData('/bench-latency', 'x'))
  return { write, read: await time(() => zk.exists('/bench-latency')) }
}

await using server = await startServer({ tickTime: 2000 })
const zookit = await startZookit(server.hosts)
const kazoo = await startKazoo(server.hosts)
const results: Result[] = []
for (const load of LOADS) results.push(await compare(zookit, kazoo, load))
const latency = await latencies(server.hosts)
await Promise.all([zookit.end(), kazoo.end()])

const table = new Table({
  head: ['per second', zookit.name, kazoo.name, 'ratio', 'bar'],
  colAligns: ['left', 'right', 'right', 'right', 'right'],
  style: { head: [], border: [], compact: true },
})
for (const { load, zookit: ours, kazoo: theirs, ratio, bar } of results) {
  table.push([load, Math.round(ours), Math.round(theirs), ratio.toFixed(2), bar === null ? '-' : `>= ${bar}`])
}
const { write, read } = latency
console.log(table.toString())
console.log(`ZooKeeper ${server.version}: a write takes ${write.toFixed(2)} ms, a read ${read.toFixed(2)} ms`)
console.log(`two writes, one after the other, ${Math.round(500 / write)} times per second`)
console.log(`medians of ${values.rounds} rounds of ${values.seconds} s, taken in turns`)
if (values.json !== undefined) {
  const report = { server: server.version, zookit: zookit.name, kazoo: kazoo.name, latency, results }
  writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`)
}
if (values.check && results.some(({ ratio, bar }) => bar !== null && ratio < bar)) process.exitCode = 1
