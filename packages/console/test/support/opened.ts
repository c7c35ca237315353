import { type ConnectOptions, connect, type ZooKeeper } from '@zookit/client'
import { Console, type ConsoleOptions } from '@zookit/console'
import type { Interest, Message } from '../../src/protocol.ts'

const ORIGIN = 'http://127.0.0.1:7181'

/** An answer of a console. */
interface Answer {
  readonly status: number
  // The tests look into answers of every shape.
  // biome-ignore lint/suspicious/noExplicitAny: an answer may be anything.
  readonly body: any
}

/** A console with a client of its own, and a browser that is signed in. */
export interface Opened extends AsyncDisposable {
  readonly console: Console
  readonly zk: ZooKeeper
  /** Lines of the log of writes. */
  readonly lines: readonly string[]
  /** Sends a request as a browser does: with the cookie, and with whatever else is given. */
  fetch(path: string, init?: RequestInit): Promise<Response>
  get(path: string): Promise<Answer>
  post(path: string, body: unknown): Promise<Answer>
  stream(): Promise<Stream>
}

/** A stream of messages. */
interface Stream {
  readonly page: string
  /** All messages so far. */
  readonly messages: readonly Message[]
  /** Resolves with the first message that matches, also one that has come already. */
  next<Type extends Message['type']>(
    type: Type,
    matches?: (message: Extract<Message, { type: Type }>) => boolean,
  ): Promise<Extract<Message, { type: Type }>>
  show(interest: Partial<Interest>): Promise<void>
  close(): Promise<void>
}

/** Opens a console on an ensemble. */
export async function openConsole(
  hosts: string,
  options: ConsoleOptions = {},
  connectOptions: ConnectOptions = {},
): Promise<Opened> {
  const zk = await connect(hosts, connectOptions)
  const lines: string[] = []
  const console = new Console(zk, { hosts, log: line => void lines.push(line), ...options })
  const entry = await console.fetch(new Request(`${ORIGIN}/?token=${console.token}`))
  const cookie = entry.headers.get('set-cookie')!.split(';')[0]!
  const fetch = (path: string, init: RequestInit = {}): Promise<Response> =>
    console.fetch(new Request(ORIGIN + path, { ...init, headers: { cookie, ...init.headers } }))
  const answer = async (response: Response): Promise<Answer> => ({
    status: response.status,
    body: await response.json(),
  })
  const post = async (path: string, body: unknown): Promise<Answer> => {
    const headers = { 'content-type': 'application/json', 'x-zookit-console': '1', origin: ORIGIN }
    return answer(await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) }))
  }
  return {
    console,
    zk,
    lines,
    fetch,
    post,
    get: async path => answer(await fetch(path)),
    stream: async () => follow(await fetch('/api/stream'), post),
    async [Symbol.asyncDispose]() {
      await console.close()
      await zk.close()
    },
  }
}

async function follow(response: Response, post: Opened['post']): Promise<Stream> {
  const messages: Message[] = []
  let wake = (): void => {}
  const reader = response.body!.getReader()
  const decoder = new TextDecoder()
  const reading = (async () => {
    for (let text = ''; ; ) {
      const { done, value } = await reader.read()
      if (done) return
      text += decoder.decode(value, { stream: true })
      const parts = text.split('\n\n')
      text = parts.pop()!
      for (const part of parts) if (part.startsWith('data: ')) messages.push(JSON.parse(part.slice(6)))
      wake()
    }
  })()
  reading.catch(() => {})
  const next: Stream['next'] = async (type, matches = () => true) => {
    for (;;) {
      const found = messages.find(each => each.type === type && matches(each as never))
      if (found !== undefined) return found as never
      await new Promise<void>(resolve => (wake = resolve))
    }
  }
  const { page } = await next('hello')
  return {
    page,
    messages,
    next,
    async show(interest) {
      await post('/api/interest', {
        folders: ['/'],
        znode: null,
        traffic: false,
        ensemble: false,
        page,
        ...interest,
      })
    },
    close: () => reader.cancel(),
  }
}
