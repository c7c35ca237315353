import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ZooKeeper } from '@zookit/client'
import type { Installation } from '@zookit/test-fixtures'
import { foundBy, violationsOf } from './checks/all.ts'
import type { Evidence } from './checks/evidence.ts'
import { checkShown } from './checks/tree.ts'
import { RemoteClient } from './client/clients.ts'
import { type ClientHistory, machineTime } from './entries.ts'
import { layGround } from './ground.ts'
import { type Fault, Faults } from './inflict.ts'
import { Cluster } from './place/cluster.ts'
import { impossible, planFaults } from './schedule.ts'
import { committedBy } from './truth/committed.ts'
import { historyOf } from './truth/ensemble-history.ts'
import { recordOf } from './truth/member-record.ts'
import { readTree, type Tree } from './truth/tree.ts'
import { checkVersions } from './truth/versions.ts'

const CLIENTS: readonly string[] = ['ann', 'bob', 'cid', 'dee']
/** The client that speaks TLS. */
const SECURE = 'dee'
/** The session timeout of the clients, in milliseconds. */
const SESSION_TIMEOUT = 4000
/** The longest time in which all that clients show becomes the tree, in milliseconds. */
const CONVERGENCE = 30_000

/** The settings of a run. */
export interface RunOptions {
  readonly installation: Installation
  readonly seed: string
  /** Milliseconds in which faults happen. */
  readonly duration: number
  /** The directory for what is evidence of the run; by default none of it stays. */
  readonly keep: string | undefined
  say(line: string): void
}

/** The mode of a member at a time, or null while it serves nobody. */
interface MemberMode {
  readonly at: number
  readonly member: number
  readonly mode: string | null
}

/** The result of a run. All times are the machine's. */
export interface RunResult {
  readonly seed: string
  readonly release: string
  readonly from: number
  readonly to: number
  readonly faults: readonly Fault[]
  readonly leftOut: readonly string[]
  readonly histories: readonly ClientHistory[]
  readonly modes: readonly MemberMode[]
  /** Changes that the ensemble has committed. */
  readonly commits: number
  /** The hole in what the members have logged, or null. With one, nobody can tell whether the clients are at fault. */
  readonly hole: string | null
  readonly violations: readonly string[]
}

/** One run against real servers, from their start to the checks. */
class Run {
  readonly #options: RunOptions
  readonly #cluster: Cluster
  readonly #folder: string
  readonly #clients: readonly RemoteClient[]
  readonly #faults: Faults
  readonly #modes: MemberMode[] = []
  readonly #violations: string[] = []
  #isOver = false

  constructor(options: RunOptions, cluster: Cluster) {
    this.#options = options
    this.#cluster = cluster
    this.#folder = mkdtempSync(join(tmpdir(), 'zookit-faults-'))
    this.#clients = CLIENTS.map((name, index) => this.#client(name, index))
    this.#faults = new Faults(cluster, this.#clients, machineTime)
  }

