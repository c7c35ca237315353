import { createHash } from 'node:crypto'
import { TestEnsemble, type TestEnsembleOptions } from '../ensemble/test-ensemble.ts'
import type { Environment } from '../environment.ts'
import { TestServer, type TestServerOptions } from '../test-server.ts'
import { SimulatedListener } from './listener.ts'
import { type NetworkOptions, SimulatedNetwork } from './network.ts'
import { SimulatedProcess } from './process.ts'
import { Random } from './random.ts'
import { Phase, Timeline } from './timeline.ts'
import { eachTurn } from './turn.ts'

/** The beginning of a world. */
export interface WorldOptions {
  /** The seed that every choice of the world comes from. */
  seed: string | number
  /** The behaviour of the network without faults. */
  network?: NetworkOptions
  /** Milliseconds since 1970 at the beginning. Default 2026-01-01. */
  epoch?: number
}

/** The first client port of a world's servers, as ZooKeeper's own. */
const FIRST_PORT = 2181

/** The error of a world in which nothing happens any more although something is awaited. */
export class StandstillError extends Error {
  override readonly name = 'StandstillError'
}

/**
 * A world in one process and one thread: clients, servers, network and clocks, all driven by one seed.
 *
 * No real time passes in it. The world lets one thing happen, waits until every promise continuation of it has run, and
 * lets the next thing happen. The same seed and the same code give the same world, byte by byte: `fingerprint` tells.
 */
export class World {
  readonly random: Random
  readonly network: SimulatedNetwork
  readonly #timeline = new Timeline()
  readonly #epoch: number
  readonly #processes: SimulatedProcess[] = []
  readonly #events: string[] = []
  readonly #digest = createHash('sha1')
  #servers = 0
  #happened = 0

  constructor(options: WorldOptions) {
    this.random = new Random(String(options.seed))
    this.#epoch = options.epoch ?? Date.UTC(2026, 0, 1)
    this.network = new SimulatedNetwork(this.#timeline, this.random.fork('network'), options.network ?? {}, {
      note: text => this.note(text),
      delivered: bytes => void this.#digest.update(bytes),
    })
  }

  /** Milliseconds since the world began. */
  get now(): number {
    return this.#timeline.now
  }

  /** The number of actions so far. */
  get happened(): number {
    return this.#happened
  }

  /** The notes, oldest first, each line with its time. */
  get events(): readonly string[] {
    return this.#events
  }

  /** Every process that was ever started. */
  get processes(): readonly SimulatedProcess[] {
    return this.#processes
  }

  /** A digest of everything noted and of every byte that crossed the network: equal for equal runs. */
  get fingerprint(): string {
    return this.#digest.copy().digest('hex')
  }

  /** Records an event in plain words, for the message of a run that fails. */
  note(text: string): void {
    const line = `${this.now.toFixed(2).padStart(10)} ms  ${text}`
    this.#events.push(line)
    this.#digest.update(line)
  }

  /** Starts a process; its name is what notes and faults call it. */
  process(name: string): SimulatedProcess {
    const process = new SimulatedProcess(name, {
      timeline: this.#timeline,
      network: this.network,
      random: this.random.fork(`process ${name} ${this.#processes.length}`),
      epoch: this.#epoch,
      note: text => this.note(text),
    })
    this.#processes.push(process)
    return process
  }

  /** Starts a lone server in this world. Its options and faults are those of a `TestServer` on real sockets. */
  server(
    options: Omit<TestServerOptions, 'environment' | 'tls' | 'host' | 'port'> = {},
  ): Promise<TestServer> {
    return TestServer.start({
      logRequests: false,
      ...options,
      host: this.#address(),
      port: FIRST_PORT,
      environment: this.#serverEnvironment(),
    })
  }

  /** Starts an ensemble in this world. Its options and faults are those of a `TestEnsemble` on real sockets. */
  ensemble(options: Omit<TestEnsembleOptions, 'environment' | 'tls' | 'host'> = {}): Promise<TestEnsemble> {
    return TestEnsemble.start({
      logRequests: false,
      ...options,
      host: this.#address(),
      environment: this.#serverEnvironment(),
    })
  }

  /** Resolves after a time of the world. */
  sleep(milliseconds: number): Promise<void> {
    return new Promise(resolve => void this.#timeline.at(this.now + milliseconds, Phase.timer, resolve))
  }

  /**
   * Runs a scenario: runs one action after the other until its promise is settled.
   *
   * @param scenario the function whose promise is awaited.
   * @param limit the longest time of the world that it may take, in milliseconds.
   * @returns the result of the scenario.
   * @throws StandstillError when nothing is left to happen, or the time is over; else what the scenario threw.
   */
  async run<T>(scenario: () => Promise<T>, limit = 3_600_000): Promise<T> {
    const end = this.now + limit
    let isOver = false
    const outcome = scenario().finally(() => {
      isOver = true
    })
    // It is awaited only when it is settled.
    outcome.catch(() => {})
    await eachTurn(() => {
      if (isOver) return false
      if (!this.#timeline.step(end)) throw this.#standstill(limit)
      this.#happened++
      return true
    })
    return await outcome
  }

  #standstill(limit: number): StandstillError {
    const reason =
      this.#timeline.next === Number.POSITIVE_INFINITY
        ? 'nothing is left to happen'
        : `${limit} ms of the world have passed`
    return new StandstillError(
      `the scenario is not over, but ${reason}: something is awaited that never comes`,
    )
  }

  #address(): string {
    return `10.0.0.${++this.#servers}`
  }

  #serverEnvironment(): Environment {
    const timeline = this.#timeline
    const random = this.random.fork(`servers ${this.#servers}`)
    let port = FIRST_PORT
    return {
      now: () => timeline.now,
      wallTime: () => this.#epoch + timeline.now,
      random: () => random.next(),
      setTimer: (callback, delay) => {
        const appointment = timeline.at(timeline.now + Math.max(delay, 1), Phase.timer, callback)
        return { cancel: () => void (appointment.cancelled = true) }
      },
      listen: (accept, options) => new SimulatedListener(this.network, accept, { ...options, port: port++ }),
    }
  }
}
