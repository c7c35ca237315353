import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Command } from '../child.ts'
import { nodeProcess } from '../paths.ts'
import { java, kazoo } from '../toolchains.ts'
import type { Task } from './zookit-locks.ts'

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

  static async start(name: string, { file, args, env }: Command, hosts: string): Promise<Contestant> {
    const child = spawn(file, [...args, hosts], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...env },
    })
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

export function startZookit(hosts: string): Promise<Contestant> {
  return Contestant.start('zookit', nodeProcess('recipes/zookit-locks.js'), hosts)
}

/** The clients beside which zookit is measured. Each throws if its toolchain is missing. */
export const rivals = {
  kazoo: (hosts: string) => Contestant.start('kazoo', kazoo(fileOf('kazoo-locks.py')), hosts),
  curator: (hosts: string) => Contestant.start('Curator', java('CuratorLocks'), hosts),
} as const

export type Rival = keyof typeof rivals
