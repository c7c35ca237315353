import { Child } from '../child.ts'
import { cellsOf } from '../loads.ts'
import { nodeProcess } from '../paths.ts'
import { spreadOf } from '../statistics.ts'
import { nodePath } from '../stub/control.ts'
import { startTarget, type Target } from '../targets.ts'
import { type Bar, bar } from './bar.ts'
import type { Served, ServerLoad } from './programs/server-load.ts'

const IN_FLIGHT = 64
/** The number of rounds. Each is half a second: a server in a JVM is not steady over shorter ones. */
const ROUNDS = 7

/** Starts bare sockets that keep one server busy. */
async function generator(target: Target, load: ServerLoad['load'], connections: number): Promise<Child> {
  const child = new Child('server-load', nodeProcess('budget/programs/server-load.js'))
  const inFlight = IN_FLIGHT / connections
  const order: ServerLoad = { hosts: target.hosts, load, connections, inFlight, node: nodePath(100) }
  await child.ask<Served & { error?: string }>(order, 60)
  return child
}

async function compare(
  targets: readonly Target[],
  load: ServerLoad['load'],
  connections: number,
): Promise<number[]> {
  const children = await Promise.all(targets.map(target => generator(target, load, connections)))
  const ratios: number[] = []
  try {
    for (let round = -1; round < ROUNDS; round++) {
      const seconds = round < 0 ? 2 : 0.5
      const rates: number[] = []
      for (const child of children) {
        const { perSecond } = await child.ask<Served & { error?: string }>({ seconds }, 120)
        rates.push(perSecond)
      }
      if (round >= 0) ratios.push(rates[0]! / rates[1]!)
    }
  } finally {
    await Promise.all(children.map(child => child.end()))
  }
  return ratios
}

/** Measures the in-memory server beside Apache's, in turns, with the cheapest possible client. */
export async function servers(): Promise<Bar[]> {
  const memory = await startTarget('memory', undefined)
  const real = await startTarget('real', undefined)
  const bars: Bar[] = []
  try {
    await Promise.all([memory, real].map(target => target.prepare(cellsOf('getData', {})[0]!)))
    for (const connections of [1, 8]) {
      for (const load of ['getData', 'setData', 'createDelete'] as const) {
        const ratios = await compare([memory, real], load, connections)
        const what = `in-memory server, ${load}, ${IN_FLIGHT} in flight on ${connections}: against Apache's`
        bars.push(bar(what, 'at least', 8, '×', spreadOf(ratios)))
      }
    }
  } finally {
    await Promise.all([memory.stop(), real.stop()])
  }
  return bars
}
