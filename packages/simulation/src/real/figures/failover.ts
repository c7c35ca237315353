import { setTimeout as sleep } from 'node:timers/promises'
import { connect, type ZooKeeper } from '@zookit/client'
import { machineTime } from '../entries.ts'
import { Cluster, type Member, TICK } from '../place/cluster.ts'
import { type Figure, ms, quantile } from './figure.ts'

const PATH = '/failover'

/** Writes one after the other, and knows when they were acknowledged. */
class Writer {
  readonly #zk: ZooKeeper
  /** The time of the newest acknowledged write. */
  at = 0
  #isOver = false
  readonly ended: Promise<void>

  constructor(zk: ZooKeeper) {
    this.#zk = zk
    this.ended = this.#write()
  }

  async #write(): Promise<void> {
    while (!this.#isOver) {
      try {
        await this.#zk.setData(PATH, String(this.at))
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

  stop(): Promise<void> {
    this.#isOver = true
    return this.ended
  }
}

function connectedTo(cluster: Cluster, zk: ZooKeeper): Member {
  return cluster.members.find(
    ({ server }) => server.port === zk.session.server!.port && server.host === zk.session.server!.host,
  )!
}

/** The time for which writes stop when the member that a client is connected to is killed. */
export const failover: Figure = {
  name: 'failover',
  bar: `writes stop for at most 1.5 s (99 %) when the connected member is killed and a healthy one is left, at tickTime ${TICK}`,
  async measure({ installation, scale, limit, say }) {
    await using cluster = await Cluster.start(installation, 0)
    const zk = await connect(cluster.hosts, { sessionTimeout: 6000 })
    await zk.create(PATH)
    const writer = new Writer(zk)
    const gaps = { follower: [] as number[], leader: [] as number[] }
    const wanted = Math.round(100 * scale)
    const end = machineTime() + limit * 1000
    while (gaps.follower.length < wanted && machineTime() < end) {
      await cluster.waitForQuorum()
      await zk.ready()
      await sleep(300)
      const member = connectedTo(cluster, zk)
      const role = (await cluster.leader()) === member ? 'leader' : 'follower'
      const before = writer.at
      const killedAt = machineTime()
      await member.server.kill()
      gaps[role].push(await writer.gapAt(killedAt, before))
      await member.server.restart()
      const done = gaps.follower.length + gaps.leader.length
      say(`  ${done}: ${role}, ${ms(gaps[role].at(-1)!)}`)
    }
    await writer.stop()
    await zk.close()
    const told = (name: string, all: readonly number[]): string =>
      all.length === 0
        ? `no ${name}`
        : `${all.length} times a ${name}: half within ${ms(quantile(all, 0.5))}, 99 % within ${ms(quantile(all, 0.99))}, at most ${ms(Math.max(...all))}`
    const isReached = quantile(gaps.follower, 0.99) <= 1500
    return { text: `${told('follower', gaps.follower)}; ${told('leader', gaps.leader)}`, isReached }
  },
}
