// The least that a client with promises can do: one promise a request, xids matched, data copied out, Stat decoded with its
// bigints, requests encoded into a slab that is written once a microtask. It has no errors, timeouts, signals, watches,
// chroot, reconnects or limits. Nobody could use it; it shows the cost of promises and records alone.

import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { endianness } from 'node:os'
import type { Stat } from '@zookit/jute'
import { CLOSE, handshake } from './bare/frames.ts'
import { type Client, type Connection, fail, type Issue } from './support/client.ts'
import { roundsOf, serve } from './support/serve.ts'

const READ_SIZE = 64 * 1024
const SLAB = 64 * 1024
/** The mask for the index of a request in flight: `xid & MASK`. */
const MASK = (1 << 17) - 1
/** The largest payload: a larger one does not fit into the slab. */
const MOST = 16 * 1024
const HEAD = 16
const TWO_32 = 2 ** 32

type Resolve = (value: unknown) => void
type Decode = (input: Buffer, view: DataView, at: number) => unknown

interface Waiting {
  xid: number
  decode: Decode
  resolve: Resolve
}

const RESOLVED = Promise.resolve()
let captured: Resolve
const capture = (resolve: Resolve): void => void (captured = resolve)

class LeanConnection implements Connection {
  readonly #input = Buffer.allocUnsafeSlow(READ_SIZE)
  readonly #view = new DataView(this.#input.buffer)
  readonly #ring = new Array<Waiting | undefined>(MASK + 1)
  readonly socket: Socket
  #kept = 0
  /** The xid of the next reply. */
  #answered = 1
  #xid = 0
  #slab = Buffer.allocUnsafeSlow(SLAB)
  #used = 0
  #due = false
  #shaken: () => void = () => {}

  constructor(hosts: string) {
    const [host, port] = hosts.split(',')[0]!.split(':') as [string, string]
    const onread = {
      buffer: () => (this.#kept === 0 ? this.#input : this.#input.subarray(this.#kept)),
      callback: (size: number) => this.#onBytes(this.#kept + size),
    }
    this.socket = connect({ host, port: Number(port), noDelay: true, onread })
    this.socket.on('error', fail)
  }

  shake(): Promise<void> {
    this.socket.write(handshake())
    return new Promise(resolve => (this.#shaken = resolve))
  }

  requests({ node, payload }: { node: string; payload: number }): Record<string, Issue> {
    if (payload > MOST) return {}
    const data = Buffer.alloc(payload, 'x')
    return {
      getData: done => void this.#request(4, node, null, readData).then(done, fail),
      exists: done => void this.#request(3, node, null, readStat).then(done, fail),
      setData: done => void this.#request(5, node, data, readStat).then(done, fail),
    }
  }

  async close(): Promise<void> {
    this.socket.write(CLOSE)
    await once(this.socket, 'close')
  }

  /** Sends a request: a path, followed by a watch flag, or by data and a version. */
  #request(opcode: number, path: string, data: Buffer | null, decode: Decode): Promise<unknown> {
    const promise = new Promise<unknown>(capture)
    const size = HEAD + path.length + (data ? data.length + 8 : 1)
    if (this.#used + size > SLAB) this.#flush()
    const slab = this.#slab
    const at = this.#used
    const xid = (this.#xid = (this.#xid + 1) & 0x7fffffff)
    slab.writeInt32BE(size - 4, at)
    slab.writeInt32BE(xid, at + 4)
    slab.writeInt32BE(opcode, at + 8)
    slab.writeInt32BE(path.length, at + 12)
    for (let i = 0; i < path.length; i++) slab[at + HEAD + i] = path.charCodeAt(i)
    const after = at + HEAD + path.length
    if (data) {
      slab.writeInt32BE(data.length, after)
      slab.set(data, after + 4)
      slab.writeInt32BE(-1, after + 4 + data.length)
    } else slab[after] = 0
    this.#used = at + size
    this.#ring[xid & MASK] = { xid, decode, resolve: captured }
    if (!this.#due) {
      this.#due = true
      void RESOLVED.then(this.#flushDue)
    }
    return promise
  }

  readonly #flushDue = (): void => {
    this.#due = false
    if (this.#used > 0) this.#flush()
  }

  #flush(): void {
    this.socket.write(this.#slab.subarray(0, this.#used))
    if (this.socket.writableLength > 0) this.#slab = Buffer.allocUnsafeSlow(SLAB)
    this.#used = 0
  }

  #onBytes(end: number): boolean {
    const view = this.#view
    let at = 0
    while (end - at >= 4) {
      const next = at + 4 + view.getInt32(at)
      if (next > end) break
      this.#onFrame(at)
      at = next
    }
    if (at > 0 && at < end) this.#input.copyWithin(0, at, end)
    this.#kept = end - at
    return true
  }

  #onFrame(at: number): void {
    const view = this.#view
    const slot = this.#answered & MASK
    const waiting = this.#ring[slot]
    if (!waiting) return this.#shaken()
    if (waiting.xid !== view.getInt32(at + 4)) fail(new Error('a reply out of order'))
    if (view.getInt32(at + 16) !== 0) fail(new Error(`error ${view.getInt32(at + 16)}`))
    this.#ring[slot] = undefined
    this.#answered++
    waiting.resolve(waiting.decode(this.#input, view, at + 20))
  }
}

function long(view: DataView, at: number): number {
  return view.getInt32(at) * TWO_32 + view.getUint32(at + 4)
}

/** The conversion to bigints of @zookit/jute, the fastest known one: see its longs.ts. */
const longs = new BigInt64Array(4)
const halves = new Int32Array(longs.buffer)
const HIGH = endianness() === 'LE' ? 1 : 0
const LOW = 1 - HIGH

function readStat(_: Buffer, view: DataView, at: number): Stat {
  halves[HIGH] = view.getInt32(at)
  halves[LOW] = view.getInt32(at + 4)
  halves[2 + HIGH] = view.getInt32(at + 8)
  halves[2 + LOW] = view.getInt32(at + 12)
  halves[4 + HIGH] = view.getInt32(at + 44)
  halves[4 + LOW] = view.getInt32(at + 48)
  halves[6 + HIGH] = view.getInt32(at + 60)
  halves[6 + LOW] = view.getInt32(at + 64)
  return {
    czxid: longs[0]!,
    mzxid: longs[1]!,
    ctime: long(view, at + 16),
    mtime: long(view, at + 24),
    version: view.getInt32(at + 32),
    cversion: view.getInt32(at + 36),
    aversion: view.getInt32(at + 40),
    ephemeralOwner: longs[2]!,
    dataLength: view.getInt32(at + 52),
    numChildren: view.getInt32(at + 56),
    pzxid: longs[3]!,
  }
}

function readData(input: Buffer, view: DataView, at: number): { data: Buffer; stat: Stat } {
  const end = at + 4 + view.getInt32(at)
  const data = Buffer.allocUnsafe(end - at - 4)
  data.set(input.subarray(at + 4, end))
  return { data, stat: readStat(input, view, end) }
}

const client: Client = {
  sessions: [],
  async connect({ hosts }) {
    const connection = new LeanConnection(hosts)
    await connection.shake()
    return connection
  },
}
await serve(process.version, roundsOf(client))
