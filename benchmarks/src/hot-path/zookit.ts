// The client as its users have it: connect, getData, promises awaited.

import { connect } from '@zookit/client'
import { report } from './report.ts'

const [port, inFlight, count] = process.argv.slice(2).map(Number) as [number, number, number]
const PATH = '/bench/node-0000000001'
const zk = await connect(`127.0.0.1:${port}`)

/** Keeps so many requests in flight: each reply makes the next request. */
function load(total: number): Promise<void> {
  let started = 0
  let ended = 0
  return new Promise((resolve, reject) => {
    const next = (): void => {
      if (ended++ === total - 1) resolve()
      else if (started < total) ask()
    }
    const ask = (): void => {
      started++
      zk.getData(PATH).then(next, reject)
    }
    for (let i = 0; i < inFlight; i++) ask()
  })
}

await load(100_000)
const finish = report()
await load(count)
finish()
