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

/** Turns the client's Stat into one with Buffers. The fields stand in the order of the wire. */
export function toStat(stat: ZookitStat): Stat {
  return {
    czxid: long(stat.czxid),
    mzxid: long(stat.mzxid),
    ctime: longOf(stat.ctime),
    mtime: longOf(stat.mtime),
    version: stat.version,
    cversion: stat.cversion,
    aversion: stat.aversion,
    ephemeralOwner: long(stat.ephemeralOwner),
    dataLength: stat.dataLength,
    numChildren: stat.numChildren,
    pzxid: long(stat.pzxid),
  }
}
