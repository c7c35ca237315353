import { watchedPath } from '../../stub/control.ts'
import { say } from '../../stub/lines.ts'
import type { Cell, SessionLoad } from './cell.ts'
import type { Client, Connection } from './client.ts'
import { Meter } from './meter.ts'
import type { Round } from './round.ts'

/** The loads about connections and watches. */
export const sessionLoads: Record<SessionLoad, (client: Client, cell: Cell) => Round> = {
  connect: connectAndClose,
  storm,
  fanOut,
  reconnect,
}

/** Connects and closes, one after the other. The latency is that of connecting. */
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

/** Opens `inFlight` sessions at once. They are closed after the measurement. */
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
  // The Set hashes each string, which makes it flat: the parts of a concatenated string would count as memory of a watch.
  const paths = Array.from({ length: cell.watched }, (_, index) => watchedPath(index))
  return [...new Set(paths)]
}

/** Returns the bytes in use after a collection. */
function heapUsed(): number {
  collect()
  return process.memoryUsage().heapUsed
}

/** Collects garbage, so that none of the arming is left: watches have usually existed for long when the connection is lost. */
export function collect(): void {
  globalThis.gc?.()
  globalThis.gc?.()
}

/** Arms a watch on each of `watched` znodes, and measures from the first event to the last. */
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

/** Loses the connection with `watched` watches, and measures until the next connection has them. */
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
