// Measures locks per second: zookit's Mutex beside kazoo's Lock and Curator's InterProcessMutex, in turns, against the same real
// server.

import { writeFileSync } from 'node:fs'
import { connect } from '@zookit/client'
import { startServer } from '@zookit/test-fixtures'
import Table from 'cli-table3'
import { median } from 'simple-statistics'
import { count, number, script } from '../command-line.ts'
import { AS_IN_PRODUCTION } from '../production.ts'
import { type Contestant, type Rival, rivals, startZookit } from './contestant.ts'
import { LOADS, type LockResult, measureLocks, ratioTo } from './locks.ts'

const options = script(
  'bench:recipes',
  "Measures locks per second, beside kazoo's and Curator's, against a real server.",
)
  .option('--rounds <number>', 'rounds of each load', count, 5)
  .option('--seconds <number>', 'length of a round', number, 2)
  .option('--warm-up <number>', 'seconds before the first round', number, 6)
  .option('--json <file>', 'write the results to a file')
  .option('--check', 'exit 1 if a lock is slower beside that of kazoo than its bar')
  .parse()
  .opts<{ rounds: number; seconds: number; warmUp: number; json?: string; check?: boolean }>()

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

/** The ratio to kazoo that `--check` demands. */
const KAZOO_BARS: Readonly<Record<string, number>> = {
  'uncontended, release under way': 3,
  '10 contenders, release under way': 2,
  '10 contenders, release waited for': 2,
}

await using server = await startServer(AS_IN_PRODUCTION)
const zookit = await startZookit(server.hosts)
const others = new Map<Rival, Contestant>()
for (const [name, start] of Object.entries(rivals)) {
  await start(server.hosts).then(
    contestant => others.set(name as Rival, contestant),
    (error: Error) => console.error(`without ${name}: ${error.message}`),
  )
}
const results: LockResult[] = []
const pace = {
  rounds: options.rounds,
  seconds: options.seconds,
  warmUp: options.warmUp,
}
for (const load of LOADS) results.push(await measureLocks(load, zookit, others, pace))
const latency = await latencies(server.hosts)
await Promise.all([zookit, ...others.values()].map(contestant => contestant.end()))

const names = [...others].flatMap(([, { name }]) => [name, 'ratio'])
const table = new Table({
  head: ['per second', zookit.name, ...names],
  colAligns: ['left', 'right', ...names.map(() => 'right' as const)],
  style: { head: [], border: [], compact: true },
})
for (const result of results) {
  const cells = [...result.rivals].flatMap(([name, counts]) => [
    Math.round(median(counts)),
    ratioTo(result, name).median.toFixed(2),
  ])
  table.push([result.load, Math.round(median(result.zookit)), ...cells])
}
const { write, read } = latency
console.log(table.toString())
console.log(`ZooKeeper ${server.version}: a write takes ${write.toFixed(2)} ms, a read ${read.toFixed(2)} ms`)
console.log(`two writes, one after the other, ${Math.round(500 / write)} times per second`)
console.log(`medians of ${options.rounds} rounds of ${options.seconds} s, taken in turns`)
if (options.json !== undefined) {
  const all = results.map(result => ({ ...result, rivals: Object.fromEntries(result.rivals) }))
  const report = { server: server.version, zookit: zookit.name, latency, results: all }
  writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`)
}
const isMissed = (result: LockResult): boolean =>
  result.rivals.has('kazoo') && ratioTo(result, 'kazoo').median < (KAZOO_BARS[result.load] ?? 0)
if (options.check && (!others.has('kazoo') || results.some(isMissed))) process.exitCode = 1
