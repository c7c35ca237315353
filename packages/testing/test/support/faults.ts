import type { TestServer } from '../../src/index.ts'
import { RawClient } from './raw-client.ts'

/** Connects to a server. @returns the system's error code; `connected` where there is none. */
export async function connectError(server: TestServer): Promise<string> {
  const client = new RawClient(server)
  const failed = new Promise<string>(resolve =>
    client.socket.once('error', error => resolve('code' in error ? String(error.code) : error.message)),
  )
  const connected = new Promise<string>(resolve => client.socket.once('connect', () => resolve('connected')))
  const outcome = await Promise.race([failed, connected])
  client.socket.destroy()
  return outcome
}

/** Returns the rejection of a promise as text; `none` when it is fulfilled. */
export async function failure(promise: Promise<unknown>): Promise<string> {
  return await promise.then(
    () => 'none',
    (error: unknown) => String(error),
  )
}

/** The error of a client whose connection has been closed. */
export const GONE = 'Error: the server closed the connection'
/** Milliseconds without a byte after which a test concludes that none comes. */
export const SILENCE = 30

/** Waits until the server has received this many requests of an operation. */
export async function taken(server: TestServer, operation: string, count: number): Promise<void> {
  const requests = (): number => server.requests().filter(request => request.operation === operation).length
  while (requests() < count) await new Promise(resolve => setImmediate(resolve))
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, milliseconds))
}
