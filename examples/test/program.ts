import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { sourceFlags } from '../../.ci/source/built.ts'

/** Root of the repository: programs are started there, as the READMEs say. */
const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const NODE = await sourceFlags()

/** Milliseconds that a program may take: far longer than it does. */
const TIME_LIMIT = 120_000

/** A program of the examples that runs in a process of its own. Its process is gone at the end of the scope. */
export class Program implements AsyncDisposable {
  readonly name: string
  readonly #child: ChildProcess
  readonly #closed: Promise<unknown>
  #out = ''
  #errors = ''
  #ended = false
  readonly #waiting = new Set<() => void>()

  constructor(file: string, ...args: string[]) {
    this.name = [file, ...args.slice(1)].join(' ')
    const command = [...NODE, join('examples', file), ...args]
    this.#child = spawn(process.execPath, command, {
      cwd: ROOT,
      timeout: TIME_LIMIT,
      killSignal: 'SIGKILL',
    })
    this.#child.stdout!.on('data', chunk => {
      this.#out += chunk
      this.#wake()
    })
    this.#child.stderr!.on('data', chunk => (this.#errors += chunk))
    this.#closed = once(this.#child, 'close').then(() => {
      this.#ended = true
      this.#wake()
    })
  }

  /** Finds the lines that match among those that were printed so far. */
  lines(pattern: RegExp): RegExpExecArray[] {
    return this.#out.split('\n').flatMap(line => {
      const found = pattern.exec(line)
      return found ? [found] : []
    })
  }

  /** Waits for the line that is the `count`th to match. @throws if the program ends before. */
  async line(pattern: RegExp, count = 1): Promise<RegExpExecArray> {
    await Program.linesOf([this], pattern, count)
    return this.lines(pattern)[count - 1]!
  }

  /** Waits until `count` lines match, whichever of the programs prints them. @throws if one of them ends before. */
  static async linesOf(programs: readonly Program[], pattern: RegExp, count: number): Promise<void> {
    while (programs.flatMap(program => program.lines(pattern)).length < count) {
      const ended = programs.find(program => program.#ended)
      if (ended) throw new Error(`${ended.name} has not printed ${pattern}:\n${ended.#out}${ended.#errors}`)
      await new Promise<void>(resolve => {
        for (const program of programs) program.#waiting.add(resolve)
      })
    }
  }

  /** Waits for the end of the program. @returns its exit code, or the signal that has ended it. */
  async end(): Promise<number | NodeJS.Signals | null> {
    await this.#closed
    expect(this.#errors, `errors of ${this.name}`).to.equal('')
    return this.#child.exitCode ?? this.#child.signalCode
  }

  /** Asks the program to stop, as a supervisor does. @returns as `end`. */
  stop(): Promise<number | NodeJS.Signals | null> {
    this.#child.kill('SIGTERM')
    return this.end()
  }

  /** Kills the process, as a crash does. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#closed
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }
}
