import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright-core'

/** A web server of another origin on this machine. */
export interface Attacker extends AsyncDisposable {
  /** Returns the address of its page under a name of this machine. */
  at(host: string): string
}

/** Starts a web server that answers every request with an empty page. */
export async function startAttacker(): Promise<Attacker> {
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'text/html')
    response.end('<!doctype html><title>another site</title><body></body>')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    at: host => `http://${host}:${port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

/**
 * Collects what is asked of a port from now on, each with the status of its answer, as the browser's network sees it: of what
 * is another site's, neither a page nor its script learns that.
 */
export async function answersTo(page: Page, port: number): Promise<() => string[]> {
  const asked = new Map<string, string>()
  const answered: [request: string, status: number][] = []
  const network = await page.context().newCDPSession(page)
  network.on('Network.requestWillBeSent', ({ requestId, request: { url, method } }) => {
    if (new URL(url).port === String(port)) asked.set(requestId, `${method} ${new URL(url).pathname}`)
  })
  network.on('Network.responseReceivedExtraInfo', ({ requestId, statusCode }) => {
    answered.push([requestId, statusCode])
  })
  await network.send('Network.enable')
  return () => answered.filter(([id]) => asked.has(id)).map(([id, status]) => `${asked.get(id)} ${status}`)
}

/** The script of an attacker: it tries everything that a page can send, and tells what came of each. */
const SCRIPT = `async target => {
  const write = JSON.stringify({ do: 'set', path: '/guarded', data: 'aGFja2Vk', version: -1 })
  const json = { 'content-type': 'application/json', 'x-zookit-console': '1' }
  const text = { 'content-type': 'text/plain' }
  const told = {}
  const read = (address, init) => fetch(target + address, { credentials: 'include', ...init }).then(async answer =>
    answer.ok ? 'has read ' + (await answer.text()) : 'refused')
  const heard = (make, good, bad) => new Promise(resolve => {
    const made = make()
    made[good] = event => resolve('has ' + good + ' ' + (event.data ?? ''))
    made[bad] = () => resolve('refused')
  })
  const element = (name, fields) => () => document.body.appendChild(Object.assign(document.createElement(name), fields))
  const attempts = {
    fetch: () => read('api/znode?path=/guarded'),
    'fetch of the rows': () => read('api/rows', { method: 'POST', headers: text, body: '{"paths":["/guarded"]}', mode: 'no-cors' }),
    'fetch that writes as the page does': () => read('api/write', { method: 'POST', headers: json, body: write }),
    'fetch that writes without asking': () => read('api/write', { method: 'POST', headers: text, body: write, mode: 'no-cors' }),
    beacon: async () => { navigator.sendBeacon(target + 'api/write', write); return 'refused' },
    EventSource: () => heard(() => new EventSource(target + 'api/stream', { withCredentials: true }), 'onmessage', 'onerror'),
    WebSocket: () => heard(() => new WebSocket(target.replace('http', 'ws') + 'api/stream'), 'onopen', 'onerror'),
    script: () => heard(element('script', { src: target + 'api/znode?path=/guarded' }), 'onload', 'onerror'),
    image: () => heard(element('img', { src: target + 'api/export?path=/guarded' }), 'onload', 'onerror'),
  }
  for (const [name, attempt] of Object.entries(attempts)) told[name] = await attempt().catch(() => 'refused')
  return told
}`

/** Lets a page try to read and to write. @returns what came of each attempt: `refused`, or what it has got. */
export function attack(page: Page, target: string): Promise<Record<string, string>> {
  return page.evaluate<Record<string, string>>(`(${SCRIPT})(${JSON.stringify(target)})`)
}

/** Sends a form to the console, as a navigation of the whole page. @returns the status of the answer. */
export async function submitForm(page: Page, target: string): Promise<number> {
  const write = '{"do":"set","path":"/guarded","data":"aGFja2Vk","version":-1,"x":"'
  const [response] = await Promise.all([
    page.waitForResponse(answer => answer.request().isNavigationRequest()),
    page.evaluate(`(() => {
      const form = document.body.appendChild(document.createElement('form'))
      Object.assign(form, { method: 'post', enctype: 'text/plain', action: ${JSON.stringify(`${target}api/write`)} })
      form.appendChild(Object.assign(document.createElement('input'), { name: ${JSON.stringify(write)}, value: '"}' }))
      form.submit()
    })()`),
  ])
  return response.status()
}
