import { inspect } from 'node:util'
import type { Stat as ZookitStat } from '@zookit/client'

export type { ZookitStat }

/** The metadata of a znode. Numbers of 64 bits are Buffers of 8 bytes, most significant byte first. */
export interface Stat {
  czxid: Buffer
  mzxid: Buffer
  ctime: Buffer
  mtime: Buffer
  version: number
  cversion: number
  aversion: number
  ephemeralOwner: Buffer
  dataLength: number
  numChildren: number
  pzxid: Buffer
}

/** Returns a number of 64 bits as 8 bytes, most significant byte first. */
export function long(value: bigint): Buffer {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeBigInt64BE(value)
  return bytes
}

/** Returns a whole number as the 8 bytes of one of 64 bits: a time in milliseconds is an exact number. */
function longOf(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeInt32BE(Math.floor(value / 2 ** 32))
  bytes.writeInt32BE(value | 0, 4)
  return bytes
}

/** Makes the Buffers of the fields of 64 bits. */
const BUFFERS = {
  czxid: stat => long(stat.czxid),
  mzxid: stat => long(stat.mzxid),
  ctime: stat => longOf(stat.ctime),
  mtime: stat => longOf(stat.mtime),
  ephemeralOwner: stat => long(stat.ephemeralOwner),
  pzxid: stat => long(stat.pzxid),
} satisfies { [Name in keyof Stat]?: (stat: ZookitStat) => Buffer }

const ABSENT = undefined as unknown as Buffer

// The problem: six Buffers take twice the time of all the rest of a getData, and most callbacks look at no Stat. The trick:
// the Buffers are made when something asks for a field that is one, or for the fields as such. The invariant: whatever
// reads, lists or changes a Stat does so through the proxy, so it never sees a field that is not made yet.
// Measure it with `pnpm bench --load getData --client alias,node-zookeeper-client`.

/** A Stat whose Buffers are not made yet. The fields stand in the order of the wire. */
class StatWithBuffers implements Stat {
  czxid = ABSENT
  mzxid = ABSENT
  ctime = ABSENT
  mtime = ABSENT
  version: number
  cversion: number
  aversion: number
  ephemeralOwner = ABSENT
  dataLength: number
  numChildren: number
  pzxid = ABSENT
  #source: ZookitStat | null

  constructor(source: ZookitStat) {
    this.version = source.version
    this.cversion = source.cversion
    this.aversion = source.aversion
    this.dataLength = source.dataLength
    this.numChildren = source.numChildren
    this.#source = source
  }

  /** Makes the Buffers, once. */
  static complete(stat: StatWithBuffers): StatWithBuffers {
    const source = stat.#source
    if (source === null) return stat
    stat.#source = null
    for (const [name, make] of Object.entries(BUFFERS)) stat[name as keyof typeof BUFFERS] = make(source)
    return stat
  }

  /** Returns the fields, read through the proxy: `console.log` looks behind it. */
  [inspect.custom](): Stat {
    return { ...this }
  }
}

const { complete } = StatWithBuffers
const HANDLER: ProxyHandler<StatWithBuffers> = {
  get: (stat, name) => (name in BUFFERS ? complete(stat) : stat)[name as keyof Stat],
  getOwnPropertyDescriptor: (stat, name) => Reflect.getOwnPropertyDescriptor(complete(stat), name),
  defineProperty: (stat, name, descriptor) => Reflect.defineProperty(complete(stat), name, descriptor),
  deleteProperty: (stat, name) => Reflect.deleteProperty(complete(stat), name),
}

/** Turns the client's Stat into one with Buffers. */
export function toStat(stat: ZookitStat): Stat {
  return new Proxy(new StatWithBuffers(stat), HANDLER)
}
