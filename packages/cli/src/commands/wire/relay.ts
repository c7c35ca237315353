import { once } from 'node:events'
import { connect, createServer, isIP, type Server, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { formatServer, type ServerAddress, type TlsOptions } from '@zookit/client'
import { type DissectedFrame, Dissector, type Side } from '@zookit/jute/dissect'
import { CommandError } from '../../program/errors.ts'
import { ExitCode } from '../../program/exit-codes.ts'
import { speaksTls } from './speaks-tls.ts'

/** The client of a connection that passes through. */
export interface Peer {
  /** `host:port`. */
  readonly name: string
  readonly port: number
}

/** Receivers of what passes through on one connection. */
export interface Taps {
  /** @param now in milliseconds since 1970. */
  bytes?(side: Side, chunk: Buffer, now: number): void
  frame(frame: DissectedFrame, now: number): void
  /** Called once where the client speaks TLS: its frames cannot be read. */
  encrypted(): void
  /** Called when the server is not reached. */
  failed(error: Error): void
}

/** A proxy that listens. */
export interface Relay {
  /** `host:port`. */
  readonly address: string
  /** Ends it, with its connections. */
  close(): void
}

/** The server behind a proxy. With `tls` the proxy speaks it to the server, and its clients speak clear text to the proxy. */
interface Target extends ServerAddress {
  readonly tls?: TlsOptions
}

/** Stands between clients and a server: bytes pass as they are, and what they say is shown. @throws CommandError. */
export async function startRelay(
  listen: ServerAddress,
  target: Target,
  tap: (peer: Peer) => Taps,
): Promise<Relay> {
  const sockets = new Set<Socket>()
  const server = createServer(client => {
    for (const socket of pass(client, target, tap)) {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    }
  })
  const port = await listening(server, listen)
  return {
    address: formatServer({ host: listen.host, port }),
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

async function listening(server: Server, { host, port }: ServerAddress): Promise<number> {
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

function reach({ host, port, tls }: Target): Socket {
  if (tls === undefined) return connect(port, host)
  const servername = isIP(host) === 0 ? host : ''
  return connectTls({ servername, ...tls, host, port })
}

/** Passes bytes both ways, and shows them. @returns both sockets. */
function pass(client: Socket, target: Target, tap: (peer: Peer) => Taps): [Socket, Socket] {
  const server = reach(target)
  const port = client.remotePort ?? 0
  const taps = tap({ name: formatServer({ host: client.remoteAddress ?? '?', port }), port })
  const dissector = new Dissector()
  let isEncrypted: boolean | undefined
  const show = (side: Side, chunk: Buffer, now: number): void => {
    if (isEncrypted === undefined) {
      isEncrypted = speaksTls(chunk)
      if (isEncrypted) taps.encrypted()
    }
    if (!isEncrypted) for (const frame of dissector.push(side, chunk)) taps.frame(frame, now)
  }
  const forward = (side: Side, from: Socket, to: Socket): void => {
    from.on('data', (chunk: Buffer) => {
      const now = Date.now()
      taps.bytes?.(side, chunk, now)
      show(side, chunk, now)
      if (!to.write(chunk)) from.pause()
    })
    to.on('drain', () => from.resume())
    from.on('end', () => to.end())
    from.on('error', () => to.destroy())
    from.on('close', () => to.destroy())
  }
  forward('client', client, server)
  forward('server', server, client)
  server.on('error', error => taps.failed(error))
  return [client, server]
}
