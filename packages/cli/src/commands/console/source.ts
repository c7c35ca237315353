import { connect as connectSocket } from 'node:net'
import type { WordOptions } from '@zookit/admin'
import { connect, formatServer, parseConnectString, type ServerAddress, type ZooKeeper } from '@zookit/client'
import type { ConsoleOptions, TrafficRecord } from '@zookit/console'
import type { Context } from '../../program/context.ts'
import { serversOf } from '../ensemble/servers-of.ts'
import { type Relay, startRelay } from '../wire/relay.ts'
import { trafficTaps } from './traffic.ts'

/** Milliseconds until a server of this machine counts as none. */
const CONNECT_TIMEOUT = 1000

/** Bytes of an answer: a znode with 100 000 children has megabytes of names. */
const MOST_BYTES = 64 * 1024 * 1024

/** The ensemble that the console shows. */
export interface Source extends AsyncDisposable {
  readonly zk: ZooKeeper
  readonly hosts: string
  readonly name: string
  readonly words: WordOptions
  readonly isDemo: boolean
  /** The schemas of its configuration that are known without the user's. */
  readonly schemas: NonNullable<ConsoleOptions['schemas']>
  /** The address of the proxy, or null. */
  readonly traffic: string | null
  /** Begins: whatever passes the proxies from now on is recorded. */
  begin(record: (frame: TrafficRecord) => void): Promise<void>
}

interface Choice {
  readonly demo: boolean
  readonly sniff: number | undefined
}

/** Opens what is to be shown: the ensemble that is meant, or the made-up one where none is. */
export async function openSource(context: Context, { demo, sniff }: Choice): Promise<Source> {
  if (demo || (!(await isNamed(context)) && !(await answers(await firstServer(context))))) {
    if (!demo) context.note('No ensemble is named, and none runs on this machine: this one is made up.')
    return openDemo(context)
  }
  return openEnsemble(context, sniff)
}

/** True if the user has named an ensemble, in any way. */
async function isNamed(context: Context): Promise<boolean> {
  const { globals, io } = context
  const names = [
    globals.hosts,
    globals.ensemble,
    globals.config,
    io.env.ZOOKIT_HOSTS,
    io.env.ZOOKIT_ENSEMBLE,
    io.env.ZOOKIT_CONFIG,
  ]
  return names.some(name => name !== undefined) || (await context.target()).name !== null
}

async function firstServer(context: Context): Promise<ServerAddress> {
  const { hosts } = await context.target()
  return parseConnectString(hosts).servers[0]!
}

/** True if something listens there. */
function answers({ host, port }: ServerAddress): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connectSocket({ host, port, timeout: CONNECT_TIMEOUT })
    const end = (isThere: boolean) => () => {
      socket.destroy()
      resolve(isThere)
    }
    socket.once('connect', end(true)).once('error', end(false)).once('timeout', end(false))
  })
}

async function openEnsemble(context: Context, sniff: number | undefined): Promise<Source> {
  const { hosts, options: words } = await serversOf(context)
  const { name, options } = await context.target()
  let record: (frame: TrafficRecord) => void = () => {}
  const relay =
    sniff === undefined
      ? null
      : await relayTo(await firstServer(context), sniff, context, frame => record(frame))
  const zk = await connect(hosts, { ...options, maxResponseSize: MOST_BYTES, signal: context.signal })
  return {
    zk,
    hosts,
    name: name ?? hosts,
    words: { tls: words.tls ?? null },
    isDemo: false,
    schemas: {},
    traffic: relay?.address ?? null,
    async begin(listener) {
      record = listener
    },
    async [Symbol.asyncDispose]() {
      await zk.close()
      relay?.close()
    },
  }
}

function relayTo(
  target: Parameters<typeof startRelay>[1],
  port: number,
  context: Context,
  record: (frame: TrafficRecord) => void,
): Promise<Relay> {
  return startRelay({ host: '127.0.0.1', port }, target, peer =>
    trafficTaps(peer, record, {
      encrypted: () => context.note(`${peer.name} speaks TLS: it passes, but its frames cannot be read`),
      failed: error => context.note(`${peer.name}: ${formatServer(target)} is not reached: ${error.message}`),
    }),
  )
}

/** Opens the made-up ensemble. Its clients pass proxies, so that there is traffic to see. */
async function openDemo(context: Context): Promise<Source> {
  const { startDemo } = await import('@zookit/console/demo')
  const demo = await startDemo()
  const { tls } = demo
  let record: (frame: TrafficRecord) => void = () => {}
  const relays = await Promise.all(
    demo.servers.map(server => relayTo({ ...server, tls }, 0, context, frame => record(frame))),
  )
  const zk = await connect(demo.hosts, { tls, maxResponseSize: MOST_BYTES })
  return {
    zk,
    hosts: demo.hosts,
    name: 'a made-up ensemble',
    words: { tls },
    isDemo: true,
    schemas: demo.schemas,
    traffic: relays.map(({ address }) => address).join(','),
    async begin(listener) {
      record = listener
      await demo.animate(relays.map(({ address }) => address).join(','))
    },
    async [Symbol.asyncDispose]() {
      await zk.close()
      await demo[Symbol.asyncDispose]()
      for (const relay of relays) relay.close()
    },
  }
}
