import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { findInstallation } from '@zookit/test-fixtures'
import { until } from './test-bed.ts'

const PROGRAMS = fileURLToPath(new URL('../programs', import.meta.url))
const JARS = '/usr/share/java'
/** The compiler as a module, where the Java that runs the servers has it. */
const COMPILER = ['-m', 'jdk.compiler/com.sun.tools.javac.Main']
const CURATOR = ['curator-client.jar', 'curator-framework.jar', 'curator-recipes.jar']

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

function succeeds(command: readonly string[]): boolean {
  const [file = '', ...args] = command
  return spawnSync(file, args).status === 0
}

function kazoo(): ForeignClient | undefined {
  // Debian's Python, which Debian's packages are for, even if PATH has another one.
  const python = ['/usr/bin/python3', 'python3'].find(one => succeeds([one, '-c', 'import kazoo']))
  if (python === undefined) return undefined
  return { name: 'kazoo', prepare: () => [python, join(PROGRAMS, 'contenders.py')], clear: () => {} }
}

function curator(): ForeignClient | undefined {
  const installation = findInstallation(process.env)
  const jars = CURATOR.map(name => join(JARS, name))
  if (installation === undefined || !jars.every(jar => existsSync(jar))) return undefined
  const { java } = installation
  if (!succeeds([java, ...COMPILER, '-version'])) return undefined
  let directory: string | undefined
  return {
    name: 'Curator',
    prepare() {
      directory ??= mkdtempSync(join(tmpdir(), 'zookit-curator-'))
      const classPath = [directory, ...jars, installation.classPath].join(delimiter)
      const source = join(PROGRAMS, 'Contenders.java')
      const options = ['-nowarn', '-d', directory, '-cp', classPath]
      const { status, stderr } = spawnSync(java, [...COMPILER, ...options, source])
      if (status !== 0) throw new Error(`the Java compiler failed:\n${stderr}`)
      return [java, '-Xmx64m', '-cp', classPath, 'Contenders']
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
