import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** Milliseconds after which a program that hangs is killed, so that its output ends and the test fails. */
const LIFETIME = 60_000
const LAST_LINES = 20

/** A foreign client as a child process that prints lines and takes lines. */
export class Program implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #closed: Promise<unknown>
  readonly #lines: AsyncIterator<string>
  #stderr = ''
  /** The last lines of its standard output, for the message of a failure. */
  readonly #said: string[] = []

  /** @param command a program and its arguments. */
  constructor(command: readonly string[]) {
    const [file = '', ...args] = command
    this.#child = spawn(file, args, { timeout: LIFETIME, killSignal: 'SIGKILL' })
    this.#closed = once(this.#child, 'close')
    this.#closed.catch(() => {})
    this.#child.stdin?.on('error', () => {})
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-4_000)
    })
    const lines = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream })
    this.#lines = lines[Symbol.asyncIterator]()
  }

  /** The next line; undefined when the program has closed its output. */
  async line(): Promise<string | undefined> {
    const { done, value } = await this.#lines.next()
    if (done) return undefined
    this.#said.push(value)
    if (this.#said.length > LAST_LINES) this.#said.shift()
    return value
  }

  /** The first group of the first line that the pattern matches. @throws Error when the program ends before */
  async find(pattern: RegExp): Promise<string> {
    for (;;) {
      const line = await this.line()
      if (line === undefined) throw new Error(`no line ${pattern} before the end:\n${this.#last()}`)
      const match = pattern.exec(line)
      if (match) return match[1] ?? match[0]
    }
  }

  tell(line: string): void {
    this.#child.stdin?.write(`${line}\n`)
  }

  /** Waits for its end. @throws Error when it ends otherwise than well, with what it said last */
  async end(): Promise<void> {
    await this.#closed
    const { exitCode, signalCode } = this.#child
    if (exitCode !== 0) throw new Error(`ended by ${exitCode ?? signalCode}:\n${this.#last()}`)
  }

  /** Returns its last words, on both of its outputs. */
  #last(): string {
    return [...this.#said, this.#stderr].join('\n')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { exitCode, signalCode } = this.#child
    if (exitCode === null && signalCode === null) this.#child.kill('SIGKILL')
    await this.#closed.catch(() => {})
  }
}
