import { Link, type Packet } from './pcap.ts'

/** A TCP segment. */
export interface Segment {
  readonly time: number
  /** `host:port`. */
  readonly from: string
  readonly to: string
  readonly fromPort: number
  readonly toPort: number
  readonly sequence: number
  readonly isSyn: boolean
  readonly isAck: boolean
  readonly payload: Buffer
}

/** Bytes of the link layer before the IP packet. */
const LINK_BYTES: Readonly<Record<number, number>> = {
  [Link.null]: 4,
  [Link.ethernet]: 14,
  [Link.raw]: 0,
  12: 0,
  [Link.linuxSll]: 16,
  [Link.linuxSll2]: 20,
  [Link.ipv4]: 0,
  [Link.ipv6]: 0,
}

/** Reads the TCP segment of a packet. @returns null for anything else. */
export function segmentOf({ time, link, bytes }: Packet): Segment | null {
  const start = LINK_BYTES[link]
  if (start === undefined) throw new Error(`the capture has the link layer ${link}, which is not known here`)
  // A tag of a virtual network is four bytes more.
  const isTagged = link === Link.ethernet && bytes.length > 14 && bytes.readUInt16BE(12) === 0x8100
  return ipSegment(time, bytes.subarray(start + (isTagged ? 4 : 0)))
}

function ipSegment(time: number, ip: Buffer): Segment | null {
  const version = ip.length > 0 ? ip[0]! >> 4 : 0
  if (version === 4 && ip.length >= 20 && ip[9] === 6) {
    const address = (at: number): string => ip.subarray(at, at + 4).join('.')
    // The length of zero stands for one that the network card fills in.
    const end = ip.readUInt16BE(2) || ip.length
    return tcpSegment(time, address(12), address(16), ip.subarray((ip[0]! & 15) * 4, end))
  }
  if (version === 6 && ip.length >= 40 && ip[6] === 6) {
    const address = (at: number): string => shortAddress(ip.subarray(at, at + 16))
    return tcpSegment(time, address(8), address(24), ip.subarray(40, 40 + (ip.readUInt16BE(4) || ip.length)))
  }
  return null
}

/** Writes an address of IP version 6 in its short form, in brackets. */
function shortAddress(bytes: Buffer): string {
  const groups = bytes.toString('hex').match(/.{4}/g)!
  return new URL(`http://[${groups.join(':')}]`).hostname
}

function tcpSegment(time: number, source: string, target: string, tcp: Buffer): Segment | null {
  if (tcp.length < 20) return null
  const [fromPort, toPort] = [tcp.readUInt16BE(0), tcp.readUInt16BE(2)]
  return {
    time,
    from: `${source}:${fromPort}`,
    to: `${target}:${toPort}`,
    fromPort,
    toPort,
    sequence: tcp.readUInt32BE(4),
    isSyn: (tcp[13]! & 2) !== 0,
    isAck: (tcp[13]! & 16) !== 0,
    payload: tcp.subarray((tcp[12]! >> 4) * 4),
  }
}

/** One direction of a connection, from which segments come in any order. */
export class Direction {
  #next: number | undefined
  readonly #waiting = new Map<number, Buffer>()

  /** True if segments wait for one that has not come. */
  get hasGap(): boolean {
    return this.#waiting.size > 0
  }

  /** Takes a segment. @returns the bytes that are next in the stream now; segments that came twice are left out. */
  push({ sequence, isSyn, payload }: Segment): Buffer {
    if (isSyn) {
      this.#next = (sequence + 1) >>> 0
      return Buffer.alloc(0)
    }
    if (payload.length === 0) return payload
    this.#next ??= sequence
    this.#waiting.set(sequence, payload)
    const parts: Buffer[] = []
    for (let found = this.#take(); found !== undefined; found = this.#take()) parts.push(found)
    return Buffer.concat(parts)
  }

  /** Takes the bytes from the next position on out of a segment that has them. */
  #take(): Buffer | undefined {
    for (const [sequence, payload] of this.#waiting) {
      const skip = (this.#next! - sequence) >>> 0
      // A difference in the upper half is a segment that lies ahead.
      if (skip >= 2 ** 31) continue
      this.#waiting.delete(sequence)
      if (skip >= payload.length) continue
      this.#next = (sequence + payload.length) >>> 0
      return payload.subarray(skip)
    }
    return undefined
  }
}

/** Makes IP packets of the bytes that two peers send each other, for a capture. */
export class PacketMaker {
  readonly #ports: readonly [number, number]
  readonly #sequence: [number, number] = [1, 1]

  /** @param ports of the client and of the server. */
  constructor(ports: readonly [number, number]) {
    this.#ports = ports
  }

  /** Returns the packets for a chunk. Addresses are those of this machine. */
  packets(side: 'client' | 'server', chunk: Buffer): Buffer[] {
    const packets: Buffer[] = []
    for (let at = 0; at < chunk.length; at += MOST_PAYLOAD)
      packets.push(this.#packet(side, chunk.subarray(at, at + MOST_PAYLOAD)))
    return packets
  }

  #packet(side: 'client' | 'server', payload: Buffer): Buffer {
    const [mine, others] = side === 'client' ? ([0, 1] as const) : ([1, 0] as const)
    const header = Buffer.alloc(40)
    header[0] = 0x45
    header.writeUInt16BE(40 + payload.length, 2)
    header[8] = 64
    header[9] = 6
    header.writeUInt32BE(0x7f000001, 12)
    header.writeUInt32BE(0x7f000001, 16)
    header.writeUInt16BE(this.#ports[mine], 20)
    header.writeUInt16BE(this.#ports[others], 22)
    header.writeUInt32BE(this.#sequence[mine] >>> 0, 24)
    header.writeUInt32BE(this.#sequence[others] >>> 0, 28)
    header[32] = 0x50
    header[33] = 0x18
    header.writeUInt16BE(65_535, 34)
    header.writeUInt16BE(checksum(header.subarray(0, 20)), 10)
    this.#sequence[mine] += payload.length
    return Buffer.concat([header, payload])
  }
}

const MOST_PAYLOAD = 60_000

function checksum(header: Buffer): number {
  let sum = 0
  for (let at = 0; at < header.length; at += 2) sum += header.readUInt16BE(at)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}
