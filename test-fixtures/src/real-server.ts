import { setTimeout as sleep } from 'node:timers/promises'
import { fourLetterWord, isListening, parseMode, parseVersion, type ServerMode } from './four-letter.ts'
import type { ServerPlan } from './server-plan.ts'
import type { ServerProcess } from './server-process.ts'

const POLL = 25
const READY_TIMEOUT = 60_000

/** A real ZooKeeper server that a test may do anything to. */
export interface RealServer extends AsyncDisposable {
  /** `host:port`, ready for a connect string. */
  readonly hosts: string
  readonly host: string
  readonly port: number
  /** The TLS client port, if the options asked for TLS. */
  readonly securePort: number | undefined
  /** The port of AdminServer, if the options asked for it. */
  readonly adminPort: number | undefined
  /** The release, such as `3.8.0`. */
  readonly version: string
  /** Freezes the server: connections stay open, nothing answers. */
  pause(): Promise<void>
  resume(): Promise<void>
  /** Ends the server as a power cut would; its data and ports are kept. Does nothing if it is down. */
  kill(): Promise<void>
  /**
   * Starts the server again on the same data and ports, killing it first if it runs. Resolves when it serves; a
   * member of an ensemble resolves as soon as it answers on its port, because the others decide whether it serves.
   */
  restart(): Promise<void>
  /** Ends the server permanently and removes its data. May be called twice. */
  stop(): Promise<void>
  /** Returns the answer to a four-letter word, such as `srvr`; all of them are allowed. */
  fourLetter(word: string): Promise<string>
  /** Returns the server's present role; undefined while it is down, frozen or serves nobody. */
  mode(): Promise<ServerMode | undefined>
  /** Returns the last part of its log, for the message of a failed test. */
  log(): Promise<string>
}

/** A server that did not come up, with its log's last part in the message. */
export class ServerStartError extends Error {
  override readonly name = 'ServerStartError'
  /** True if another process took one of its ports first: a retry with new ports may succeed. */
  readonly portTaken: boolean

  constructor(reason: string, log: string) {
    super(`${reason}; the last lines of its log:\n${log}`)
    this.portTaken = /BindException|Address already in use/.test(log)
  }
}

export interface ServerHandleOptions {
  process: ServerProcess
  plan: ServerPlan
  port: number
  securePort: number | undefined
  adminPort: number | undefined
  /** Tells if an answer to `srvr` is that of a server that is up. */
  isUp: (srvr: string) => boolean
  /** Called once when the server is stopped permanently. */
  release: () => Promise<void>
}

/** Drives one `ServerProcess`; the same for a server that stands alone and for a member of an ensemble. */
export class ServerHandle implements RealServer {
  readonly host: string
  readonly port: number
  readonly securePort: number | undefined
  readonly adminPort: number | undefined
  readonly #process: ServerProcess
  readonly #plan: ServerPlan
  readonly #isUp: (srvr: string) => boolean
  readonly #release: () => Promise<void>
  #version = ''
  #state: 'running' | 'paused' | 'down' | 'stopped' = 'down'

  constructor(options: ServerHandleOptions) {
    this.host = options.process.clientHost
    this.port = options.port
    this.securePort = options.securePort
    this.adminPort = options.adminPort
    this.#process = options.process
    this.#plan = options.plan
    this.#isUp = options.isUp
    this.#release = options.release
  }

  get hosts(): string {
    return `${this.host}:${this.port}`
  }

  get version(): string {
    return this.#version
  }

  /** True if the server was started, and is neither frozen nor killed. */
  get isRunning(): boolean {
    return this.#state === 'running'
  }

  async start(): Promise<void> {
    if (this.#state === 'stopped') throw new Error('the server has been stopped permanently')
    await this.#process.start(this.#plan)
    this.#state = 'running'
    await this.waitFor(this.#isUp, 'did not come up')
  }

  /**
   * Waits until the server's answer to `srvr` is as wanted.
   *
   * @throws ServerStartError when the server ends or a minute is over
   */
  async waitFor(isWanted: (srvr: string) => boolean, complaint: string): Promise<void> {
    const deadline = Date.now() + READY_TIMEOUT
    while (Date.now() < deadline) {
      const answer = await fourLetterWord(this.host, this.port, 'srvr').catch(() => '')
      if (answer !== '' && isWanted(answer) && (await this.#isUpOn(this.securePort, this.adminPort))) {
        this.#version = parseVersion(answer) ?? this.#version
        return
      }
      if (!(await this.#process.isAlive())) break
      await sleep(POLL)
    }
    throw new ServerStartError(`the server at ${this.hosts} ${complaint}`, await this.log())
  }

  async pause(): Promise<void> {
    await this.#process.pause()
    this.#state = 'paused'
  }

  async resume(): Promise<void> {
    await this.#process.resume()
    this.#state = 'running'
  }

  async kill(): Promise<void> {
    if (this.#state === 'stopped') return
    this.#state = 'down'
    await this.#process.kill()
  }

  async restart(): Promise<void> {
    await this.kill()
    await this.start()
  }

  async stop(): Promise<void> {
    if (this.#state === 'stopped') return
    this.#state = 'stopped'
    await this.#release()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  fourLetter(word: string): Promise<string> {
    return fourLetterWord(this.host, this.port, word)
  }

  async mode(): Promise<ServerMode | undefined> {
    if (this.#state !== 'running') return undefined
    const answer = await fourLetterWord(this.host, this.port, 'srvr').catch(() => '')
    this.#version = parseVersion(answer) ?? this.#version
    return parseMode(answer)
  }

  /** Tells if the server listens on these ports. They are bound after the plain one, so an answer there says nothing about them. */
  async #isUpOn(...ports: (number | undefined)[]): Promise<boolean> {
    const up = ports.map(port => port === undefined || isListening(this.host, port))
    return (await Promise.all(up)).every(each => each)
  }

  log(): Promise<string> {
    return this.#state === 'stopped' ? Promise.resolve('') : this.#process.log()
  }
}
