// getData of 100 bytes against a stub that answers at once: zookit beside a bare socket, in turns, each in a process of its
// own. Prints medians and their ratio; `--least 0.6` exits with 1 when the throughput ratio at 1000 in flight is below.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { parseArgs } from 'node:util'

interface Round {
  perSecond: number
  microseconds: number
}

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    count: { type: 'string', default: '500000' },
    least: { type: 'string', default: '0' },
  },
})

function start(name: string, args: string[] = []): ChildProcess {
  return fork(new URL(`./${name}.ts`, import.meta.url), args, { execArgv: process.execArgv })
}

async function round(name: string, port: number, inFlight: number): Promise<Round> {
  const child = start(name, [String(port), String(inFlight), values.count])
  const [result] = (await once(child, 'message')) as [Round]
  await once(child, 'exit')
  return result
}

function median(numbers: number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!
}

const stub = start('stub')
const [port] = (await once(stub, 'message')) as [number]
let ratioAt1000 = 0
for (const inFlight of [64, 1000, 10_000]) {
  const floor: Round[] = []
  const zookit: Round[] = []
  for (let i = 0; i < Number(values.rounds); i++) {
    floor.push(await round('floor', port, inFlight))
    zookit.push(await round('zookit', port, inFlight))
  }
  const [bare, ours] = [floor, zookit].map(rounds => median(rounds.map(({ perSecond }) => perSecond)))
  const [bareCpu, ourCpu] = [floor, zookit].map(rounds =>
    median(rounds.map(({ microseconds }) => microseconds)),
  )
  if (inFlight === 1000) ratioAt1000 = ours! / bare!
  const rate = (value: number): string => `${Math.round(value / 1000)} k/s`
  console.log(
    `${String(inFlight).padStart(6)} in flight: floor ${rate(bare!)}, ${bareCpu!.toFixed(2)} µs CPU;`,
    `zookit ${rate(ours!)}, ${ourCpu!.toFixed(2)} µs CPU; throughput ratio ${(ours! / bare!).toFixed(2)}`,
  )
}
stub.disconnect()
if (ratioAt1000 < Number(values.least)) {
  console.error(`the ratio at 1000 in flight is ${ratioAt1000.toFixed(2)}, below ${values.least}`)
  process.exitCode = 1
}
