import type { TestServer } from '../../src/index.ts'
import { RawClient } from './raw-client.ts'

/** The system's error when a connection cannot be made. */
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

/** What a promise is rejected with, as text; `none` where it is kept. */
export async function failure(promise: Promise<unknown>): Promise<string> {
  return await promise.then(
    () => 'none',
    (error: unknown) => String(error),
  )
}

/** What a client says whose connection was closed. */
export const GONE = 'Error: the server closed the connection'
/** How long nothing has to come before nothing is taken to come, in milliseconds. */
export const SILENCE = 30

/** Waits until the server has taken so many requests of a kind. */
export async function taken(server: TestServer, operation: string, count: number): Promise<void> {
  const requests = (): number => server.requests().filter(request => request.operation === operation).length
  while (requests() < count) await new Promise(resolve => setImmediate(resolve))
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, milliseconds))
}
