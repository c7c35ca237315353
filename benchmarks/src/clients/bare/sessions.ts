import { once } from 'node:events'
import { watchedPath } from '../../stub/control.ts'
import { say } from '../../stub/lines.ts'
import type { Cell, SessionLoad } from '../support/cell.ts'
import type { Client, Connection } from '../support/client.ts'
import { Meter } from '../support/meter.ts'
import type { Round } from '../support/round.ts'
import { collect, sessionLoads } from '../support/sessions.ts'
import { BareSocket } from './bare-socket.ts'
import { watchFrames } from './frames.ts'

/** A client with a handshake and a closeSession only. */
const bareClient: Client = {
  sessions: [],
  async connect({ hosts }): Promise<Connection> {
    const bare = new BareSocket(hosts)
    await bare.shake()
    return { requests: () => ({}), close: () => bare.close() }
  },
}

/** The loads about connections and watches, with the same bytes on the wire and no client behind them. */
export const bareSessions: Record<SessionLoad, (cell: Cell) => Round> = {
  connect: cell => sessionLoads.connect(bareClient, cell),
  storm: cell => sessionLoads.storm(bareClient, cell),
  fanOut,
  reconnect,
}

function writeAll({ socket }: BareSocket, frames: Buffer[]): void {
  socket.cork()
  for (const frame of frames) socket.write(frame)
  socket.uncork()
}

function pathsOf({ watched }: Cell): string[] {
  return Array.from({ length: watched }, (_, index) => watchedPath(index))
}

function fanOut(cell: Cell): Round {
  const { arm } = watchFrames(pathsOf(cell))
  return async () => {
    const bare = new BareSocket(cell.hosts)
    await bare.shake()
    writeAll(bare, arm)
    await bare.frames(arm.length)
    const meter = new Meter()
    const all = new Promise<void>(resolve => {
      let heard = 0
      bare.onFrames = count => {
        if (heard === 0) meter.start()
        heard += count
        if (heard >= arm.length) resolve()
      }
    })
    say({ armed: arm.length })
    await all
    const result = meter.stop(arm.length)
    await bare.close()
    return result
  }
}

function reconnect(cell: Cell): Round {
  const { arm, setAgain } = watchFrames(pathsOf(cell))
  return async () => {
    const first = new BareSocket(cell.hosts)
    const session = await first.shake()
    writeAll(first, arm)
    await first.frames(arm.length)
    collect()
    const meter = new Meter()
    const lost = once(first.socket, 'close')
    say({ armed: arm.length })
    await lost
    meter.start()
    const bare = new BareSocket(cell.hosts)
    await bare.shake(session)
    writeAll(bare, setAgain)
    await bare.frames(setAgain.length)
    const result = meter.stop(arm.length)
    await bare.close()
    return result
  }
}
