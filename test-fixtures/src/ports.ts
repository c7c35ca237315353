import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

const FIRST = 10_000
const LAST = 32_000
/** The number of ports that a process takes for itself at a time. */
const BLOCK = 100

/** Blocks of this process: it listens on the first port of each until it ends, which tells other processes. */
const blocks: Server[] = []
/** Ports of the newest block that were not given out. */
const left: number[] = []
let taking: Promise<void> | undefined

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
 * Returns a TCP port that nothing listens on, not given out before by this process nor by another one that uses this.
 *
 * A server binds its port seconds after it was chosen, and some only when they lead; while it is down, it has none.
 * A port that two processes have chosen in the meantime makes one test talk to the server of another.
 *
 * The port lies below the range from which kernels take the local ports of outgoing connections. A port inside that
 * range could be taken by a client while a killed server is down, and a client that keeps dialling its own
 * local port can even end up connected to itself.
 *
 * @throws Error when no free block of ports was found in 400 tries
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = left.shift()
    if (port === undefined) await (taking ??= takeBlock().finally(() => (taking = undefined)))
    else if (await canBind('127.0.0.1', port)) return port
  }
}

async function takeBlock(): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt++) {
    const first = FIRST + BLOCK * Math.floor((Math.random() * (LAST - FIRST)) / BLOCK)
    const block = createServer().unref()
    try {
      block.listen(first, '127.0.0.1')
      await once(block, 'listening')
    } catch {
      continue
    }
    blocks.push(block)
    for (let port = first + 1; port < first + BLOCK; port++) left.push(port)
    return
  }
  throw new Error(`no free block of ports between ${FIRST} and ${LAST}: end the servers of other test runs`)
}
