import { existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** The bytes of the header of a transaction log. */
const HEADER = 16

/**
 * Removes transaction logs that a kill has left without a whole header, and so without a transaction. A server does not start
 * over one (ZOOKEEPER-2332).
 *
 * @param dataDir the directory of the server's data.
 */
export function removeEmptyLogs(dataDir: string): void {
  const folder = join(dataDir, 'version-2')
  if (!existsSync(folder)) return
  const logs = readdirSync(folder).filter(name => name.startsWith('log.'))
  for (const log of logs.map(name => join(folder, name))) if (statSync(log).size < HEADER) rmSync(log)
}
