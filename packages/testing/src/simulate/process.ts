import type { Environment, Timer, Transport, TransportHandler, TransportTarget } from '@zookit/connection'
import type { Random } from './random.ts'
import { type Appointment, Phase, type Timeline } from './timeline.ts'

/** An action that a process has still to do. It can be cancelled, and it is put off while the process is stopped. */
interface Task {
  cancelled: boolean
  appointment: Appointment | null
}

/** The resources that would keep a real process from ending. */
export interface Resources {
  /** Timers that are set. */
  readonly timers: number
  /** Connections that are open or being opened. */
  readonly sockets: number
}

/** The network, as the processes of a world use it. */
interface ProcessNetwork {
  resolve(host: string, process: SimulatedProcess): string[] | Promise<string[]>
  resolveSrv(name: string, process: SimulatedProcess): Promise<{ host: string; port: number }[]>
  open(target: TransportTarget, handler: TransportHandler, process: SimulatedProcess): Transport
  /** Counts the open sockets of a process. */
  socketsOf(process: SimulatedProcess): number
  /** Closes all connections of a process that is gone. */
  abandon(process: SimulatedProcess): void
}

/** The parts of a process. */
export interface ProcessParts {
  readonly timeline: Timeline
  readonly network: ProcessNetwork
  readonly random: Random
  /** Milliseconds since 1970 at the world's beginning. */
  readonly epoch: number
  note(text: string): void
}

/**
 * One process of a simulated world: clocks, an event loop and a network interface of its own.
 *
 * Pass `environment` to `connect`, and everything that the client does happens in the world's time. What the process
 * does besides must take its time from there too: a real timer or a real socket is outside of the world, and a run
 * that uses one cannot be replayed.
 */
export class SimulatedProcess {
  readonly name: string
  readonly environment: Environment
  /** Resolves when the process is killed. */
  readonly killed: Promise<void>
  #onKilled!: () => void
  readonly #parts: ProcessParts
  readonly #timers = new Set<Task>()
  /** The event loop stands still until this time of the world. */
  #stillUntil = 0
  /** The time for which the process was suspended together with its monotonic clock. */
  #suspended = 0
  #wallOffset = 0
  #alive = true

  constructor(name: string, parts: ProcessParts) {
    this.name = name
    this.#parts = parts
    const { network, random } = parts
    this.killed = new Promise(resolve => {
      this.#onKilled = resolve
    })
    this.environment = {
      now: () => this.#now(),
      wallTime: () => parts.epoch + parts.timeline.now + this.#wallOffset,
      bootTime: () => parts.timeline.now,
      setTimer: (callback, delay) => this.#setTimer(callback, delay),
      defer: callback => void this.soon(Phase.defer, callback),
      random: () => random.next(),
      resolve: host => network.resolve(host, this),
      resolveSrv: name => network.resolveSrv(name, this),
      open: (target, handler) => network.open(target, handler, this),
    }
  }

  /** False once the process was killed. */
  get alive(): boolean {
    return this.#alive
  }

  /** The time of the world at which a `stall` or `suspend` is over. */
  get stillUntil(): number {
    return this.#stillUntil
  }

  /** Timers and sockets that are in use. */
  get resources(): Resources {
    return { timers: this.#timers.size, sockets: this.#parts.network.socketsOf(this) }
  }

  /**
   * Stops the event loop, as a long computation or SIGSTOP does. The clocks go on: afterwards, timers that are due run
   * before what has arrived is read.
   */
  stall(milliseconds: number): void {
    this.#parts.note(`${this.name}: the event loop stands still for ${milliseconds} ms`)
    this.#stillUntil = Math.max(this.#stillUntil, this.#parts.timeline.now + milliseconds)
  }

  /** Stops the event loop and the monotonic clock, as a suspended machine does. */
  suspend(milliseconds: number): void {
    this.#parts.note(`${this.name}: the machine is suspended for ${milliseconds} ms`)
    const { now } = this.#parts.timeline
    const from = Math.max(this.#stillUntil, now)
    this.#stillUntil = from + milliseconds
    this.#suspended += milliseconds
  }

  /** Moves the wall clock; the monotonic one, by which deadlines are kept, does not notice. */
  jumpWallClock(milliseconds: number): void {
    this.#parts.note(`${this.name}: the wall clock jumps by ${milliseconds} ms`)
    this.#wallOffset += milliseconds
  }

  /**
   * Ends the process at once, as `kill -9` does: none of its code runs any more, its promises never settle, and the
   * kernel closes its connections.
   */
  kill(): void {
    if (!this.#alive) return
    this.#parts.note(`${this.name}: killed`)
    this.#alive = false
    this.#timers.clear()
    this.#parts.network.abandon(this)
    this.#onKilled()
  }

  /** Runs a function at a time of the world, or when the event loop goes on. The network uses it. */
  at(time: number, phase: Phase, run: () => void): Task {
    const task: Task = { cancelled: false, appointment: null }
    const attempt = (): void => {
      if (task.cancelled || !this.#alive) return
      if (this.#parts.timeline.now < this.#stillUntil) {
        task.appointment = this.#parts.timeline.at(this.#stillUntil, phase, attempt)
      } else {
        task.appointment = null
        run()
      }
    }
    task.appointment = this.#parts.timeline.at(time, phase, attempt)
    return task
  }

  /** Runs a function in this turn of the event loop. */
  soon(phase: Phase, run: () => void): Task {
    return this.at(this.#parts.timeline.now, phase, run)
  }

  /** Resolves after a time on this process's clock. */
  sleep(milliseconds: number): Promise<void> {
    return new Promise(resolve => void this.#setTimer(resolve, milliseconds))
  }

  #now(): number {
    return this.#parts.timeline.now - this.#suspended
  }

  #setTimer(callback: () => void, delay: number): Timer {
    const due = this.#now() + Math.max(delay, 1)
    let task: Task
    const wait = (): Task => this.at(due + this.#suspended, Phase.timer, fire)
    const fire = (): void => {
      this.#timers.delete(task)
      if (this.#now() >= due) return callback()
      // The clock stood still meanwhile: the time is not over.
      task = wait()
      this.#timers.add(task)
    }
    task = wait()
    this.#timers.add(task)
    const cancel = (): void => {
      task.cancelled = true
      if (task.appointment) task.appointment.cancelled = true
      this.#timers.delete(task)
    }
    return { cancel }
  }
}
