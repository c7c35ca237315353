import { once } from 'node:events'
import { createServer } from 'node:net'

const FIRST = 10_000
const LAST = 32_000

/** Ports this process has handed out: two servers of one run never get the same one, even while one is down. */
const taken = new Set<number>()

/** Tells whether this machine can listen there: the address is its own, and the port is free or 0. */
export async function canBind(host: string, port = 0): Promise<boolean> {
  const probe = createServer()
  try {
    probe.listen(port, host)
    await once(probe, 'listening')
    return true
  } catch {
    return false
  } finally {
    probe.close()
  }
}

/**
 * Returns a TCP port that nothing listens on, not given out before by this process.
 *
 * It lies below the range from which kernels take the local ports of outgoing connections. A port inside that
 * range could be taken by a client while a killed server is down, and a client that keeps dialling its own
 * local port can even end up connected to itself.
 *
 * @throws Error when no free port was found in 200 tries
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST))
    if (taken.has(port)) continue
    taken.add(port)
    if (await canBind('127.0.0.1', port)) return port
  }
  throw new Error(`no free port between ${FIRST} and ${LAST}`)
}
