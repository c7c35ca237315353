import { once } from 'node:events'
import { createWriteStream, type WriteStream } from 'node:fs'
import { formatServer, parseConnectString, type ServerAddress } from '@zookit/client'
import type { Context } from '../../program/context.ts'
import { type Command, command, tcpPort, text } from '../../program/definition.ts'
import { UsageError } from '../../program/errors.ts'
import { ExitCode } from '../../program/exit-codes.ts'
import { type FrameFilter, FramePrinter, frameOptions } from './frames.ts'
import { captureHeader, capturePacket } from './pcap.ts'
import { type Peer, startRelay, type Taps } from './relay.ts'
import { PacketMaker } from './tcp-packet.ts'

export const sniff: Command = command({
  name: 'sniff',
  group: 'wire',
  summary: 'Stand between clients and a server, and print every frame.',
  details: [
    'Point a client to the port of --listen. Bytes pass as they are. TLS passes too, but its frames cannot be read. Passwords and credentials are not shown; a capture of --write has them. It runs until Ctrl-C or SIGTERM, and ends with 0 then.',
  ],
  options: {
    listen: tcpPort('the port to listen on, 0 for any free one', 0),
    to: text('HOST:PORT', 'the server. Default the first one of --hosts'),
    host: text('ADDRESS', 'the address to listen on. Default 127.0.0.1'),
    write: text('FILE', 'also write a capture, for `dissect` and Wireshark', { completion: 'file' }),
    ...frameOptions,
  },
  examples: [
    ['zookit sniff --listen 2182 --to zk1:2181', 'every frame'],
    ['zookit sniff --listen 2182 --slow 100', 'requests that take 100 ms and more'],
    [
      'zookit sniff --listen 2182 --path /app --op setData --write app.pcap',
      'some of them, and a capture of all',
    ],
  ],
  async run(context, _args, { listen, to, host = '127.0.0.1', write, ...filter }) {
    if (listen === undefined) throw new UsageError('the port is missing', 'Give it with --listen PORT.')
    const target = parseConnectString(to ?? (await context.target()).hosts).servers[0]
    if (target === undefined) throw new UsageError('the server is missing', 'Give it with --to HOST:PORT.')
    const capture = write === undefined ? null : await openCapture(write)
    const relay = await startRelay({ host, port: listen }, target, peer =>
      taps(context, filter, peer, capture, target),
    )
    const { address } = relay
    context.out.result(
      { listen: address, to: formatServer(target) },
      () => `${address} -> ${formatServer(target)}`,
    )
    try {
      await context.stay()
      if (context.shell !== null)
        await new Promise<void>(resolve => context.signal.addEventListener('abort', () => resolve()))
    } finally {
      relay.close()
      if (capture !== null) await new Promise(resolve => capture.end(resolve))
    }
    return ExitCode.done
  },
})

async function openCapture(file: string): Promise<WriteStream> {
  const stream = createWriteStream(file, { mode: 0o600 })
  try {
    await once(stream, 'open')
  } catch (error) {
    throw new UsageError(`cannot write ${file}: ${(error as Error).message}`)
  }
  stream.write(captureHeader())
  return stream
}

/** Shows the frames of one connection, and writes its bytes to the capture. */
function taps(
  context: Context,
  filter: FrameFilter,
  peer: Peer,
  capture: WriteStream | null,
  target: ServerAddress,
): Taps {
  const printer = new FramePrinter(context, filter, peer.name)
  const packets = new PacketMaker([peer.port, target.port])
  return {
    bytes(side, chunk, now) {
      for (const packet of capture === null ? [] : packets.packets(side, chunk))
        capture?.write(capturePacket(now, packet))
    },
    frame: (frame, now) => printer.take(frame, now),
    encrypted: () => context.note(`${peer.name} speaks TLS: it passes, but its frames cannot be read`),
    failed: error => context.note(`${peer.name}: ${formatServer(target)} is not reached: ${error.message}`),
  }
}
