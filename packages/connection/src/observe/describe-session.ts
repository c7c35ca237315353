import { formatServer, type ServerAddress } from '../link/server-address.ts'
import type { SessionState } from '../session-state.ts'

/** Tells what matters of a session, in a line. */
export function describeSession(session: {
  readonly state: SessionState
  readonly id: bigint
  readonly server: ServerAddress | null
  readonly outstanding: number
}): string {
  const { state, id, server, outstanding } = session
  const place = server === null ? '' : ` to ${formatServer(server)}`
  const name = id === 0n ? 'no session yet' : `session 0x${id.toString(16)}`
  return `${state}${place}, ${name}, ${outstanding} outstanding`
}
