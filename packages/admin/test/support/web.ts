import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Returns a web server that answers as it is told. */
export async function web(listener: RequestListener): Promise<AsyncDisposable & { url: string }> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** The error of `breakingOff`. */
export const DISK = new Error('the disk is gone')

/** Gives some bytes, and fails. */
export async function* breakingOff(...parts: unknown[]): AsyncGenerator<unknown> {
  yield* parts
  throw DISK
}
