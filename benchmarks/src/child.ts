import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** Milliseconds for a process to end by itself: one that is profiled has its profile to write. */
const GRACE = 15_000

/** How a process is started. */
export interface Command {
  file: string
  args: readonly string[]
  env?: Readonly<Record<string, string>>
}

/** A process that is talked with in JSON lines. */
export class Child {
  readonly #name: string
  readonly #process: ChildProcess
  readonly #lines: AsyncIterator<string>
  #errors = ''

  constructor(name: string, { file, args, env }: Command) {
    this.#name = name
    this.#process = spawn(file, args, { stdio: 'pipe', env: { ...process.env, ...env } })
    this.#process.stderr!.on('data', text => (this.#errors = (this.#errors + text).slice(-2000)))
    this.#process.stdin!.on('error', () => {})
    this.#process.on('error', error => (this.#errors += error.message))
    this.#lines = createInterface({ input: this.#process.stdout! })[Symbol.asyncIterator]()
  }

  /** The next line. @throws Error when the process has ended, reports an error, or is silent for `seconds`. */
  async hear<Message extends { error?: string }>(seconds = 60): Promise<Message> {
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), seconds * 1000)
    const line = await this.#lines.next()
    clearTimeout(timer)
    if (line.done) throw new Error(`${this.#name} has ended, or was silent for ${seconds} s: ${this.#errors}`)
    const message = JSON.parse(line.value) as Message
    if (message.error !== undefined) throw new Error(`${this.#name}: ${message.error}`)
    return message
  }

  /** Says a line and hears the answer. */
  ask<Message extends { error?: string }>(question: object, seconds?: number): Promise<Message> {
    this.#process.stdin!.write(`${JSON.stringify(question)}\n`)
    return this.hear<Message>(seconds)
  }

  /** Keeps the process on some cores, such as `0` or `0-3`. Where there is no `taskset`, it stays where it is put. */
  pin(cores: string): void {
    const { pid } = this.#process
    if (pid !== undefined) spawnSync('taskset', ['--all-tasks', '--cpu-list', '--pid', cores, String(pid)])
  }

  /** Ends the process: by closing its input, and by force if that is not enough. */
  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), GRACE)
    this.#process.stdin!.end()
    await once(this.#process, 'exit')
    clearTimeout(timer)
  }
}
