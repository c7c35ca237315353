import { findTargets } from '@zookit/test-fixtures'
import { Child } from './child.ts'
import { nodeProcess } from './paths.ts'
import { AS_IN_PRODUCTION } from './production.ts'
import { fireWatches, seed } from './seed.ts'
import type { Control, Prepared, ServerAnswer } from './stub/control.ts'

/** A CPU time in microseconds. */
export interface Cpu {
  user: number
  system: number
}

/** A server against which clients are measured. */
export interface Target {
  /** Its name on the command line. */
  readonly kind: 'stub' | 'memory' | 'real'
  readonly name: string
  /** `host:port`. */
  readonly hosts: string
  /** Creates the znodes that a load needs. */
  prepare(prepared: Prepared): Promise<void>
  /** Returns the CPU time of the server's process so far; null if it is unknown. */
  cpu(): Promise<Cpu | null>
  /** Fires a data watch on each of the first `count` watched znodes. @returns the wall-clock time before, in milliseconds. */
  fire(count: number): Promise<number>
  /** Returns the memory in use after a collection, in bytes; undefined if the target cannot tell. */
  memory?(): Promise<{ rss: number; heap: number }>
  /** Restricts the server's process to some cores; undefined if the benchmark did not start it. */
  pin?(cores: string): void
  /** Closes every connection; undefined if the target cannot. */
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
  const tell = async (control: Control): Promise<number> => (await child.ask<ServerAnswer>(control)).at
  return {
    kind: 'stub',
    name: 'stub that answers at once',
    hosts,
    prepare: async prepare => void (await tell({ prepare })),
    cpu: () => child.ask<ServerAnswer>({}),
    fire: fire => tell({ fire }),
    pin: cores => child.pin(cores),
    drop: async () => void (await tell({ drop: true })),
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

/** Settings for listings of 100 000 names and znodes of a mebibyte, which exceed the server's defaults. */
const SERVER = {
  ...AS_IN_PRODUCTION,
  properties: { 'jute.maxbuffer': String(16 * 1024 * 1024) },
  config: { globalOutstandingLimit: 200_000 },
}

async function startReal(): Promise<Target> {
  const [found] = await findTargets()
  if (!found)
    throw new Error('found no real ZooKeeper: pass one with --hosts, or install one (see docs/testing.md)')
  const server = await found.startServer(SERVER)
  return running(server.hosts, found.name, () => server.stop())
}

/** Starts a target. With `hosts`, the running servers there are the target `real`. */
export async function startTarget(name: TargetName, hosts: string | undefined): Promise<Target> {
  if (name === 'stub') return await startStub()
  if (name === 'memory') return await startMemory()
  return hosts === undefined ? await startReal() : running(hosts, `server at ${hosts}`, async () => {})
}
