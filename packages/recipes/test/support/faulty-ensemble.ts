import { connect, type ZooKeeper } from '@zookit/client'
import { TestEnsemble } from '@zookit/testing'
import { pick } from '../contention/random.ts'

/** An ensemble with clients, and its faults. */
export class FaultyEnsemble implements AsyncDisposable {
  readonly ensemble: TestEnsemble
  readonly zks: readonly ZooKeeper[]
  readonly #random: () => number

  private constructor(ensemble: TestEnsemble, zks: readonly ZooKeeper[], random: () => number) {
    this.ensemble = ensemble
    this.zks = zks
    this.#random = random
  }

  /** @param random decides which fault meets whom. */
  static async start(count: number, random: () => number): Promise<FaultyEnsemble> {
    const ensemble = await TestEnsemble.start({ tickTime: 100, recordRequests: false })
    const options = { sessionTimeout: 60_000, backoff: { initial: 2, max: 10 }, closeTimeout: 500 }
    const connecting = Array.from({ length: count }, () => connect(ensemble.hosts, options))
    return new FaultyEnsemble(ensemble, await Promise.all(connecting), random)
  }

  /** Ends a client's session, its connection, all connections of a server, a reply, or the term of the leader. */
  strike(zk: ZooKeeper): void {
    const { ensemble } = this
    const dice = this.#random()
    const isServed = ({ sessionId }: { sessionId: bigint }): boolean => sessionId === zk.session.id
    const member = ensemble.members.find(each => each.connections().some(isServed))
    if (dice < 0.4) {
      if (ensemble.leader!.sessions().some(({ id }) => id === zk.session.id)) {
        ensemble.leader!.expireSession(zk.session.id)
      }
    } else if (dice < 0.6) pick(this.#random, ensemble.members).dropConnections()
    else if (dice < 0.8) member?.dropConnection(zk.session.id)
    else if (dice < 0.95) member?.loseNextReply(pick(this.#random, ['multi', 'create2', 'delete']))
    else pick(this.#random, ensemble.members).becomeLeader()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const member of this.ensemble.members) member.clearFaults()
    await Promise.all(this.zks.map(zk => zk.close()))
    await this.ensemble.stop()
  }
}
