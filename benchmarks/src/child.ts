import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** The time in milliseconds in which a process must end by itself: a profiled one has to write its profile. */
const GRACE = 15_000

/** The command that starts a process. */
export interface Command {
  file: string
  args: readonly string[]
  env?: Readonly<Record<string, string>>
}

/** A process that exchanges JSON lines with this one. */
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

  /** Reads the next line. @throws Error if the process has ended, reports an error, or is silent for `seconds`. */
  async hear<Message extends { error?: string }>(seconds = 60): Promise<Message> {
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), seconds * 1000)
    const line = await this.#lines.next()
    clearTimeout(timer)
    if (line.done) throw new Error(`${this.#name} ended, or was silent for ${seconds} s: ${this.#errors}`)
    const message = JSON.parse(line.value) as Message
    if (message.error !== undefined) throw new Error(`${this.#name}: ${message.error}`)
    return message
  }

  /** Writes a line and reads the answer. */
  ask<Message extends { error?: string }>(question: object, seconds?: number): Promise<Message> {
    this.#process.stdin!.write(`${JSON.stringify(question)}\n`)
    return this.hear<Message>(seconds)
  }

  /** Restricts the process to some cores, such as `0` or `0-3`. Without `taskset` on the machine it does nothing. */
  pin(cores: string): void {
    const { pid } = this.#process
    if (pid !== undefined) spawnSync('taskset', ['--all-tasks', '--cpu-list', '--pid', cores, String(pid)])
  }

  /** Ends the process by closing its input, and kills it if it does not end in time. */
  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), GRACE)
    this.#process.stdin!.end()
    await once(this.#process, 'exit')
    clearTimeout(timer)
  }
}
