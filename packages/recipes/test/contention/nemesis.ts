import { setTimeout as sleep } from 'node:timers/promises'
import type { Crowd, Worker } from './crowd.ts'
import { pick } from './random.ts'
import type { Servers } from './servers.ts'

const KINDS = [
  'cut',
  'cut',
  'cut',
  'cut',
  'cut',
  'cut',
  'stop',
  'stop',
  'kill',
  'member',
  'fault',
  'fault',
] as const

/** Longest pause in milliseconds between two faults. */
const REST = 600

/** Number of processes that are stopped at a time at most. */
const STOPPED = 2

/** Makes random faults for some milliseconds, and repairs everything then. The same seed makes the same faults. */
export class Nemesis {
  readonly strikes: Record<string, number> = {}
  readonly #crowd: Crowd
  readonly #servers: Servers
  readonly #random: () => number
  readonly #mending = new Set<Promise<void>>()
  #stopped = 0
  #isMemberDown = false

  constructor(crowd: Crowd, servers: Servers, random: () => number) {
    this.#crowd = crowd
    this.#servers = servers
    this.#random = random
  }

  async rage(milliseconds: number): Promise<void> {
    const end = performance.now() + milliseconds
    while (performance.now() < end) {
      await sleep(50 + this.#random() * REST)
      const kind = pick(this.#random, KINDS)
      if (this.#strike(kind)) this.strikes[kind] = (this.strikes[kind] ?? 0) + 1
    }
    this.#crowd.ambush(null)
    await Promise.all(this.#mending)
    await this.#servers.calm()
  }

  /** Returns false if the fault is not possible now. */
  #strike(kind: (typeof KINDS)[number]): boolean {
    const anyone = pick(this.#random, this.#crowd.awake)
    const isAmbush = this.#random() < 0.5
    const length = this.#random()
    if (kind === 'member') return this.#strikeMember(length)
    if (kind === 'fault') {
      this.#servers.fault?.(length < 0.5 ? 'lost-create' : 'dropped-delete')
      return this.#servers.fault !== undefined
    }
    if (kind === 'stop' && this.#stopped === STOPPED) return false
    // A fault hurts the holder most.
    if (isAmbush) this.#crowd.ambush(holder => this.#hit(kind, holder, length))
    else this.#hit(kind, anyone, length)
    return true
  }

  #hit(kind: 'cut' | 'kill' | 'stop', worker: Worker, length: number): void {
    if (kind === 'cut') worker.tell({ type: 'cut' })
    else if (kind === 'kill') this.#crowd.replace(worker)
    else this.#mend(this.#stop(worker, length))
  }

  #strikeMember(length: number): boolean {
    const member = pick(this.#random, this.#servers.members)
    if (this.#isMemberDown) return false
    this.#mend(this.#killMember(member, length))
    return true
  }

  /** Stops a process for a time, from a little less than a session timeout to much more. */
  async #stop(worker: Worker, length: number): Promise<void> {
    this.#stopped++
    worker.signal('SIGSTOP')
    await sleep(this.#servers.sessionTimeout * (0.8 + 1.7 * length))
    worker.signal('SIGCONT')
    this.#stopped--
  }

  async #killMember(member: Servers['members'][number], length: number): Promise<void> {
    this.#isMemberDown = true
    await member.kill()
    await sleep(200 + 2000 * length)
    await member.restart()
    await sleep(1000)
    this.#isMemberDown = false
  }

  #mend(repair: Promise<void>): void {
    this.#mending.add(repair)
    repair.then(() => this.#mending.delete(repair))
  }
}
