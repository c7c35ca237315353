import { once } from 'node:events'
import { createWriteStream, type WriteStream } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { formatServer, parseConnectString, type ServerAddress } from '@zookit/client'
import { Dissector, type Side } from '@zookit/jute/dissect'
import type { Context } from '../../program/context.ts'
import { type Command, command, text, whole } from '../../program/definition.ts'
import { CommandError, UsageError } from '../../program/errors.ts'
import { ExitCode } from '../../program/exit-codes.ts'
import { type FrameFilter, FramePrinter, frameOptions } from './frames.ts'
import { captureHeader, capturePacket } from './pcap.ts'
import { PacketMaker } from './tcp-packet.ts'

export const sniff: Command = command({
  name: 'sniff',
  group: 'wire',
  summary: 'Stand between clients and a server, and print every frame.',
  details: [
    'Point a client to the port of --listen. Bytes pass as they are. TLS passes too, but its frames cannot be read. Passwords and credentials are not shown; a capture of --write has them.',
  ],
  options: {
    listen: whole('PORT', 'the port to listen on, 0 for any free one'),
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
    const sockets = new Set<Socket>()
    const server = createServer(client => {
      const pair = relay(context, { client, target, filter, capture })
      for (const socket of pair) {
        sockets.add(socket)
        socket.once('close', () => sockets.delete(socket))
      }
    })
    const port = await listening(server, listen, host)
    const address = formatServer({ host, port })
    context.out.result(
      { listen: address, to: formatServer(target) },
      () => `${address} -> ${formatServer(target)}`,
    )
    try {
      await context.stay()
      if (context.shell !== null)
        await new Promise<void>(resolve => context.signal.addEventListener('abort', () => resolve()))
    } finally {
      server.close()
      for (const socket of sockets) socket.destroy()
      if (capture !== null) await new Promise(resolve => capture.end(resolve))
    }
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

async function listening(server: Server, port: number, host: string): Promise<number> {
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (error) {
    const message = `cannot listen on ${host}:${port} (${(error as NodeJS.ErrnoException).code})`
    throw new CommandError(
      message,
      ExitCode.failed,
      'Take another port with --listen, or 0 for any free one.',
    )
  }
  return (server.address() as { port: number }).port
}

interface Connection {
  readonly client: Socket
  readonly target: ServerAddress
  readonly filter: FrameFilter
  readonly capture: WriteStream | null
}

/** Passes bytes both ways, and shows them. @returns both sockets. */
function relay(context: Context, { client, target, filter, capture }: Connection): [Socket, Socket] {
  const server = connect(target.port, target.host)
  const peer = formatServer({ host: client.remoteAddress ?? '?', port: client.remotePort ?? 0 })
  const printer = new FramePrinter(context, filter, peer)
  const dissector = new Dissector()
  const packets = new PacketMaker([client.remotePort ?? 0, target.port])
  const pass = (side: Side, from: Socket, to: Socket): void => {
    from.on('data', (chunk: Buffer) => {
      const now = Date.now()
      for (const packet of capture === null ? [] : packets.packets(side, chunk))
        capture?.write(capturePacket(now, packet))
      for (const frame of dissector.push(side, chunk)) printer.take(frame, now)
      if (!to.write(chunk)) from.pause()
    })
    to.on('drain', () => from.resume())
    from.on('end', () => to.end())
    from.on('error', () => to.destroy())
    from.on('close', () => to.destroy())
  }
  pass('client', client, server)
  pass('server', server, client)
  server.on('error', error =>
    context.note(`${peer}: ${formatServer(target)} is not reached: ${error.message}`),
  )
  return [client, server]
}
