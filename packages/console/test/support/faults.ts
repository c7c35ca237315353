import { type AddressInfo, connect as connectSocket, createServer, type Socket } from 'node:net'
import type { Page } from 'playwright-core'

/** The ways in which a request fails: the console refuses it, the stream of the page is gone, or nobody answers. */
export type Failure = 'refused' | 'no page' | 'no answer'

const REFUSALS = {
  refused: { status: 503, json: { code: 'REQUEST_TIMEOUT', message: 'the ensemble is slow', advice: null } },
  'no page': { status: 410, json: { code: 'NO_PAGE', message: 'the stream has ended', advice: null } },
}

/** Lets the next requests of a name fail. Resolves when the routes are in place; `met` resolves with the last failure. */
export async function failNext(
  page: Page,
  name: string,
  failure: Failure,
  times = 1,
): Promise<{ met: Promise<void> }> {
  let left = times
  let resolve = (): void => {}
  const met = new Promise<void>(done => (resolve = done))
  await page.route(
    url => url.pathname === `/api/${name}`,
    async route => {
      if (failure === 'no answer') await route.abort('connectionreset')
      else await route.fulfill(REFUSALS[failure])
      if (--left === 0) resolve()
    },
    { times },
  )
  return { met }
}

/** Holds the answer to the next request of a name back: it is made at once, and reaches the page after `release`. */
export async function holdNext(
  page: Page,
  name: string,
): Promise<{ answered: Promise<void>; release: () => void }> {
  let release = (): void => {}
  let resolve = (): void => {}
  const released = new Promise<void>(done => (release = done))
  const answered = new Promise<void>(done => (resolve = done))
  await page.route(
    url => url.pathname === `/api/${name}`,
    async route => {
      const response = await route.fetch()
      resolve()
      await released
      await route.fulfill({ response })
    },
    { times: 1 },
  )
  return { answered, release }
}

/** A proxy whose connections can be lost. */
export interface FaultyProxy extends AsyncDisposable {
  readonly port: number
  /** Passes nothing on any more, on the connections that there are: they stay, as those of a computer that slept. */
  fallSilent(): void
  /** Ends the connections that there are, and each new one at once. */
  cut(): void
  /** Takes connections again. */
  mend(): void
}

/** Starts a proxy to a port of this machine. */
export async function startProxy(target: number): Promise<FaultyProxy> {
  const sockets = new Set<Socket>()
  let isCut = false
  const server = createServer(client => {
    if (isCut) {
      client.destroy()
      return
    }
    const upstream = connectSocket({ host: '127.0.0.1', port: target })
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from)
      from
        .on('error', () => {})
        .on('close', () => {
          sockets.delete(from)
          to.destroy()
        })
      from.pipe(to)
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const end = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    fallSilent() {
      for (const socket of sockets) {
        socket.unpipe()
        socket.pause()
      }
    },
    cut() {
      isCut = true
      end()
    },
    mend() {
      isCut = false
    },
    async [Symbol.asyncDispose]() {
      end()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
