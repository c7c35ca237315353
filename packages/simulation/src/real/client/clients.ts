import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type ClientHistory, readEntries } from '../entries.ts'
import type { Place } from '../place/namespaces.ts'
import type { Answer, ClientPlan, Order, Reports } from './orders.ts'

const PROGRAM = fileURLToPath(new URL('client.ts', import.meta.url))
const LOADER = new URL('../../../../../.ci/loader/register.mjs', import.meta.url).href

/** The longest time for an answer at a quiet point, in milliseconds. */
const LONGEST_WAIT = 90_000

/** A client in a process of its own, which is started again when it was killed. */
export class RemoteClient {
  readonly name: string
  readonly secure: boolean
  /** Null where there are no namespaces. */
  readonly place: Place | null
  readonly #plan: Omit<ClientPlan, 'life' | 'file'>
  readonly #folder: string
  readonly #onCrash: (reason: string) => void
  #child: ChildProcess | null = null
  #life = 0
  /** True while the end of the process is wanted. */
  #isEnding = false

  constructor(
    plan: Omit<ClientPlan, 'life' | 'file'>,
    place: Place | null,
    folder: string,
    onCrash: (reason: string) => void,
  ) {
    this.#plan = plan
    this.name = plan.name
    this.secure = plan.secure
    this.place = place
    this.#folder = folder
    this.#onCrash = onCrash
  }

  /** Starts a process. Returns before it is connected. */
  start(): void {
    this.#isEnding = false
    const plan: ClientPlan = { ...this.#plan, life: ++this.#life, file: this.#file(this.#life) }
    const program = [process.execPath, '--import', LOADER, '--conditions=@zookit/source', PROGRAM]
    const command = [...(this.place?.wrapper ?? []), ...program, JSON.stringify(plan)]
    const child = spawn(command[0]!, command.slice(1), { stdio: ['ignore', 'inherit', 'pipe', 'ipc'] })
    let complaint = ''
    child.stderr!.on('data', chunk => (complaint = `${complaint}${chunk}`.slice(-4000)))
    child.once('close', (code, signal) => {
      if (this.#child !== child || this.#isEnding) return
      this.#onCrash(`${this.name} has ended by itself (${signal ?? code}): ${complaint}`)
    })
    this.#child = child
  }

  /** Ends the process at once. */
  async kill(): Promise<void> {
    const child = this.#child
    this.#isEnding = true
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }

  /** Stops the process, which goes on later. */
  pause(): void {
    this.#child?.kill('SIGSTOP')
  }

  resume(): void {
    this.#child?.kill('SIGCONT')
  }

  /** Steps the wall clock of the client. */
  stepClock(by: number): void {
    this.#child?.send({ order: 'clock', by } satisfies Order)
  }

  /** Ends the load, and resolves when every call has ended. */
  async finish(): Promise<void> {
    await this.#ask('finish')
  }

  /** Returns what the client shows, once it is connected. */
  async report(): Promise<Reports> {
    for (let waited = 0; ; waited += 100) {
      const { state, reports } = await this.#ask('report')
      if (state === 'connected') return reports
      if (waited > LONGEST_WAIT) throw new Error(`${this.name} is ${state} long after all faults`)
      await sleep(100)
    }
  }

  /** Closes the client, and ends its process. */
  async close(): Promise<void> {
    await this.#ask('close')
    await this.kill()
  }

  /** Returns what all its processes have recorded. */
  histories(): ClientHistory[] {
    const lives = Array.from({ length: this.#life }, (_, index) => index + 1)
    // A process may have been killed before it had begun.
    const recorded = lives.filter(life => existsSync(this.#file(life)))
    return recorded.map(life => ({ client: this.name, life, entries: readEntries(this.#file(life)) }))
  }

  async #ask(order: Order['order']): Promise<Answer> {
    const child = this.#child!
    const limit = AbortSignal.timeout(LONGEST_WAIT)
    child.send({ order } satisfies Order)
    try {
      for (;;) {
        const [answer] = (await once(child, 'message', { signal: limit })) as [Answer]
        if (answer.done === order) return answer
      }
    } catch {
      throw new Error(`${this.name} has not answered to '${order}' for ${LONGEST_WAIT / 1000} s of quiet`)
    }
  }

  #file(life: number): string {
    return join(this.#folder, `${this.name}-${life}.jsonl`)
  }
}
