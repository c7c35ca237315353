import { setTimeout as sleep } from 'node:timers/promises'
import { machineTime } from '../entries.ts'
import { Cluster, type Member, TICK } from '../place/cluster.ts'
import { nodeZookeeperClient, type Subject, zookit } from './failover-clients.ts'
import { type Figure, ms, quantile } from './figure.ts'

/** Writes one after the other, and knows when they were acknowledged. */
class Writer {
  readonly subject: Subject
  /** The time of the newest acknowledged write. */
  at = 0
  #isOver = false
  readonly ended: Promise<void>

  constructor(subject: Subject) {
    this.subject = subject
    this.ended = this.#write()
  }

  async #write(): Promise<void> {
    while (!this.#isOver) {
      try {
        await this.subject.write(String(this.at))
        this.at = machineTime()
      } catch {
        // The next one tells when writes are possible again.
      }
      await sleep(1)
    }
  }

  /** Returns for how long no write was acknowledged, from the last one before `after` to the first one behind it. */
  async gapAt(after: number, before: number): Promise<number> {
    // A write may be answered in the instant of the kill.
    while (this.at < after + 50 && this.at - before < 50) await sleep(1)
    return this.at - before
  }

  /** Waits until it writes to a server. @returns its port. */
  async connected(): Promise<number> {
    for (const before = this.at; ; await sleep(20)) {
      const { port } = this.subject
      if (port !== undefined && this.at > before) return port
    }
  }

  async stop(): Promise<void> {
    this.#isOver = true
    await this.ended
    await this.subject.close()
  }
}

/** The time, in milliseconds, for which the writes of node-zookeeper-client once stopped. It is below the 1.5 s that are to be reached. */
const ANCHOR = 910

type Role = 'follower' | 'leader'

/** The times for which the writes of a client stopped, by what was killed. */
type Gaps = Record<Role, number[]>

/** Kills the member that a client writes to, and starts it again. @returns what it was, and for how long the writes stopped. */
async function killServerOf(writer: Writer, cluster: Cluster): Promise<readonly [Role, number]> {
  await cluster.waitForQuorum()
  await writer.connected()
  await sleep(300)
  const port = await writer.connected()
  const member = cluster.members.find(({ server }) => server.port === port) as Member
  const role = (await cluster.leader()) === member ? 'leader' : 'follower'
  const [before, killedAt] = [writer.at, machineTime()]
  await member.server.kill()
  const gap = await writer.gapAt(killedAt, before)
  await member.server.restart()
  return [role, gap]
}

function told(name: string, all: readonly number[]): string {
  if (all.length === 0) return `no ${name}`
  const [half, most] = [ms(quantile(all, 0.5)), ms(quantile(all, 0.99))]
  return `${all.length} times a ${name}: half within ${half}, 99 % within ${most}, at most ${ms(Math.max(...all))}`
}

/** The time for which writes stop when the member that a client is connected to is killed, beside node-zookeeper-client's. */
export const failover: Figure = {
  name: 'failover',
  bar: `writes stop for less than ${ms(ANCHOR)} (99 %) when a connected follower is killed, at tickTime ${TICK}`,
  async measure({ installation, scale, limit, say }) {
    await using cluster = await Cluster.start(installation, 0)
    const writers = [zookit, nodeZookeeperClient].map(async start => new Writer(await start(cluster.hosts)))
    const [ours, theirs] = (await Promise.all(writers)) as [Writer, Writer]
    const gaps = new Map<Writer, Gaps>([ours, theirs].map(writer => [writer, { follower: [], leader: [] }]))
    const wanted = Math.round(100 * scale)
    const end = machineTime() + limit * 1000
    for (let round = 0; gaps.get(ours)!.follower.length < wanted && machineTime() < end; round++) {
      for (const writer of [ours, theirs]) {
        const [role, gap] = await killServerOf(writer, cluster)
        gaps.get(writer)![role].push(gap)
        say(`  ${round}: ${writer.subject.name}, ${role}, ${ms(gap)}`)
      }
    }
    for (const writer of [ours, theirs]) await writer.stop()
    const text = [...gaps].map(
      ([{ subject }, { follower, leader }]) =>
        `${subject.name}: ${told('follower', follower)}; ${told('leader', leader)}`,
    )
    return { text: text.join('. '), isReached: quantile(gaps.get(ours)!.follower, 0.99) < ANCHOR }
  },
}