  #client(name: string, index: number): RemoteClient {
    const secure = name === SECURE
    const hosts = secure ? this.#cluster.secureHosts : this.#cluster.hosts
    const plan = { name, hosts, secure, sessionTimeout: SESSION_TIMEOUT, seed: this.#options.seed }
    const place = this.#cluster.clientPlaces[index] ?? null
    return new RemoteClient(plan, place, this.#folder, reason => void this.#violations.push(reason))
  }

  async run(): Promise<RunResult> {
    const { say, seed, installation, duration } = this.#options
    const wallLead = Date.now() - machineTime()
    const zk = await layGround(this.#cluster.hosts)
    const leftOut = impossible(this.#cluster.abilities)
    if (leftOut.length > 0) say(`this machine cannot: ${leftOut.join('; ')}`)
    const from = machineTime()
    for (const client of this.#clients) client.start()
    // On a busy machine they take their time: the faults are to meet all of them.
    for (const client of this.#clients) await client.report()
    const watching = this.#watchModes()
    await this.#inflict(duration)
    say('all faults are over')
    const { quiet, after } = await this.#settle(zk)
    this.#isOver = true
    await watching
    const to = machineTime()
    await zk.close()
    await this.#cluster.kill()
    const committed = committedBy(this.#cluster.members.map(({ process }) => recordOf(process)))
    const truth = historyOf(committed, wallLead)
    const histories = this.#clients.flatMap(client => client.histories())
    const faults = this.#faults.happened
    const hole = foundBy(() => checkVersions(committed))
    this.#violations.push(...violationsOf({ ...truth, histories, faults, quiet, after, ...this.#secure() }))
    const commits = truth.history.commits.length
    const violations = this.#violations
    const release = installation.version
    return {
      seed,
      release,
      from,
      to,
      faults,
      leftOut,
      histories,
      modes: this.#modes,
      commits,
      hole,
      violations,
    }
  }

  /** Removes what the run has left on the machine, but for what is to be kept. */
  async dispose(): Promise<void> {
    for (const client of this.#clients) await client.kill()
    if (this.#options.keep !== undefined) this.#keepIn(this.#options.keep)
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #keepIn(directory: string): void {
    cpSync(this.#folder, join(directory, 'clients'), { recursive: true })
    for (const { id, process } of this.#cluster.members) {
      cpSync(process.dataDir, join(directory, `member-${id}`, 'data'), { recursive: true })
      cpSync(process.logFile, join(directory, `member-${id}`, 'log'))
    }
  }

  #secure(): Pick<Evidence, 'secureClient' | 'secureServers'> {
    const servers = this.#cluster.members.map(
      ({ id, server }) => [`${server.host}:${server.securePort}`, `member ${id}`] as const,
    )
    return { secureClient: SECURE, secureServers: new Map(servers) }
  }

  async #inflict(duration: number): Promise<void> {
    const begun = machineTime()
    const { members, abilities } = this.#cluster
    const plan = planFaults(this.#options.seed, {
      duration,
      clients: this.#clients.length,
      members: members.length,
      sessionTimeout: SESSION_TIMEOUT,
      abilities,
    })
    const inflicted = plan.map(async fault => {
      await sleep(fault.at - (machineTime() - begun))
      this.#options.say(`${(fault.at / 1000).toFixed(1).padStart(7)} s  ${fault.kind}`)
      await this.#faults.inflict(fault)
    })
    await Promise.all([...inflicted, sleep(duration)])
  }

  async #watchModes(): Promise<void> {
    while (!this.#isOver) {
      const modes = await Promise.all(this.#cluster.members.map(({ server }) => server.mode()))
      const at = machineTime()
      for (const [index, mode] of modes.entries())
        this.#modes.push({ at, member: this.#cluster.members[index]!.id, mode: mode ?? null })
      await sleep(500)
    }
  }

  /** Waits until nothing is under way any more, compares what clients show with the tree, and closes them. */
  async #settle(zk: ZooKeeper): Promise<{ quiet: Tree; after: Tree }> {
    await this.#cluster.waitForQuorum()
    const dead = await this.#failures(this.#clients.map(client => client.finish()))
    const living = this.#clients.filter((_, index) => !dead[index])
    const quiet = await this.#converge(zk, living)
    await this.#failures(living.map(client => client.close()))
    // What a killed process has left goes with its session.
    await sleep(2 * SESSION_TIMEOUT)
    return { quiet, after: await readTree(zk) }
  }

  /** Notes what was rejected. @returns for each promise whether it was */
  async #failures(promises: readonly Promise<void>[]): Promise<boolean[]> {
    const results = await Promise.allSettled(promises)
    for (const result of results)
      if (result.status === 'rejected') this.#violations.push(String(result.reason.message ?? result.reason))
    return results.map(({ status }) => status === 'rejected')
  }

  /** Returns the tree when all clients show it, and notes what they show if they never do. */
  async #converge(zk: ZooKeeper, clients: readonly RemoteClient[]): Promise<Tree> {
    for (const begun = machineTime(); ; await sleep(500)) {
      const tree = await readTree(zk)
      const found: string[] = []
      for (const client of clients) {
        const reports = await client.report()
        const violation = foundBy(() => checkShown(client.name, reports, tree))
        if (violation !== null) found.push(violation)
      }
      if (found.length > 0 && machineTime() < begun + CONVERGENCE) continue
      this.#violations.push(...found)
      return tree
    }
  }
}

/** Runs clients against real servers while things go wrong, and checks what was promised. */
export async function runFaults(options: RunOptions): Promise<RunResult> {
  await using cluster = await Cluster.start(options.installation, CLIENTS.length, { tls: true })
  const run = new Run(options, cluster)
  try {
    return await run.run()
  } finally {
    await run.dispose()
  }
}
