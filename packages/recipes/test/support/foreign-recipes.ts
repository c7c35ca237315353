import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { findCurator, findKazoo } from '@zookit/test-fixtures'
import { until } from './test-bed.ts'

const PROGRAMS = fileURLToPath(new URL('../programs', import.meta.url))

/** Milliseconds after which a program that hangs is killed, so that the test fails. */
const LIFETIME = 60_000

/** Another client's recipes: a program that takes lines and prints lines. */
export class ForeignProgram implements AsyncDisposable {
  readonly lines: string[] = []
  readonly #child: ChildProcess
  readonly #closed: Promise<void>

  private constructor(command: readonly string[]) {
    const [file = '', ...args] = command
    this.#child = spawn(file, args, {
      timeout: LIFETIME,
      killSignal: 'SIGKILL',
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    this.#closed = new Promise(resolve => this.#child.once('close', () => resolve()))
    this.#child.stdin!.on('error', () => {})
    createInterface({ input: this.#child.stdout! }).on('line', line => this.lines.push(line))
  }

  /** Starts it, and waits until it is connected. */
  static async start(command: readonly string[]): Promise<ForeignProgram> {
    const program = new ForeignProgram(command)
    await program.hear('ready')
    return program
  }

  tell(line: string): void {
    this.#child.stdin!.write(`${line}\n`)
  }

  /** Waits for a line. */
  async hear(line: string): Promise<void> {
    await until(`it says ${line}, after ${this.lines.join('; ')}`, () => this.lines.includes(line))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin!.end()
    await this.#closed
  }
}

/** A foreign client that is installed. @see findForeign */
export interface ForeignClient {
  readonly name: string
  /** Makes the command, to which the hosts are added. */
  prepare(): readonly string[]
  /** Removes what `prepare` has made. */
  clear(): void
}

function kazoo(): ForeignClient | undefined {
  const python = findKazoo()
  if (python === undefined) return undefined
  return { name: 'kazoo', prepare: () => [python, join(PROGRAMS, 'contenders.py')], clear: () => {} }
}

function curator(): ForeignClient | undefined {
  const curator = findCurator()
  if (curator === undefined) return undefined
  let directory: string | undefined
  return {
    name: 'Curator',
    prepare() {
      directory ??= mkdtempSync(join(tmpdir(), 'zookit-curator-'))
      curator.compile(directory, join(PROGRAMS, 'Contenders.java'))
      return curator.command(directory, 'Contenders')
    },
    clear() {
      if (directory !== undefined) rmSync(directory, { recursive: true, force: true })
      directory = undefined
    },
  }
}

/** Returns the clients of other projects that this machine has. */
export function findForeign(): { kazoo: ForeignClient | undefined; curator: ForeignClient | undefined } {
  return { kazoo: kazoo(), curator: curator() }
}
