import {
  counted,
  formatServer,
  type ServerAddress,
  type Transport,
  type TransportHandler,
  whenAborted,
} from '@zookit/connection'
import { AdminError, type AdminErrorCode } from '../admin-error.ts'
import type { ResolvedWordOptions } from '../options.ts'
import { speaksNoTls, tlsReason, unusableTls } from '../tls-words.ts'

/** The memory for one read. */
const READ_BYTES = 64 * 1024

/** Errors of a socket that say nothing about TLS. */
const SOCKET_ERROR = /^E(?!PROTO)[A-Z]+$/

/** The meanings of a late answer. A port for TLS waits for more than the four bytes of a word. */
const LATE = {
  tls: 'is it a ZooKeeper server, and is it overloaded?',
  plain: 'is it a ZooKeeper server that is not overloaded, and is the port not one for TLS (the tls option)?',
}

/** Makes an error of one exchange. */
type Fail = (code: AdminErrorCode, reason: string, cause?: unknown) => AdminError

/** One word on a connection of its own: the server answers, and closes. */
class Exchange implements TransportHandler {
  readonly answer: Promise<string>
  readonly #word: string
  readonly #maxBytes: number
  readonly #fail: Fail
  readonly #isTls: boolean
  readonly #space = Buffer.allocUnsafe(READ_BYTES)
  readonly #chunks: Buffer[] = []
  #size = 0
  #isOpen = false
  #transport: Transport | null = null
  #resolve: (answer: string) => void = () => {}
  #reject: (error: AdminError) => void = () => {}

  constructor(word: string, { maxBytes, tls }: ResolvedWordOptions, fail: Fail) {
    this.#word = word
    this.#maxBytes = maxBytes
    this.#isTls = tls !== null
    this.#fail = fail
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  /** True if the connection was open: another address of the server would say the same. */
  get wasOpen(): boolean {
    return this.#isOpen
  }

  begin(transport: Transport): void {
    this.#transport = transport
  }

  end(error: AdminError): void {
    this.#transport?.destroy()
    this.#reject(error)
  }

  onOpen(): void {
    this.#isOpen = true
    this.#transport?.write(Buffer.from(this.#word, 'latin1'))
  }

  space(): Buffer {
    return this.#space
  }

  onBytes(size: number): boolean {
    this.#size += size
    if (this.#size > this.#maxBytes) {
      this.end(
        this.#fail(
          'ANSWER_TOO_LONG',
          `the answer has more than ${counted(this.#maxBytes, 'byte')}: raise maxBytes`,
        ),
      )
      return false
    }
    this.#chunks.push(Buffer.from(this.#space.subarray(0, size)))
    return true
  }

  onDrain(): void {}

  onClose(error: Error | null): void {
    if (error === null && this.#isOpen) this.#resolve(Buffer.concat(this.#chunks).toString('utf8'))
    else this.#reject(this.#closed(error))
  }

  #closed(error: Error | null): AdminError {
    const code = (error as { code?: string } | null)?.code ?? ''
    const told = error === null ? 'it closed the connection' : tlsReason(error)
    if (this.#isTls && error !== null && speaksNoTls(error)) {
      const reason = 'the port does not speak TLS: use the port for TLS, or leave the tls option out'
      return this.#fail('TLS_FAILED', reason, error)
    }
    if (this.#isTls && (error === null || !SOCKET_ERROR.test(code))) {
      return this.#fail(
        'TLS_FAILED',
        `${told}: check tls.ca, tls.servername, tls.cert, and that the port speaks TLS`,
        error,
      )
    }
    if (!this.#isOpen)
      return this.#fail('CONNECT_FAILED', `${told}: is the server up, and the port right?`, error)
    return this.#fail('CLOSED', `the connection broke before the answer was whole (${told})`, error)
  }
}

/**
 * Sends a word and returns the whole answer. The server closes the connection after it.
 *
 * @throws AdminError (as a rejection) CONNECT_FAILED, TLS_FAILED, TIMEOUT, CLOSED, ANSWER_TOO_LONG or ABORTED.
 */
export async function exchange(
  server: ServerAddress,
  word: string,
  options: ResolvedWordOptions,
): Promise<string> {
  const { environment, timeout, signal } = options
  const name = formatServer(server)
  const fail: Fail = (code, reason, cause) =>
    new AdminError(code, reason, { server: name, command: word, cause })
  const aborted = (): AdminError => fail('ABORTED', 'the signal was aborted', signal?.reason)
  if (signal?.aborted) throw aborted()
  let current: Exchange | null = null
  let over: AdminError | null = null
  let stop: (error: AdminError) => void = () => {}
  const stopped = new Promise<never>((_, reject) => {
    stop = error => {
      over = error
      current?.end(error)
      reject(error)
    }
  })
  stopped.catch(() => {})
  const timer = environment.setTimer(
    () => stop(fail('TIMEOUT', `no whole answer in ${timeout} ms: ${LATE[options.tls ? 'tls' : 'plain']}`)),
    timeout,
  )
  const forget = signal ? whenAborted(signal, () => stop(aborted())) : () => {}
  const attempt = (address: string): Exchange => {
    current = new Exchange(word, options, fail)
    const target = { address, port: server.port, host: server.host, tls: options.tls }
    try {
      current.begin(environment.open(target, current))
    } catch (cause) {
      throw fail('TLS_FAILED', unusableTls(cause as Error), cause)
    }
    return current
  }
  try {
    return await firstAnswer(
      await Promise.race([addresses(server, options, fail), stopped]),
      attempt,
      () => over,
    )
  } finally {
    timer.cancel()
    forget()
  }
}

async function addresses(
  { host }: ServerAddress,
  { environment }: ResolvedWordOptions,
  fail: Fail,
): Promise<string[]> {
  let found: string[]
  try {
    found = await environment.resolve(host)
  } catch (cause) {
    throw fail('CONNECT_FAILED', `${(cause as Error).message}: is the name right?`, cause)
  }
  if (found.length === 0) throw fail('CONNECT_FAILED', 'the name has no addresses: is it right?')
  return found
}

/** Tries the addresses in turn, until one of them lets a connection open. */
async function firstAnswer(
  found: readonly string[],
  attempt: (address: string) => Exchange,
  over: () => AdminError | null,
): Promise<string> {
  for (const [index, address] of found.entries()) {
    const one = attempt(address)
    try {
      return await one.answer
    } catch (error) {
      if (over() !== null || one.wasOpen || index === found.length - 1) throw error
    }
  }
  throw new Error('a server has at least one address')
}
