import { isIP } from 'node:net'
import { uptime } from 'node:os'
import { openTcp } from './link/tcp-transport.ts'
import type { Transport, TransportHandler, TransportTarget } from './link/transport.ts'

/** A timer that was set. */
export interface Timer {
  /** Cancels the timer: its callback does not run any more. */
  cancel(): void
}

/** Everything that a session takes from outside itself: exactly what a simulation must control. */
export interface Environment {
  /** Returns the monotonic time in milliseconds. */
  now(): number
  /** Returns the milliseconds since 1970. They may jump: use them for people and other machines, never for deadlines. */
  wallTime(): number
  /**
   * Returns the milliseconds since the machine started. They go on while it is suspended, and nobody sets them; NaN where
   * they cannot be read. Reading them is costly: use them to judge a jump of the wall clock.
   */
  bootTime(): number
  /** Runs the callback once, after `delay` milliseconds (1 to 2^31-1). */
  setTimer(callback: () => void, delay: number): Timer
  /** Runs the callback after the promise continuations that are due and after I/O that is ready has been read. */
  defer(callback: () => void): void
  /** Returns a random number in [0, 1). */
  random(): number
  /** Returns all addresses of a host name, in the order to try them. An address resolves to itself, synchronously. */
  resolve(host: string): string[] | Promise<string[]>
  /** Returns the targets of an SRV record. */
  resolveSrv(name: string): Promise<{ host: string; port: number }[]>
  /** Opens a connection. The handler gets its events, never before this returns. */
  open(target: TransportTarget, handler: TransportHandler): Transport
}

const MAX_DELAY = 0x7fff_ffff

/** The environment of Node: its clock, timers, random numbers, resolver and sockets. */
export const nodeEnvironment: Environment = {
  now,
  wallTime: () => Date.now(),
  bootTime,
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

/** Reads the clock of `performance.now()` from another start: a process that does not use that one need not load it. */
function now(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1000 + nanoseconds / 1e6
}

function bootTime(): number {
  try {
    return uptime() * 1000
  } catch {
    // Some sandboxes forbid it.
    return Number.NaN
  }
}

async function addressesOf(host: string): Promise<string[]> {
  const { lookup } = await import('node:dns/promises')
  const addresses = await lookup(host, { all: true })
  return addresses.map(({ address }) => address)
}
