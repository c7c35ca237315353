import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** What is to be measured: clients that each take and give back one lock, again and again. */
export interface Task {
  path: string
  clients: number
  /** Whether each release is waited for before the next acquisition, where the client leaves that open. */
  waits: boolean
  seconds: number
}

/** A process that measures one client library: a line in for each task, a line out for each result. */
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

  /** Acquisitions per second. */
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
  if (done) throw new Error(`${name} has ended before its time`)
  return JSON.parse(value) as Message
}

function fileOf(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url))
}

/** The Python that has kazoo; undefined if none has. */
function findPython(): string | undefined {
  return ['/usr/bin/python3', 'python3'].find(
    python => spawnSync(python, ['-c', 'import kazoo'], { stdio: 'ignore' }).status === 0,
  )
}

export function startZookit(hosts: string): Promise<Contestant> {
  return Contestant.start('zookit', [process.execPath, ...process.execArgv, fileOf('zookit-locks.ts'), hosts])
}

/** @throws Error where kazoo is not installed. */
export function startKazoo(hosts: string): Promise<Contestant> {
  const python = findPython()
  if (python === undefined) throw new Error('kazoo is not installed: `apt-get install python3-kazoo`')
  return Contestant.start('kazoo', [python, fileOf('kazoo-locks.py'), hosts])
}
