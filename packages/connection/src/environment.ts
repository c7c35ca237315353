import { isIP } from 'node:net'
import { openTcp } from './link/tcp-transport.ts'
import type { Transport, TransportHandler, TransportTarget } from './link/transport.ts'

/** A timer that has been set. */
export interface Timer {
  /** The callback will not run. */
  cancel(): void
}

/** Everything that a session takes from outside itself: what a simulation must control, and nothing else. */
export interface Environment {
  /** Monotonic time in milliseconds. */
  now(): number
  /** Milliseconds since 1970, which may jump: for what is shown to people and other machines, never for deadlines. */
  wallTime(): number
  /** Runs the callback once, after `delay` milliseconds (1 to 2^31-1). */
  setTimer(callback: () => void, delay: number): Timer
  /** Runs the callback after the promise continuations that are due and after I/O that is ready has been read. */
  defer(callback: () => void): void
  /** A number in [0, 1). */
  random(): number
  /** All addresses of a host name, in the order to try them; an address stands for itself, and needs no wait. */
  resolve(host: string): string[] | Promise<string[]>
  /** The targets of an SRV record. */
  resolveSrv(name: string): Promise<{ host: string; port: number }[]>
  /** Opens a connection; what happens to it is told to the handler, never before this returns. */
  open(target: TransportTarget, handler: TransportHandler): Transport
}

const MAX_DELAY = 0x7fff_ffff

/** The real thing: Node's clock, timers, resolver and sockets. */
export const nodeEnvironment: Environment = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  setTimer(callback, delay) {
    const timer = setTimeout(callback, Math.min(Math.max(delay, 1), MAX_DELAY))
    return { cancel: () => clearTimeout(timer) }
  },
  defer: callback => void setImmediate(callback),
  random: () => Math.random(),
  resolve: host => (isIP(host) ? [host] : addressesOf(host)),
  async resolveSrv(name) {
    const { resolveSrv } = await import('node:dns/promises')
    const records = await resolveSrv(name)
    return records.map(({ name: host, port }) => ({ host, port }))
  },
  open: openTcp,
}

async function addressesOf(host: string): Promise<string[]> {
  const { lookup } = await import('node:dns/promises')
  const addresses = await lookup(host, { all: true })
  return addresses.map(({ address }) => address)
}
