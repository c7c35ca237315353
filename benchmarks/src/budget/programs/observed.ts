// Reads a znode again and again, observed in the way of its argument, and prints the microseconds of CPU that a request takes.

import { connect, logTo, requestChannel } from '@zookit/client'

const IN_FLIGHT = 64
const WARM_UP = 50_000
const REQUESTS = 200_000

const [hosts = '', way = ''] = process.argv.slice(2)
const drop = { debug() {}, info() {}, warn() {}, error() {} }

const zk = await connect(hosts, { callSites: way === 'call sites' })
if (way === 'logTo info') logTo(zk, drop, { level: 'info' })
if (way === 'logTo debug') logTo(zk, drop, { level: 'debug' })
if (way === 'a subscriber')
  requestChannel.subscribe({ start() {}, asyncEnd() {}, end() {}, asyncStart() {}, error() {} })

/** Reads so many times, with a fixed number of requests in flight. */
async function read(requests: number): Promise<void> {
  let left = requests
  const one = async (): Promise<void> => {
    while (left-- > 0) await zk.getData('/bench/data')
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, one))
}

await read(WARM_UP)
const before = process.cpuUsage()
await read(REQUESTS)
const { user, system } = process.cpuUsage(before)
console.log((user + system) / REQUESTS)
await zk.close()
