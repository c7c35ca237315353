import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { TestEnsemble, TestServer } from '../src/index.ts'
import type { Configuration } from './configuration.ts'

/** One server that runs for a stand-in program, until that ends. */
export interface RunningServer {
  readonly port: number
  /** True if it serves reads alone, for want of a quorum. */
  readonly isReadOnly: boolean
  stop(): Promise<void>
}

/** A file in a server's data directory: as long as it is there, the server keeps its znodes. */
const MARK = 'zookit-in-memory'

const isKept = ({ dataDir }: Configuration): boolean => existsSync(join(dataDir, MARK))

function keep({ dataDir }: Configuration): void {
  mkdirSync(dataDir, { recursive: true })
  writeFileSync(join(dataDir, MARK), '')
}

/** The members of an ensemble that has not begun yet, and those of one that has. */
class Ensemble {
  readonly #size: number
  readonly #waiting = new Map<number, Configuration>()
  readonly #begun: Promise<TestEnsemble>
  #begin: (ensemble: Promise<TestEnsemble>) => void = () => {}

  constructor(size: number) {
    this.#size = size
    this.#begun = new Promise(resolve => {
      this.#begin = resolve
    })
  }

  /** True when every member has asked for its start. */
  get isComplete(): boolean {
    return this.#waiting.size === this.#size
  }

  /** Starts a member: the first time all of them together, because the ports of all have to be known. */
  async start(configuration: Configuration): Promise<RunningServer> {
    if (!this.isComplete) this.#join(configuration)
    const member = (await this.#begun).member(configuration.id)
    if (member.role === 'down') await member.start()
    return {
      port: member.port,
      get isReadOnly() {
        return member.role === 'read-only'
      },
      stop: () => member.stop(),
    }
  }

  #join(configuration: Configuration): void {
    this.#waiting.set(configuration.id, configuration)
    if (!this.isComplete) return
    const members = [...this.#waiting.values()].sort((a, b) => a.id - b.id)
    for (const member of members) keep(member)
    const [{ id, options, readOnlyMode }] = members as [Configuration]
    const ports = members.map(({ port }) => port)
    this.#begin(TestEnsemble.start({ ...options, size: this.#size, firstId: id, readOnlyMode, ports }))
  }
}

/** Every server that stand-in programs have asked for, by where its data would be. */
export class Servers {
  readonly #standalone = new Map<string, TestServer>()
  readonly #ensembles = new Map<string, Ensemble>()
  readonly #forming = new Map<string, Ensemble>()

  /** Starts a server, with the znodes that it had if its data directory is still there. */
  start(configuration: Configuration): Promise<RunningServer> {
    const { members } = configuration
    return members.length > 0 ? this.#startMember(configuration) : this.#startAlone(configuration)
  }

  async #startAlone(configuration: Configuration): Promise<RunningServer> {
    const { dataDir, port, options } = configuration
    let server = isKept(configuration) ? this.#standalone.get(dataDir) : undefined
    if (server === undefined) {
      keep(configuration)
      server = await TestServer.start({ ...options, port })
      this.#standalone.set(dataDir, server)
    } else {
      await server.restart()
    }
    const running = server
    return { port: running.port, isReadOnly: false, stop: () => running.stop() }
  }

  #startMember(configuration: Configuration): Promise<RunningServer> {
    const { dataDir } = configuration
    const known = isKept(configuration) ? this.#ensembles.get(dataDir) : undefined
    const ensemble = known ?? this.#newEnsemble(configuration)
    this.#ensembles.set(dataDir, ensemble)
    return ensemble.start(configuration)
  }

  /** The ensemble that the member begins with others: the same one for all whose lines name the same members. */
  #newEnsemble({ members }: Configuration): Ensemble {
    const key = members.join()
    const forming = this.#forming.get(key)
    if (forming !== undefined && !forming.isComplete) return forming
    const ensemble = new Ensemble(members.length)
    this.#forming.set(key, ensemble)
    return ensemble
  }
}
