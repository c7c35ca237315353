import { createServer as createHttpServer, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { ZooKeeperError } from '@zookit/client'

/** The place where a console listens. */
export interface ListenOptions {
  /** The address to listen on. Default 127.0.0.1. Any other than this machine's own needs `tls` or `insecure`. */
  readonly host?: string | undefined
  /** Default 0: any free port. */
  readonly port?: number | undefined
  /** The certificate and the key to serve with, in PEM. */
  readonly tls?: { readonly cert: string | Buffer; readonly key: string | Buffer } | undefined
  /** True to listen elsewhere in clear text: the token and all data can be read on the way. */
  readonly insecure?: boolean | undefined
}

/** A console that listens. */
export interface Listening extends AsyncDisposable {
  /** The address of the page without the token. */
  readonly address: string
  /** The address to open, with the token. */
  readonly url: string
  readonly port: number
  /** Stops to listen, and ends the connections. */
  close(): Promise<void>
}

const LOOPBACK = /^(127(\.\d{1,3}){3}|::1|localhost)$/

/** Returns true for an address of this machine that no other one reaches. */
function isLoopback(host: string): boolean {
  return LOOPBACK.test(host)
}

/** Listens. @throws ZooKeeperError BAD_ARGUMENTS if it would be in clear text elsewhere than on this machine. */
export async function listen(
  fetch: (request: Request) => Response | Promise<Response>,
  token: string,
  { host = '127.0.0.1', port = 0, tls, insecure = false }: ListenOptions,
): Promise<Listening> {
  if (!isLoopback(host) && tls === undefined && !insecure) {
    const message = `listening on ${host} needs TLS: give tls, or allow clear text with insecure: true`
    throw new ZooKeeperError('BAD_ARGUMENTS', { message, operation: 'listen', outcome: 'not-sent' })
  }
  const server = (
    tls === undefined
      ? createAdaptorServer({ fetch, createServer: createHttpServer })
      : createAdaptorServer({ fetch, createServer: createHttpsServer, serverOptions: { ...tls } })
  ) as Server
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const taken = (server.address() as AddressInfo).port
  const name = host.includes(':') ? `[${host}]` : host
  const address = `${tls === undefined ? 'http' : 'https'}://${name}:${taken}/`
  const close = async (): Promise<void> => {
    await new Promise<void>(resolve => {
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
    })
  }
  return {
    address,
    url: `${address}?token=${encodeURIComponent(token)}`,
    port: taken,
    close,
    [Symbol.asyncDispose]: close,
  }
}
