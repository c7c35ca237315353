import {
  Framer,
  op,
  type Reader,
  readConnectRequest,
  type Stat,
  Writer,
  writeConnectResponse,
  writeStat,
  Xid,
} from '@zookit/jute'
import type { Environment, Timer } from '../../src/environment.ts'
import { Session, type SessionOptions, type SessionState, type ZooKeeperError } from '../../src/index.ts'
import type { Transport, TransportHandler, TransportTarget } from '../../src/link/transport.ts'
import { eventFrame, finish, replyFrame } from './frames.ts'

/** One request as the simulated server got it. */
export interface Received {
  xid: number
  code: number
  /** The bytes of the body. */
  body: Buffer
}

interface SetTimer {
  at: number
  callback: () => void
}

export const STAT: Stat = {
  czxid: 1n,
  mzxid: 2n,
  ctime: 3,
  mtime: 4,
  version: 5,
  cversion: 6,
  aversion: 7,
  ephemeralOwner: 0n,
  dataLength: 8,
  numChildren: 9,
  pzxid: 10n,
}

/** A world of its own: time, chance, names and connections are what the test says. */
export class Simulation implements Environment {
  time = 1000
  /** The time for which the machine was suspended: the monotonic clock did not notice. */
  suspended = 0
  /** The time by which somebody has set the wall clock forward. */
  wallStep = 0
  /** The resolution of the boot clock. */
  bootGrain = 1
  /** The boot clock cannot be read. */
  hidesBootTime = false
  /** The number of times that the boot clock was read. */
  bootReads = 0
  readonly timers = new Set<SetTimer>()
  /** Every connection that was ever opened, oldest first. */
  readonly peers: Peer[] = []
  /** Handles a new connection. Default: a healthy server. */
  onConnect: (peer: Peer) => void = peer => peer.accept()
  resolve: (host: string) => Promise<string[]> = async host => [host]
  resolveSrv: (name: string) => Promise<{ host: string; port: number }[]> = async () => []
  #seed = 424242

  wallTime(): number {
    return this.now() + this.suspended + this.wallStep
  }

  bootTime(): number {
    this.bootReads++
    const time = this.now() + this.suspended
    return this.hidesBootTime ? Number.NaN : time - (time % this.bootGrain)
  }

  now(): number {
    return this.time
  }

  setTimer(callback: () => void, delay: number): Timer {
    const timer = { at: this.time + Math.max(delay, 1), callback }
    this.timers.add(timer)
    return { cancel: () => void this.timers.delete(timer) }
  }

  defer(callback: () => void): void {
    setImmediate(callback)
  }

  random(): number {
    this.#seed = (this.#seed * 48271) % 0x7fffffff
    return this.#seed / 0x7fffffff
  }

  open(target: TransportTarget, handler: TransportHandler): Transport {
    const peer = new Peer(this, target, handler)
    this.peers.push(peer)
    setImmediate(() => {
      if (!peer.closed) this.onConnect(peer)
    })
    return peer.transport
  }

  /** The newest connection. */
  get peer(): Peer {
    return this.peers.at(-1)!
  }

  /** The newest handshake. */
  get newestHandshake(): Peer['handshake'] {
    return this.peers.findLast(({ handshake }) => handshake !== null)?.handshake ?? null
  }

  get open_(): number {
    return this.peers.filter(peer => !peer.closed).length
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 12; turn++) await new Promise(resolve => setImmediate(resolve))
  }

  /** Moves the clock, one timer after the other. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.time + milliseconds
    await this.settle()
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.time = Math.max(this.time, next.at)
      this.timers.delete(next)
      next.callback()
      await this.settle()
    }
    this.time = end
    await this.settle()
  }

  /** Returns the event loop stands still: then timers run, all that are due, before what has arrived meanwhile is read. */
  async standStill(milliseconds: number): Promise<void> {
    this.time += milliseconds
    for (let next = this.#next(this.time); next; next = this.#next(this.time)) {
      this.timers.delete(next)
      next.callback()
    }
    await this.settle()
  }

  #next(end: number): SetTimer | undefined {
    return [...this.timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
  }
}

