import type { Transport } from '../transport/transport.ts'
import { Connection } from './connection.ts'
import type { ServerCore } from './server-core.ts'

/** Takes a new connection for a server. Returns null when the server closes it at once. */
export function acceptConnection(core: ServerCore, transport: Transport): Connection | null {
  const { connectionFaults } = core
  if (connectionFaults.closeAtOnce) {
    transport.destroy(false)
    return null
  }
  const connection = new Connection(core, transport, core.takeConnectionNumber())
  connection.outbox.muted = connectionFaults.silentToNew || connectionFaults.blackhole
  if (connectionFaults.deaf) transport.pause()
  core.addConnection(connection)
  return connection
}
