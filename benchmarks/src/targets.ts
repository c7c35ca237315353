import { findTargets } from '@zookit/test-fixtures'
import { Child } from './child.ts'
import { nodeProcess } from './paths.ts'
import { fireWatches, seed } from './seed.ts'
import type { Control, Prepared, ServerAnswer } from './stub/control.ts'

/** CPU time in microseconds. */
export interface Cpu {
  user: number
  system: number
}

/** What clients are measured against. */
export interface Target {
  /** As the command line names it. */
  readonly kind: 'stub' | 'memory' | 'real'
  readonly name: string
  /** `host:port`. */
  readonly hosts: string
  /** Makes the nodes that a load needs. */
  prepare(prepared: Prepared): Promise<void>
  /** CPU time so far; null where it is not to be had. */
  cpu(): Promise<Cpu | null>
  /** Fires a data watch on each of the first `count` watched nodes. */
  fire(count: number): Promise<void>
  /** Memory in use after a collection, in bytes; undefined where it cannot be had. */
  memory?(): Promise<{ rss: number; heap: number }>
  /** Keeps the server's process on some cores; undefined where it is not our process. */
  pin?(cores: string): void
  /** Closes every connection; undefined where that cannot be arranged. */
  drop?(): Promise<void>
  stop(): Promise<void>
}

export type TargetName = 'stub' | 'memory' | 'real'

async function ownProcess(file: string): Promise<{ child: Child; hosts: string }> {
  const child = new Child(file, nodeProcess(file, ['--expose-gc']))
  const { port } = await child.hear<ServerAnswer>()
  return { child, hosts: `127.0.0.1:${port}` }
}

async function startStub(): Promise<Target> {
  const { child, hosts } = await ownProcess('stub.js')
  const tell = async (control: Control): Promise<void> => void (await child.ask<ServerAnswer>(control))
  return {
    kind: 'stub',
    name: 'stub that answers at once',
    hosts,
    prepare: prepare => tell({ prepare }),
    cpu: () => child.ask<ServerAnswer>({}),
    fire: fire => tell({ fire }),
    pin: cores => child.pin(cores),
    drop: () => tell({ drop: true }),
    stop: () => child.end(),
  }
}

async function startMemory(): Promise<Target> {
  const { child, hosts } = await ownProcess('memory-server.js')
  return {
    kind: 'memory',
    name: 'in-memory server (@zookit/testing)',
    hosts,
    prepare: prepared => seed(hosts, prepared),
    cpu: () => child.ask<ServerAnswer>({}),
    fire: count => fireWatches(hosts, count),
    pin: cores => child.pin(cores),
    drop: async () => void (await child.ask<ServerAnswer>({ drop: true })),
    async memory() {
      const { rss = 0, heap = 0 } = await child.ask<ServerAnswer>({ measure: true })
      return { rss, heap }
    },
    stop: () => child.end(),
  }
}

function running(hosts: string, name: string, stop: () => Promise<void>): Target {
  return {
    kind: 'real',
    name,
    hosts,
    prepare: prepared => seed(hosts, prepared),
    cpu: async () => null,
    fire: count => fireWatches(hosts, count),
    stop,
  }
}

/** Listings of 100 000 names and nodes of a mebibyte are beyond the server's default. */
const SERVER = {
  properties: { 'jute.maxbuffer': String(16 * 1024 * 1024) },
  config: { globalOutstandingLimit: 200_000 },
}

async function startReal(): Promise<Target> {
  const [found] = await findTargets()
  if (!found)
    throw new Error('no real ZooKeeper is to be had here: give one with --hosts, or see docs/testing.md')
  const server = await found.startServer(SERVER)
  return running(server.hosts, found.name, () => server.stop())
}

/** Starts a target, or takes the servers at `hosts` for the real one. */
export async function startTarget(name: TargetName, hosts: string | undefined): Promise<Target> {
  if (name === 'stub') return await startStub()
  if (name === 'memory') return await startMemory()
  return hosts === undefined ? await startReal() : running(hosts, `server at ${hosts}`, async () => {})
}
