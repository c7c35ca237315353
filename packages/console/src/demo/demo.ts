import { setMaxListeners } from 'node:events'
import { type ConnectOptions, connect, type TlsOptions, type ZooKeeper } from '@zookit/client'
import { TestEnsemble } from '@zookit/testing'
import type { Schemas } from '../recipes/config.ts'
import type { Actor } from './actor.ts'
import { selfSigned } from './certificate.ts'
import { LOCK_ACTORS } from './locks.ts'
import { SCHEMAS } from './schemas.ts'
import { plant, SEED } from './seed.ts'
import { SERVICE_ACTORS } from './services.ts'

/** The days for which the servers' certificate is valid. */
const DAYS = 90

/** A made-up ensemble, whose servers speak TLS with a certificate that was made at the start. */
export interface Demo extends AsyncDisposable {
  /** The servers, a connect string. */
  readonly hosts: string
  /** The options of TLS with which a client trusts the servers. */
  readonly tls: TlsOptions
  /** The schemas of its configuration, by path. */
  readonly schemas: Schemas
  /** The addresses of the servers, one each. */
  readonly servers: readonly { readonly host: string; readonly port: number }[]
  /**
   * Brings the recipes to life, and resolves when they are connected.
   *
   * @param hosts servers that they connect to in clear text: proxies before the ensemble's. Default: those themselves, with TLS.
   */
  animate(hosts?: string): Promise<void>
}

/** Starts an ensemble of three servers in this process's memory. Nothing is kept on disk. */
export async function startDemo(): Promise<Demo> {
  const { cert, key } = selfSigned('a made-up ensemble', DAYS)
  const tls = { ca: cert }
  const ensemble = await TestEnsemble.start({
    tls: { cert, key },
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
  const animate = async (hosts?: string): Promise<void> => {
    const actors = [...LOCK_ACTORS, ...SERVICE_ACTORS]
    const enter = (options: ConnectOptions = {}): Promise<ZooKeeper> =>
      hosts === undefined ? connect(ensemble.hosts, { ...options, tls }) : connect(hosts, options)
    const first = await enter()
    clients.push(first)
    await plant(first)
    clients.push(...(await Promise.all(actors.map(() => enter({ sessionTimeout: 6000 })))))
    lives.push(...actors.map((actor, i) => live(actor, clients[i + 1]!, stop.signal)))
  }
  return {
    hosts: ensemble.hosts,
    tls,
    schemas: SCHEMAS,
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
