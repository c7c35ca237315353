// `pnpm bench:observing` measures what it costs a request to be looked at: by a subscriber, by logTo, by ZOOKIT_DEBUG, and by
// nobody. Each way is a process of its own, in turns, against a stub that answers at once.

import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { requestChannel } from '@zookit/client'
import Table from 'cli-table3'
import { script } from './command-line.ts'
import { nodeProcess } from './paths.ts'
import { startTarget } from './targets.ts'

const TURNS = 9
const CHECKS = 100_000_000

/** Ways to look at a client, with the environment that they need. */
const WAYS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  nobody: {},
  'logTo info': {},
  'a subscriber': {},
  'logTo debug': {},
  'ZOOKIT_DEBUG=session': { ZOOKIT_DEBUG: 'session' },
  'ZOOKIT_DEBUG=requests': { ZOOKIT_DEBUG: 'requests' },
  'call sites': {},
}

/** Runs a process that is looked at in this way. @returns microseconds of CPU of a request. */
async function cpuOf(hosts: string, way: string): Promise<number> {
  const { file, args } = nodeProcess('budget/programs/observed.js')
  const child = spawn(file, [...args, hosts, way], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, ...WAYS[way] },
  })
  return Number(await text(child.stdout))
}

/** Returns the nanoseconds of the question if anybody listens, which is all that a request costs more where nobody does. */
function nanosecondsOfCheck(): number {
  let listening = 0
  const { user } = process.cpuUsage()
  for (let i = 0; i < CHECKS; i++) if (requestChannel.hasSubscribers) listening++
  const nanoseconds = (1000 * (process.cpuUsage().user - user)) / CHECKS
  if (listening > 0) throw new Error('somebody listens')
  return nanoseconds
}

script(
  'bench:observing',
  'Measures what it costs a request to be looked at, by a subscriber, a log, and by nobody.',
).parse()
const target = await startTarget('stub', undefined)
await target.prepare({ payload: 100, children: 10, watched: 0 })
const times = new Map(Object.keys(WAYS).map(way => [way, [] as number[]]))
for (let turn = 0; turn < TURNS; turn++) {
  for (const [way, measured] of times) measured.push(await cpuOf(target.hosts, way))
}
await target.stop()

const table = new Table({
  head: ['who looks', 'CPU of a request', 'beyond nobody'],
  style: { head: [], border: [], compact: true },
})
// Noise can only add CPU: the quickest turn is the truest.
const nobody = Math.min(...times.get('nobody')!)
for (const [way, measured] of times) {
  const best = Math.min(...measured)
  table.push([way, `${best.toFixed(2)} us`, `${(best - nobody).toFixed(2)} us`])
}
console.log(table.toString())
console.log(`The question if anybody listens takes ${nanosecondsOfCheck().toFixed(1)} ns.`)
