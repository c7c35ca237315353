import type { Command } from './child.ts'
import { nodeProcess } from './paths.ts'
import { c, go, java, kazoo, rust, sourceOf } from './toolchains.ts'

/** A client of the table. */
export interface ClientEntry {
  name: string
  what: string
  /** The highest number of requests in flight that is measured: more would take minutes. */
  most: number
  /** The least number of seconds of warm-up. */
  warmUp: number
  /** True for a client in Node, which can be profiled. */
  node: boolean
  /** Returns the command that starts it, and builds it first if needed. Throws if its toolchain is missing. */
  command(flags: readonly string[]): Command
}

/**
 * The references for every client: a bare socket that writes frame by frame, one that writes everything that it may send
 * at once, and the least work that makes a promise of each request and an object of each reply.
 */
export const REFERENCES = ['floor', 'floor-batch', 'lean'] as const
export type Reference = (typeof REFERENCES)[number]

function inNode(name: string, what: string, most = Infinity): ClientEntry {
  const command = (flags: readonly string[]): Command =>
    nodeProcess(`clients/${name}.js`, ['--expose-gc', ...flags])
  return { name, what, most, warmUp: 0, node: true, command }
}

/** Makes a client in another language, which is built on first use. */
function foreign(name: string, what: string, make: () => Command, warmUp = 0): ClientEntry {
  let made: Command | undefined
  return { name, what, most: 10_000, warmUp, node: false, command: () => (made ??= make()) }
}

/** All clients, in the order in which they take turns. */
export const clients: readonly ClientEntry[] = [
  inNode('floor', 'a bare socket: frames built in advance, one write each'),
  inNode('floor-batch', 'a bare socket: one write for everything that may be sent'),
  inNode('lean', 'promises and records, and nothing else of a client'),
  inNode('promises', 'promises that are settled in order, and no connection at all'),
  inNode('zookit', '@zookit/client'),
  inNode('zookit-observed', '@zookit/client with a subscriber to its diagnostics channel'),
  inNode('zookit-opentelemetry', '@zookit/client with OpenTelemetry, whose exporters drop everything'),
  inNode('floor-corked', 'a bare socket: one write each, corked for each read'),
  inNode('alias', '@zookit/node-zookeeper-client: its interface over @zookit/client'),
  inNode('node-zookeeper-client', 'npm node-zookeeper-client', 10_000),
  inNode('zookeeper', 'npm zookeeper: the C client in Node (if built)', 10_000),
  foreign('rust', 'zookeeper-client for Rust, on one thread of tokio', () => rust()),
  foreign('rust-multi', 'the same, on a thread for each core', () => rust('multi')),
  foreign('java', "Apache's Java client", () => java('JavaClient'), 3),
  foreign('curator', "Apache Curator's framework over it", () => java('CuratorClient'), 3),
  foreign('go', 'go-zookeeper/zk', () => go('go-client', '')),
  foreign('go-samuel', 'samuel/go-zookeeper, its origin', () => go('go-samuel-client', 'samuel')),
  foreign('c', "Apache's C client", c),
  foreign('kazoo', 'kazoo, in Python', () => kazoo(sourceOf('kazoo-client.py'))),
]

/** Returns the client with a name. @throws Error if there is none. */
export function clientNamed(name: string): ClientEntry {
  const found = clients.find(client => client.name === name)
  if (!found) throw new Error(`there is no client ${name}`)
  return found
}
