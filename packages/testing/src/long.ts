// Inside the server a zxid is a number: an epoch below 2^21 and a counter of 32 bits fit into its 53 exact bits.

const TWO_32 = 0x1_0000_0000

/** Returns the zxid that begins an epoch. */
export function firstZxid(epoch: number): number {
  return epoch * TWO_32
}

/** Returns a session id, zxid or other long as ZooKeeper prints it. */
export function hex(value: bigint | number): string {
  return `0x${BigInt.asUintN(64, BigInt(value)).toString(16)}`
}
