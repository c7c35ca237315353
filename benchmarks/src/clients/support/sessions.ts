import { watchedPath } from '../../stub/control.ts'
import { say } from '../../stub/lines.ts'
import type { Cell, SessionLoad } from './cell.ts'
import type { Client, Connection } from './client.ts'
import { Meter } from './meter.ts'
import type { Round } from './round.ts'

/** The loads that are about connections and watches. */
export const sessionLoads: Record<SessionLoad, (client: Client, cell: Cell) => Round> = {
  connect: connectAndClose,
  storm,
  fanOut,
  reconnect,
}

/** Connects and closes, one after the other; a latency is that of the connecting. */
function connectAndClose(client: Client, cell: Cell): Round {
  return async seconds => {
    const meter = new Meter()
    meter.start()
    const until = performance.now() + seconds * 1000
    let ops = 0
    while (performance.now() < until) {
      const began = performance.now()
      const connection = await client.connect(cell)
      meter.sample(performance.now() - began)
      await connection.close()
      ops++
    }
    return meter.stop(ops)
  }
}

/** Opens `inFlight` sessions at once. They are closed when the clock has stopped. */
function storm(client: Client, cell: Cell): Round {
  return async () => {
    const meter = new Meter()
    meter.start()
    const began = performance.now()
    const open = async (): Promise<Connection> => {
      const connection = await client.connect(cell)
      meter.sample(performance.now() - began)
      return connection
    }
    const connections = await Promise.all(Array.from({ length: cell.inFlight }, open))
    const result = meter.stop(connections.length)
    await Promise.all(connections.map(connection => connection.close()))
    return result
  }
}

function pathsOf(cell: Cell): string[] {
  // Looked up by a hash once, which flattens them: what they are made of is not the watches' memory.
  const paths = Array.from({ length: cell.watched }, (_, index) => watchedPath(index))
  return [...new Set(paths)]
}

/** Bytes in use after a collection. */
function heapUsed(): number {
  collect()
  return process.memoryUsage().heapUsed
}

/** Watches have been there for long when they are counted, or armed again: nothing of the arming is left to collect. */
export function collect(): void {
  globalThis.gc?.()
  globalThis.gc?.()
}

/** Arms a watch on each of `watched` nodes, and hears of them all: from the first event to the last. */
function fanOut(client: Client, cell: Cell): Round {
  const paths = pathsOf(cell)
  return async () => {
    const connection = await client.connect(cell)
    const meter = new Meter()
    const before = heapUsed()
    let heard = 0
    let told: () => void
    const all = new Promise<void>(resolve => (told = resolve))
    const onEvent = (): void => {
      if (heard++ === 0) meter.start()
      if (heard === paths.length) told()
    }
    await connection.watch!(paths, onEvent)
    const bytesPerWatch = (heapUsed() - before) / paths.length
    say({ armed: paths.length })
    await all
    const result = { ...meter.stop(heard), bytesPerWatch }
    await connection.close()
    return result
  }
}

/** Loses the connection with `watched` watches, and is done when the next one has them. */
function reconnect(client: Client, cell: Cell): Round {
  const paths = pathsOf(cell)
  return async () => {
    const connection = await client.connect(cell)
    await connection.watch!(paths, () => {})
    collect()
    const meter = new Meter()
    const restored = new Promise<void>(resolve => connection.onceRestored!(() => meter.start(), resolve))
    say({ armed: cell.watched })
    await restored
    const result = meter.stop(cell.watched)
    await connection.close()
    return result
  }
}
