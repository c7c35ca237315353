/** One packet of a capture. */
export interface Packet {
  /** Seconds since 1970. */
  readonly time: number
  /** The bytes from the link layer on. */
  readonly bytes: Buffer
  /** The number of the link layer, such as 1 for Ethernet. */
  readonly link: number
  /** True if the capture has a part of the packet only. */
  readonly isCut: boolean
}

/** Link layers that are read: https://www.tcpdump.org/linktypes.html. */
export const Link = {
  null: 0,
  ethernet: 1,
  raw: 101,
  linuxSll: 113,
  ipv4: 228,
  ipv6: 229,
  linuxSll2: 276,
} as const

const MAGIC = { micro: 0xa1b2c3d4, nano: 0xa1b23c4d, ng: 0x0a0d0d0a }
const SNAP_LENGTH = 262_144

/** Reads a capture in the classic format or in pcapng. @throws Error that says what is wrong with the file. */
export function readPackets(file: Buffer): Packet[] {
  if (file.length < 24) throw new Error('the file is too short for a capture')
  return file.readUInt32BE(0) === MAGIC.ng ? readBlocks(file) : readClassic(file)
}

function readClassic(file: Buffer): Packet[] {
  const isLittle = [MAGIC.micro, MAGIC.nano].includes(file.readUInt32LE(0))
  const magic = isLittle ? file.readUInt32LE(0) : file.readUInt32BE(0)
  if (magic !== MAGIC.micro && magic !== MAGIC.nano)
    throw new Error('the file is no capture of tcpdump or Wireshark')
  const u32 = (at: number): number => (isLittle ? file.readUInt32LE(at) : file.readUInt32BE(at))
  const fraction = magic === MAGIC.nano ? 1e9 : 1e6
  const link = u32(20) & 0xffff
  const packets: Packet[] = []
  for (let at = 24; at + 16 <= file.length; ) {
    const length = u32(at + 8)
    const time = u32(at) + u32(at + 4) / fraction
    const bytes = file.subarray(at + 16, at + 16 + length)
    packets.push({ time, link, bytes, isCut: bytes.length < u32(at + 12) })
    at += 16 + length
  }
  return packets
}

/** An interface of a pcapng capture. */
interface Interface {
  readonly link: number
  /** Ticks of its clock in a second. */
  readonly ticks: number
}

/** Reads the blocks of pcapng that hold packets. */
function readBlocks(file: Buffer): Packet[] {
  const packets: Packet[] = []
  let interfaces: Interface[] = []
  let isLittle = true
  for (let at = 0; at + 12 <= file.length; ) {
    if (file.readUInt32BE(at) === MAGIC.ng) {
      isLittle = file.readUInt32LE(at + 8) === 0x1a2b3c4d
      interfaces = []
    }
    const u32 = (offset: number): number => (isLittle ? file.readUInt32LE(offset) : file.readUInt32BE(offset))
    const u16 = (offset: number): number => (isLittle ? file.readUInt16LE(offset) : file.readUInt16BE(offset))
    const [type, length] = [u32(at), u32(at + 4)]
    if (length < 12 || at + length > file.length) break
    if (type === 1)
      interfaces.push({ link: u16(at + 8), ticks: ticksOf(file, at + 16, at + length - 4, u16) })
    const owner = type === 6 ? interfaces[u32(at + 8)] : undefined
    if (owner !== undefined) {
      const ticks = u32(at + 12) * 2 ** 32 + u32(at + 16)
      const bytes = file.subarray(at + 28, at + 28 + u32(at + 20))
      packets.push({ time: ticks / owner.ticks, link: owner.link, bytes, isCut: bytes.length < u32(at + 24) })
    }
    at += length
  }
  return packets
}

/** Finds the option if_tsresol, number 9. Default a microsecond. */
function ticksOf(file: Buffer, from: number, to: number, u16: (at: number) => number): number {
  for (let at = from; at + 4 <= to; ) {
    const [code, length] = [u16(at), u16(at + 2)]
    if (code === 0) break
    if (code === 9) {
      const resolution = file[at + 4]!
      return resolution & 0x80 ? 2 ** (resolution & 0x7f) : 10 ** resolution
    }
    at += 4 + length + ((4 - (length % 4)) % 4)
  }
  return 1e6
}

/** Returns the head of a capture in the classic format, of bare IP packets. */
export function captureHeader(): Buffer {
  const header = Buffer.alloc(24)
  header.writeUInt32LE(MAGIC.micro, 0)
  header.writeUInt16LE(2, 4)
  header.writeUInt16LE(4, 6)
  header.writeUInt32LE(SNAP_LENGTH, 16)
  header.writeUInt32LE(Link.raw, 20)
  return header
}

/** Formats a packet behind its head in the classic format. */
export function capturePacket(milliseconds: number, bytes: Buffer): Buffer {
  const header = Buffer.alloc(16)
  header.writeUInt32LE(Math.floor(milliseconds / 1000), 0)
  header.writeUInt32LE(Math.floor((milliseconds % 1000) * 1000), 4)
  header.writeUInt32LE(bytes.length, 8)
  header.writeUInt32LE(bytes.length, 12)
  return Buffer.concat([header, bytes])
}