/** The server's end of one connection. */
export class Peer {
  readonly target: TransportTarget
  readonly simulation: Simulation
  readonly transport: Transport
  readonly #handler: TransportHandler
  readonly #framer = new Framer(16 * 1024 * 1024)
  handshake: ReturnType<typeof readConnectRequest> | null = null
  /** Every numbered request, oldest first. */
  readonly requests: Received[] = []
  /** Every frame after the handshake by its opcode, pings too, oldest first. */
  readonly codes: number[] = []
  pings = 0
  /** The bodies of the auth packets, oldest first. */
  readonly auths: Buffer[] = []
  closed = false
  sessionId = 0x1234n
  timeout = 6000
  readOnly = false
  password: Buffer | null = Buffer.alloc(16, 7)
  zxid = 100n
  /** True to answer handshakes, pings and the like without a handler. */
  alive = true
  /** Sees every frame after the handshake first; true means that nothing else is to be done with it. */
  onFrame: (frame: Received) => boolean = () => false
  /** Answers a numbered request; false leaves it to the test. */
  onRequest: (request: Received) => boolean = () => false
  answerAuth = 0
  answerSetWatches = 0
  /** The answer to `isro`, before the connection is closed; null where it is not known. */
  isro: string | null = null
  /** The answer to `srvr`, before the connection is closed; null to close it without an answer. */
  srvr: string | null = null
  /** False makes the client's transport look clogged. */
  reads = true
  #paused = false
  #queue: Buffer[] = []

  constructor(simulation: Simulation, target: TransportTarget, handler: TransportHandler) {
    this.simulation = simulation
    this.target = target
    this.#handler = handler
    this.transport = {
      write: bytes => this.#written(Buffer.from(bytes)),
      resume: () => {
        this.#paused = false
        setImmediate(() => this.#deliver())
      },
      destroy: () => {
        this.closed = true
      },
    }
  }

  accept(): void {
    this.#handler.onOpen()
  }

  #written(bytes: Buffer): number {
    if (this.closed) return 0
    if (this.isro !== null && bytes.toString('latin1') === 'isro') {
      this.send(Buffer.from(this.isro))
      setImmediate(() => this.close())
      return 0
    }
    if (bytes.toString('latin1') === 'srvr') {
      if (this.srvr !== null) this.send(Buffer.from(this.srvr))
      setImmediate(() => setImmediate(() => this.close()))
      return 0
    }
    this.#framer.push(bytes)
    while (this.#framer.next()) this.#handle(this.#framer.reader)
    return this.reads ? 0 : Infinity
  }

  #handle(reader: Reader): void {
    if (this.handshake === null) {
      this.handshake = readConnectRequest(reader)
      if (this.alive) this.answerHandshake()
      return
    }
    const xid = reader.int()
    const code = reader.int()
    this.codes.push(code)
    const body = Buffer.from(reader.bytes.subarray(reader.offset, reader.limit))
    if (code === op.ping.code) this.pings++
    if (code === op.auth.code) this.auths.push(body)
    if (this.onFrame({ xid, code, body }) || !this.alive) return
    if (code === op.ping.code) this.reply(Xid.ping)
    else if (code === op.auth.code) this.reply(Xid.auth, this.answerAuth)
    else if (code === op.setWatches.code || code === op.setWatches2.code) {
      this.requests.push({ xid, code, body })
      this.reply(xid, this.answerSetWatches)
    } else {
      const request = { xid, code, body }
      this.requests.push(request)
      if (!this.onRequest(request) && code === op.closeSession.code) this.reply(xid)
    }
  }

  answerHandshake(sessionId: bigint = this.sessionId, timeout: number = this.timeout): void {
    const writer = new Writer().int(0)
    writeConnectResponse(writer, {
      protocolVersion: 0,
      timeOut: timeout,
      sessionId,
      passwd: this.password,
      readOnly: this.readOnly,
    })
    this.send(finish(writer))
  }

