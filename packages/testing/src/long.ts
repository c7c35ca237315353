// zxids are numbers inside the server: an epoch below 2^21 and a counter of 32 bits are exact in 53.

const TWO_32 = 0x1_0000_0000

/** The zxid that begins an epoch. */
export function firstZxid(epoch: number): number {
  return epoch * TWO_32
}

/** The epoch of a zxid. */
export function epochOf(zxid: number): number {
  return Math.floor(zxid / TWO_32)
}

/** A session id, zxid or other long as ZooKeeper prints it. */
export function hex(value: bigint | number): string {
  return `0x${BigInt.asUintN(64, BigInt(value)).toString(16)}`
}
