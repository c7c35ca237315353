import type { Transport as ClientTransport, TransportHandler, TransportTarget } from '@zookit/connection'
import type { Accept } from '../transport/listener.ts'
import type { PipeSettings } from './pipe.ts'
import type { SimulatedProcess } from './process.ts'
import type { Random } from './random.ts'
import { Phase, type Timeline } from './timeline.ts'
import { Wire } from './wire.ts'

/** An IPv4 or IPv6 address, which needs no resolver. */
const ADDRESS = /^\d+(\.\d+){3}$|:/

/** The behaviour of the network without faults. */
export interface NetworkOptions {
  /** The longest time that a packet travels, in milliseconds; short times are more likely. Default 5. */
  latency?: number
  /** The probability that what is written at once arrives in pieces. Default 0.2. */
  cutting?: number
  /** Bytes per millisecond of each direction of each connection. Default: no limit. */
  rate?: number
}

/** The connections that a fault concerns. An absent property stands for any. */
export interface Between {
  /** A process's name. */
  process?: string
  /** A server's address, as `host:port` of the server's own connect string. */
  server?: string
}

/** A listener for the events of a network. */
export interface NetworkWatch {
  note(text: string): void
  /** Bytes have been delivered. */
  delivered(bytes: Uint8Array): void
}

/** Names and connections of a simulated world. */
export class SimulatedNetwork {
  readonly #timeline: Timeline
  readonly #random: Random
  readonly #settings: Required<NetworkOptions>
  readonly #watch: NetworkWatch
  readonly #servers = new Map<string, Accept>()
  readonly #names = new Map<string, readonly string[]>()
  /** The addresses that stand for another one, and those that lead nowhere (null). */
  readonly #routes = new Map<string, string | null>()
  readonly #wires = new Set<Wire>()
  /** The time when a server last took bytes of a process, by the process's name. */
  readonly #takenAt = new Map<string, number>()
  #blocks: Between[] = []
  #slow: { between: Between; rate: number }[] = []
  #count = 0

  constructor(timeline: Timeline, random: Random, options: NetworkOptions, watch: NetworkWatch) {
    const { latency = 5, cutting = 0.2, rate = Number.POSITIVE_INFINITY } = options
    this.#timeline = timeline
    this.#random = random
    this.#settings = { latency, cutting, rate }
    this.#watch = watch
  }

  /** Connections that are open on either side. */
  get wires(): ReadonlySet<Wire> {
    return this.#wires
  }

  /** Gives a name its addresses. A name without addresses is not found. */
  name(host: string, addresses: readonly string[]): void {
    this.#names.set(host, addresses)
  }

  /**
   * Makes an address stand for that of a server, or with null lead nowhere: a connection to it is neither made nor refused.
   *
   * @param from, to addresses as `host:port`.
   */
  route(from: string, to: string | null): void {
    this.#routes.set(from, to)
  }

  /** Returns when a server last took bytes of a process, in the world's time. */
  takenAt(process: string): number {
    return this.#takenAt.get(process) ?? 0
  }

  /** Makes a server reachable under an address, or with null unreachable: connections to it are refused. */
  listen(address: string, accept: Accept | null): void {
    if (accept === null) this.#servers.delete(address)
    else this.#servers.set(address, accept)
  }