  /** Answers that the server does not know the session. */
  answerExpired(): void {
    this.answerHandshake(0n, 0)
  }

  /** Answers a frame; `body` writes what follows the header. */
  reply(xid: number, err = 0, body?: (writer: Writer) => void): void {
    this.send(replyFrame(xid, xid > 0 ? ++this.zxid : -1n, err, body))
  }

  /** Answers a getData. */
  replyData(xid: number, data: string): void {
    this.reply(xid, 0, writer => {
      writer.buffer(Buffer.from(data))
      writeStat(writer, STAT)
    })
  }

  event(type: number, path: string, zxid = -1n): void {
    this.send(eventFrame(type, path, zxid))
  }

  /** Sends bytes, in a turn of their own. */
  send(...chunks: Buffer[]): void {
    setImmediate(() => {
      this.#queue.push(...chunks)
      this.#deliver()
    })
  }

  /** Takes what was written, as the kernel does: all, or all but so many bytes. */
  drain(held = 0): void {
    this.reads = held === 0
    this.#handler.onDrain(held)
  }

  /** Ends the connection. */
  close(error: Error | null = null): void {
    if (this.closed) return
    this.closed = true
    this.#handler.onClose(error)
  }

  /** Says something though the connection is gone, as a late event of an old socket would. */
  haunt(): void {
    this.#handler.onBytes(0)
    this.#handler.onDrain(0)
    this.#handler.onClose(new Error('from the grave'))
  }

  /** Delivers one read after the other: continuations run in between, as they do between two reads of a socket. */
  #deliver(): void {
    if (this.#paused || this.closed || this.#queue.length === 0) return
    const bytes = this.#queue.shift()!
    const space = this.#handler.space()
    const part = bytes.subarray(0, space.length)
    space.set(part)
    if (part.length < bytes.length) this.#queue.unshift(bytes.subarray(part.length))
    this.#paused = !this.#handler.onBytes(part.length)
    setImmediate(() => this.#deliver())
  }
}

/** A session in a world of its own, and what it has told. */
export class Subject {
  readonly world: Simulation
  readonly session: Session
  readonly states: SessionState[] = []
  readonly failures: ZooKeeperError[] = []

  constructor(options: Partial<SessionOptions> = {}, world: Simulation = new Simulation()) {
    this.world = world
    const servers = [{ host: 'a', port: 1 }]
    this.session = new Session({
      servers,
      sessionTimeout: 6000,
      shuffle: false,
      environment: world,
      ...options,
    })
    this.session.on('state', state => this.states.push(state))
    this.session.on('attemptFailed', error => this.failures.push(error))
  }

  /** Waits until it is connected, without any time passing. */
  async connected(): Promise<this> {
    await this.world.settle()
    if (this.session.state !== 'connected') throw new Error(`the session is ${this.session.state}`)
    return this
  }

  getData(path = '/x', options?: object): Promise<{ data: Buffer | null; stat: Stat }> {
    return this.session.request(op.getData, { path, watch: false }, options)
  }

  /** Makes the first read of a connection, and answers it: the session has seen zxid 101 then. */
  async readOnce(): Promise<void> {
    const asked = this.getData()
    await this.world.settle()
    this.world.peer.replyData(this.world.peer.requests[0]!.xid, 'x')
    await asked
  }
}

/** Accepts a connection and never answers its handshake: for `onConnect`. */
export function staySilent(peer: Peer): void {
  peer.alive = false
  peer.accept()
}

/** Accepts a connection and closes it in place of an answer to the handshake: for `onConnect`. */
export function closeUnanswered(peer: Peer): void {
  staySilent(peer)
  setImmediate(() => peer.close())
}

/** Returns the value of a promise, or its error. */
export async function outcomeOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.catch((error: unknown) => error)
}
