import type { ZooKeeper } from '@zookit/client'
import { findTargets } from '@zookit/test-fixtures'
import { TestEnsemble } from '@zookit/testing'
import type { Browser } from 'playwright-core'

/** An ensemble of three servers whose leader can be killed. */
export interface Ensemble extends AsyncDisposable {
  readonly hosts: string
  /** Kills the leader. @returns its address. */
  killLeader(): Promise<string>
}

/** A place to try the page: the browser, an ensemble, and a client of it that the console does not know. */
export interface Place {
  readonly browser: Browser
  readonly ensemble: Ensemble
  readonly zk: ZooKeeper
}

/** The ensembles that the page is tried on: one in memory, and one of each kind of real server that this machine has. */
export const ensembles: readonly { name: string; start(): Promise<Ensemble> }[] = [
  {
    name: 'servers in memory',
    async start() {
      const ensemble = await TestEnsemble.start({ size: 3, tickTime: 200, recordRequests: false })
      return {
        hosts: ensemble.hosts,
        async killLeader() {
          const leader = ensemble.leader!
          await leader.stop()
          return `${leader.host}:${leader.port}`
        },
        [Symbol.asyncDispose]: () => ensemble.stop(),
      }
    },
  },
  ...(await findTargets()).map(target => ({
    name: target.name,
    async start() {
      const ensemble = await target.startEnsemble({ properties: { 'zookeeper.4lw.commands.whitelist': '*' } })
      return {
        hosts: ensemble.hosts,
        async killLeader() {
          const leader = await ensemble.leader()
          await leader.kill()
          return `127.0.0.1:${leader.port}`
        },
        [Symbol.asyncDispose]: () => ensemble[Symbol.asyncDispose](),
      }
    },
  })),
]

/** Reads the data of a znode, after all that was written before: another server may lag behind the one of the console. */
export async function newestData(zk: ZooKeeper, path: string): Promise<string> {
  await zk.sync(path)
  return String((await zk.getData(path)).data)
}
