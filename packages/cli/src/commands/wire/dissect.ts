import { readFile } from 'node:fs/promises'
import { counted } from '@zookit/client'
import { Dissector } from '@zookit/jute/dissect'
import type { Context } from '../../program/context.ts'
import { argument, type Command, command, tcpPort } from '../../program/definition.ts'
import { CommandError, UsageError } from '../../program/errors.ts'
import { ExitCode } from '../../program/exit-codes.ts'
import { type FrameFilter, FramePrinter, frameOptions } from './frames.ts'
import { type Packet, readPackets } from './pcap.ts'
import { speaksTls } from './speaks-tls.ts'
import { Direction, type Segment, segmentOf } from './tcp-packet.ts'

const DEFAULT_PORT = 2181

export const dissect: Command = command({
  name: 'dissect',
  group: 'wire',
  summary: 'Print the ZooKeeper frames of a capture that tcpdump, Wireshark or `sniff` made.',
  details: [
    'Reads pcap and pcapng. A connection whose beginning is not in the capture is read from its first whole segment on. Passwords and credentials are not shown.',
  ],
  args: { file: argument('the capture', 'file') },
  options: { port: tcpPort("the servers' port. Default 2181", 1), ...frameOptions },
  examples: [
    ['tcpdump -i any -w zk.pcap port 2181', 'capture'],
    ['zookit dissect zk.pcap --op create', 'then read'],
  ],
  async run(context, { file }, { port = DEFAULT_PORT, ...filter }) {
    const packets = await read(file)
    const connections = new Map<string, Connection>()
    const seen = new SeenPorts()
    let cut = 0
    for (const packet of packets) {
      const segment = segmentOf(packet)
      if (segment === null) continue
      seen.add(segment)
      if (segment.fromPort !== port && segment.toPort !== port) continue
      if (packet.isCut) cut++
      const isClient = segment.toPort === port
      const client = isClient ? segment.from : segment.to
      // The port of a client that has gone belongs to another one now.
      if (segment.isSyn && isClient) connections.delete(client)
      const connection = connections.get(client) ?? new Connection(context, filter, client)
      connections.set(client, connection)
      connection.take(segment, isClient)
      await context.out.drained()
    }
    const all = [...connections.values()]
    tellLosses(context, cut, all.filter(({ hasGap }) => hasGap).length)
    const encrypted = all.filter(({ isEncrypted }) => isEncrypted).length
    if (encrypted > 0) context.note(`${counted(encrypted, 'connection')} of TLS, whose frames cannot be read`)
    if (connections.size > 0) return
    const message = `${file} has no TCP segments of port ${port} among its ${counted(packets.length, 'packet')}`
    throw seen.refusal(message)
  },
})

/** The ports of a capture, so that a user who has named another one can choose. */
class SeenPorts {
  static readonly MOST = 8
  /** Segments of each port. */
  readonly #all = new Map<number, number>()
  /** Connections that were opened to each port. */
  readonly #opened = new Map<number, number>()

  add({ fromPort, toPort, isSyn, isAck }: Segment): void {
    for (const port of [fromPort, toPort]) this.#all.set(port, (this.#all.get(port) ?? 0) + 1)
    if (isSyn && !isAck) this.#opened.set(toPort, (this.#opened.get(toPort) ?? 0) + 1)
  }

  /** Makes the error for a capture without a port: it names those of servers, or all where no connection begins in it. */
  refusal(message: string): CommandError {
    const counts = this.#opened.size > 0 ? this.#opened : this.#all
    const ports = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([port]) => port)
    if (ports.length === 0)
      return new CommandError(
        message,
        ExitCode.failed,
        'It has no TCP at all: capture with `-i any` and the port.',
      )
    const more = ports.length > SeenPorts.MOST ? ', ...' : ''
    const list = ports.slice(0, SeenPorts.MOST).join(', ')
    return new CommandError(
      `${message}; it has ${list}${more}`,
      ExitCode.failed,
      `Name that of the servers${ports.length === 1 ? `: --port ${list}` : ' with --port'}.`,
    )
  }
}

async function read(file: string): Promise<Packet[]> {
  try {
    return readPackets(await readFile(file))
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${(error as Error).message}`)
  }
}

/** Tells what the capture does not have: its frames, and those behind them in the same connection, are not shown. */
function tellLosses(context: Context, cut: number, gaps: number): void {
  if (cut > 0) context.note(`${counted(cut, 'packet')} cut off in the capture: use -s 0 of tcpdump`)
  if (gaps > 0)
    context.note(
      `${counted(gaps, 'connection')} with segments missing: give tcpdump a larger buffer with -B, and a filter for the port`,
    )
}

/** One connection of the capture. */
class Connection {
  readonly #printer: FramePrinter
  readonly #directions: Readonly<Record<'client' | 'server', Direction>>
  #dissector: Dissector | undefined
  /** True if its bytes are those of TLS. */
  isEncrypted = false

  constructor(context: Context, filter: FrameFilter, client: string) {
    this.#printer = new FramePrinter(context, filter, client)
    this.#directions = { client: new Direction(), server: new Direction() }
  }

  /** True if what came last is not shown, because a segment before it is missing. */
  get hasGap(): boolean {
    return this.#directions.client.hasGap || this.#directions.server.hasGap
  }

  take(segment: Segment, isClient: boolean): void {
    const side = isClient ? 'client' : 'server'
    const bytes = this.#directions[side].push(segment)
    if (bytes.length === 0) return
    if (this.#dissector === undefined) this.isEncrypted ||= speaksTls(bytes)
    if (this.isEncrypted) return
    this.#dissector ??= new Dissector({ handshake: isClient && beginsWithHandshake(bytes) })
    for (const frame of this.#dissector.push(side, bytes)) this.#printer.take(frame, segment.time * 1000)
  }
}

/** Recognises a ConnectRequest, whose protocol version is 0, and a four-letter word, by the first bytes of a client. */
function beginsWithHandshake(bytes: Buffer): boolean {
  if (bytes.length < 8) return true
  const length = bytes.readInt32BE(0)
  return length > 1_000_000 || (length >= 44 && bytes.readInt32BE(4) === 0)
}