  /**
   * Stops all traffic between some processes and some servers, in both directions: bytes under way wait, and a new
   * connection is neither made nor refused. `heal` lets them go on.
   */
  block(between: Between): void {
    this.#watch.note(
      `network: nothing passes between ${between.process ?? 'all processes'} and ${between.server ?? 'all servers'}`,
    )
    this.#blocks.push(between)
    this.#applyBlocks()
  }

  /**
   * Slows what is sent between some processes and some servers down to so many bytes a millisecond, until `heal`: what waits to
   * be sent, too.
   */
  slow(between: Between, rate: number): void {
    this.#watch.note(`network: ${rate} bytes/ms of ${between.process ?? 'all processes'}`)
    this.#slow.push({ between, rate })
    for (const wire of this.#wires) wire.pace()
  }

  /** Ends the `block` of just these processes and servers. */
  unblock({ process, server }: Between): void {
    this.#watch.note(
      `network: whole again between ${process ?? 'all processes'} and ${server ?? 'all servers'}`,
    )
    this.#blocks = this.#blocks.filter(block => block.process !== process || block.server !== server)
    this.#applyBlocks()
  }

  /** Ends every `block` and `slow`. */
  heal(): void {
    if (this.#blocks.length + this.#slow.length > 0) this.#watch.note('network: whole again')
    this.#blocks = []
    this.#slow = []
    for (const wire of this.#wires) wire.pace()
    this.#applyBlocks()
  }

  /** Breaks connections by a reset that both sides get; what is under way is lost. */
  reset(between: Between): void {
    this.#watch.note(
      `network: connections of ${between.process ?? 'all processes'} to ${between.server ?? 'all servers'} are reset`,
    )
    for (const wire of [...this.#wires]) if (matches(wire, between)) wire.reset()
  }

  /** Closes all connections of a server that was stopped. */
  closeServer(server: string): void {
    for (const wire of [...this.#wires]) if (wire.server === server) wire.closeServer()
  }

  /** Returns the number of open sockets of a process. */
  socketsOf(process: SimulatedProcess): number {
    return [...this.#wires].filter(wire => wire.process === process && wire.clientOpen).length
  }

  /** Closes all connections of a process that is gone. */
  abandon(process: SimulatedProcess): void {
    for (const wire of [...this.#wires]) if (wire.process === process) wire.destroy()
  }

  resolve(host: string, process: SimulatedProcess): string[] | Promise<string[]> {
    if (ADDRESS.test(host)) return [host]
    return new Promise((resolve, reject) => {
      process.at(this.#timeline.now + this.#latency(), Phase.io, () => {
        const addresses = this.#names.get(host)
        if (addresses) return resolve([...addresses])
        reject(Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND' }))
      })
    })
  }

  resolveSrv(name: string, process: SimulatedProcess): Promise<{ host: string; port: number }[]> {
    return new Promise((_, reject) => {
      process.at(this.#timeline.now + this.#latency(), Phase.io, () =>
        reject(Object.assign(new Error(`querySrv ENOTFOUND ${name}`), { code: 'ENOTFOUND' })),
      )
    })
  }

  open(target: TransportTarget, handler: TransportHandler, process: SimulatedProcess): ClientTransport {
    const dialled = `${target.address}:${target.port}`
    const route = this.#routeOf(dialled)
    const server = route ?? dialled
    const wire: Wire = new Wire({
      number: ++this.#count,
      timeline: this.#timeline,
      process,
      server,
      handler,
      settings: this.#pipeSettings({ process: process.name, server }),
      delivered: bytes => this.#watch.delivered(bytes),
      taken: () => void this.#takenAt.set(process.name, this.#timeline.now),
      onGone: () => this.#wires.delete(wire),
      acceptor: () => this.#servers.get(server) ?? null,
    })
    this.#wires.add(wire)
    if (route === null) wire.vanish()
    else wire.block(this.#isBlocked(wire))
    return wire.client
  }

  /** Follows the routes from an address. @returns null if they lead nowhere. */
  #routeOf(address: string): string | null {
    const next = this.#routes.get(address)
    return next === undefined ? address : next && this.#routeOf(next)
  }

  #latency(): number {
    return 0.05 + this.#random.next() ** 3 * this.#settings.latency
  }

  #pipeSettings(wire: { process: string; server: string }): PipeSettings {
    const { cutting } = this.#settings
    const rate = (): number => this.#rateOf(wire)
    return { latency: () => this.#latency(), cut: size => this.#cut(size, cutting), rate }
  }

  #rateOf({ process, server }: { process: string; server: string }): number {
    let slowest = this.#settings.rate
    for (const { between, rate } of this.#slow) {
      if ((between.process ?? process) !== process || (between.server ?? server) !== server) continue
      slowest = Math.min(slowest, rate)
    }
    return slowest
  }

  #cut(size: number, probability: number): number[] {
    if (size < 2 || !this.#random.chance(probability)) return [size]
    const pieces: number[] = []
    let left = size
    for (let cuts = this.#random.int(1, 3); cuts > 0 && left > 1; cuts--) {
      const piece = this.#random.int(1, left - 1)
      pieces.push(piece)
      left -= piece
    }
    return [...pieces, left]
  }

  #isBlocked(wire: Wire): boolean {
    return this.#blocks.some(between => matches(wire, between))
  }

  #applyBlocks(): void {
    for (const wire of this.#wires) wire.block(this.#isBlocked(wire))
  }
}

function matches(wire: Wire, { process, server }: Between): boolean {
  return (process ?? wire.process.name) === wire.process.name && (server ?? wire.server) === wire.server
}
