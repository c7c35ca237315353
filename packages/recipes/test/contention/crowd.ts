import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { sourceFlags } from '../../../../.ci/source/built.ts'
import type { Ledger } from './ledger.ts'
import type { Assignment, FromWorker, Tally, ToWorker } from './messages.ts'

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url))
const FLAGS = await sourceFlags()

/** A process of contenders. */
class Worker {
  readonly #child: ChildProcess
  readonly #ledger: Ledger
  readonly ready: Promise<void>
  /** The tally of the process; null if it was killed. */
  readonly ended: Promise<Tally | null>
  #tally: Tally | null = null
  readonly #onEnter: (worker: Worker) => void
  isStopped = false

  /** @param onEnter called when it has acquired the lock, before it does anything with it. */
  constructor(ledger: Ledger, assignment: Assignment, onEnter: (worker: Worker) => void) {
    this.#ledger = ledger
    this.#onEnter = onEnter
    this.#child = fork(WORKER, { execArgv: FLAGS, serialization: 'advanced' })
    // A message to a process that has just been killed.
    this.#child.on('error', () => {})
    let onReady = (): void => {}
    this.ready = new Promise(resolve => {
      onReady = resolve
    })
    this.#child.on('message', (message: FromWorker) => {
      if (message.type === 'ready') {
        this.tell({ type: 'begin', assignment })
        onReady()
      } else this.#onMessage(message)
    })
    this.ended = once(this.#child, 'exit').then(([code, signal]) => this.#onExit(code, signal))
  }

  tell(message: ToWorker): void {
    if (this.#child.connected) this.#child.send(message, () => {})
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void {
    this.isStopped = signal === 'SIGSTOP'
    this.#child.kill(signal)
  }

  #onMessage(message: Exclude<FromWorker, { type: 'ready' }>): void {
    if (message.type === 'tally') this.#tally = message.tally
    else if (message.type === 'accuse') this.#ledger.accuse(message.token)
    else {
      const judgement = this.#ledger[message.type](message.token)
      if (message.type === 'enter') this.#onEnter(this)
      this.tell({ type: 'judgement', id: message.id, judgement })
    }
  }

  #onExit(code: number | null, signal: string | null): Tally | null {
    const isDone = signal === 'SIGKILL' || (code === 0 && this.#tally !== null)
    if (!isDone) this.#ledger.violations.push(`a process ended with ${code ?? signal}`)
    return this.#tally
  }
}

export type { Worker }

/** All processes; a killed one is replaced. */
export class Crowd {
  readonly #ledger: Ledger
  readonly #assignment: Assignment
  readonly #ended: Promise<Tally | null>[] = []
  #workers: Worker[] = []
  #count = 0
  #ambush: ((holder: Worker) => void) | null = null

  constructor(ledger: Ledger, assignment: Assignment) {
    this.#ledger = ledger
    this.#assignment = assignment
  }

  async start(processes: number): Promise<void> {
    for (let index = 0; index < processes; index++) this.#add()
    await Promise.all(this.#workers.map(worker => worker.ready))
  }

  /** The processes that are not stopped. */
  get awake(): readonly Worker[] {
    return this.#workers.filter(worker => !worker.isStopped)
  }

  /** Waits for the next holder and calls a function with it; null: no more. */
  ambush(strike: ((holder: Worker) => void) | null): void {
    this.#ambush = strike
  }

  /** Kills a process and starts another. */
  replace(worker: Worker): void {
    if (!this.#workers.includes(worker)) return
    worker.signal('SIGKILL')
    this.#workers = this.#workers.filter(one => one !== worker)
    this.#add()
  }

  /** Lets all waits and then the processes end. Those that do not end are killed and reported. */
  async finish(deadline: number): Promise<Tally[]> {
    for (const worker of this.#workers) worker.tell({ type: 'finish' })
    const late = setTimeout(() => {
      this.#ledger.violations.push('waiters did not end')
      this.kill()
    }, deadline)
    const tallies = await Promise.all(this.#ended)
    clearTimeout(late)
    return tallies.filter(tally => tally !== null)
  }

  kill(): void {
    for (const worker of this.#workers) worker.signal('SIGKILL')
  }

  #add(): void {
    const seed = this.#assignment.seed + ++this.#count
    const worker = new Worker(this.#ledger, { ...this.#assignment, seed }, holder => {
      const strike = this.#ambush
      this.#ambush = null
      strike?.(holder)
    })
    this.#workers.push(worker)
    this.#ended.push(worker.ended)
  }
}
