import type { Transport } from '../transport/transport.ts'
import { Connection } from './connection.ts'
import type { ServerCore } from './server-core.ts'

/** Tells if an address has as many connections as the server allows. */
function hasTooMany(core: ServerCore, address: string): boolean {
  const { maxClientCnxns } = core.settings
  if (maxClientCnxns === 0) return false
  let count = 0
  for (const { transport } of core.connections) if (transport.remoteAddress === address) count++
  return count >= maxClientCnxns
}

/** Takes a new connection for a server. Returns null when the server closes it at once. */
export function acceptConnection(core: ServerCore, transport: Transport): Connection | null {
  const { connectionFaults } = core
  if (connectionFaults.closeAtOnce || hasTooMany(core, transport.remoteAddress)) {
    transport.destroy(false)
    return null
  }
  const connection = new Connection(core, transport, core.takeConnectionNumber())
  connection.outbox.muted = connectionFaults.silentToNew || connectionFaults.blackhole
  if (connectionFaults.deaf) transport.pause()
  core.addConnection(connection)
  // A connection that a fault keeps silent stays open.
  if (!connection.outbox.muted) connection.limitHandshake()
  return connection
}
