import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** The order to measure clients that each acquire and release one lock, again and again. */
export interface Task {
  path: string
  clients: number
  /** True waits for each release before the next acquisition, in a client that does not need to. */
  waits: boolean
  seconds: number
}

/** A process that measures one client library. It reads a line for each task and writes a line for each result. */
export class Contestant {
  readonly name: string
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>

  private constructor(name: string, child: ChildProcess, lines: AsyncIterator<string>) {
    this.name = name
    this.#child = child
    this.#lines = lines
  }

  static async start(name: string, [program, ...args]: readonly [string, ...string[]]): Promise<Contestant> {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
    const { version } = await hear<{ version: string }>(name, lines)
    return new Contestant(`${name} ${version}`, child, lines)
  }

  /** Measures acquisitions per second. */
  async measure(task: Task): Promise<number> {
    this.#child.stdin!.write(`${JSON.stringify(task)}\n`)
    return (await hear<{ perSecond: number }>(this.name, this.#lines)).perSecond
  }

  async end(): Promise<void> {
    const exit = once(this.#child, 'exit')
    this.#child.stdin!.end()
    await exit
  }
}

async function hear<Message>(name: string, lines: AsyncIterator<string>): Promise<Message> {
  const { value, done } = await lines.next()
  if (done) throw new Error(`${name} ended too early`)
  return JSON.parse(value) as Message
}

function fileOf(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url))
}

/** Finds a Python with kazoo; undefined if there is none. */
function findPython(): string | undefined {
  return ['/usr/bin/python3', 'python3'].find(
    python => spawnSync(python, ['-c', 'import kazoo'], { stdio: 'ignore' }).status === 0,
  )
}

export function startZookit(hosts: string): Promise<Contestant> {
  return Contestant.start('zookit', [process.execPath, ...process.execArgv, fileOf('zookit-locks.ts'), hosts])
}

/** Starts kazoo. @throws Error if it is not installed. */
export function startKazoo(hosts: string): Promise<Contestant> {
  const python = findPython()
  if (python === undefined) throw new Error('kazoo is not installed: `apt-get install python3-kazoo`')
  return Contestant.start('kazoo', [python, fileOf('kazoo-locks.py'), hosts])
}
