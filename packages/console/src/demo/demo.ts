import { setMaxListeners } from 'node:events'
import { connect, type ZooKeeper } from '@zookit/client'
import { TestEnsemble } from '@zookit/testing'
import type { Actor } from './actor.ts'
import { LOCK_ACTORS } from './locks.ts'
import { plant, SEED } from './seed.ts'
import { SERVICE_ACTORS } from './services.ts'

/** A made-up ensemble. */
export interface Demo extends AsyncDisposable {
  /** The servers, a connect string. */
  readonly hosts: string
  /** The addresses of the servers, one each. */
  readonly servers: readonly { readonly host: string; readonly port: number }[]
  /**
   * Brings the recipes to life, and resolves when they are connected.
   *
   * @param hosts servers that they connect to, such as proxies before the ensemble's. Default: those themselves.
   */
  animate(hosts?: string): Promise<void>
}

/** Starts an ensemble of three servers in this process's memory. Nothing is kept on disk. */
export async function startDemo(): Promise<Demo> {
  const ensemble = await TestEnsemble.start({
    size: 3,
    tickTime: 1000,
    recordRequests: false,
    reconfigEnabled: true,
    enforceQuota: true,
    seed: SEED,
  })
  const stop = new AbortController()
  // All actors listen to it.
  setMaxListeners(0, stop.signal)
  const clients: ZooKeeper[] = []
  const lives: Promise<unknown>[] = []
  const animate = async (hosts: string = ensemble.hosts): Promise<void> => {
    const actors = [...LOCK_ACTORS, ...SERVICE_ACTORS]
    const first = await connect(hosts)
    clients.push(first)
    await plant(first)
    clients.push(...(await Promise.all(actors.map(() => connect(hosts, { sessionTimeout: 6000 })))))
    lives.push(...actors.map((actor, i) => live(actor, clients[i + 1]!, stop.signal)))
  }
  return {
    hosts: ensemble.hosts,
    servers: ensemble.members.map(({ host, port }) => ({ host, port })),
    animate,
    async [Symbol.asyncDispose]() {
      stop.abort()
      await Promise.all(clients.map(zk => zk.close()))
      await Promise.all(lives)
      await ensemble.stop()
    },
  }
}

/** Lets an actor live. One that fails begins again: a visitor may delete its znodes, or stop its servers. */
async function live(actor: Actor, zk: ZooKeeper, signal: AbortSignal): Promise<void> {
  const rest = (milliseconds: number): Promise<void> =>
    new Promise(resolve => {
      const end = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', end)
        resolve()
      }
      const timer = setTimeout(end, milliseconds)
      timer.unref()
      if (signal.aborted) end()
      else signal.addEventListener('abort', end)
    })
  while (!signal.aborted && zk.state !== 'closed') {
    await actor(zk, { signal, rest }).catch(() => {})
    await rest(1000)
  }
}
