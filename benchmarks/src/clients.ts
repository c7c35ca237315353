import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import type { Command } from './child.ts'
import { DIST, HOME, nodeProcess } from './paths.ts'

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

const OTHERS = `${HOME}src/clients/others/`
const JARS = '/usr/share/java'

function inNode(name: string, what: string, most = Infinity): ClientEntry {
  const command = (flags: readonly string[]): Command =>
    nodeProcess(`clients/${name}.js`, ['--expose-gc', ...flags])
  return { name, what, most, warmUp: 0, node: true, command }
}

/** Makes a client in another language. Its source is one file, which is built into dist on first use. */
function foreign(name: string, what: string, make: () => Command, warmUp = 0): ClientEntry {
  let made: Command | undefined
  return { name, what, most: 10_000, warmUp, node: false, command: () => (made ??= make()) }
}

function need(path: string, what: string): void {
  if (!existsSync(path)) throw new Error(`needs ${what}`)
}

function build(file: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): void {
  mkdirSync(`${DIST}others`, { recursive: true })
  try {
    execFileSync(file, args, { stdio: 'pipe', env: { ...process.env, ...env } })
  } catch (error) {
    const { code, stderr } = error as { code?: string; stderr?: Buffer }
    throw new Error(code === 'ENOENT' ? `needs ${file}` : `cannot be built: ${stderr}`)
  }
}

function java(): Command {
  need(`${JARS}/zookeeper.jar`, "Debian's libzookeeper-java")
  const jars = ['zookeeper', 'zookeeper-jute', 'slf4j-api', 'slf4j-nop', 'netty-all'].map(
    jar => `${JARS}/${jar}.jar`,
  )
  const classPath = [...jars.filter(jar => existsSync(jar)), `${DIST}others`].join(':')
  build('javac', ['-cp', classPath, '-d', `${DIST}others`, `${OTHERS}JavaClient.java`])
  return { file: 'java', args: ['-cp', classPath, 'JavaClient'] }
}

function go(): Command {
  const path = '/usr/share/gocode'
  need(`${path}/src/github.com/samuel/go-zookeeper`, "Debian's golang-github-samuel-go-zookeeper-dev")
  const out = `${DIST}others/go-client`
  build('go', ['build', '-o', out, `${OTHERS}go-client.go`], {
    GO111MODULE: 'off',
    GOPATH: path,
    GOFLAGS: '',
  })
  return { file: out, args: [] }
}

function c(): Command {
  need('/usr/include/zookeeper/zookeeper.h', "Debian's libzookeeper-mt-dev")
  const out = `${DIST}others/c-client`
  build('gcc', ['-O2', '-DTHREADED', '-o', out, `${OTHERS}c-client.c`, '-lzookeeper_mt', '-lpthread'])
  return { file: out, args: [] }
}

function kazoo(): Command {
  const python = '/usr/bin/python3'
  need(python, 'Python 3')
  build(python, ['-c', 'import kazoo'])
  return { file: python, args: [`${OTHERS}kazoo-client.py`] }
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
  inNode('node-zookeeper-client', 'npm node-zookeeper-client', 10_000),
  inNode('zookeeper', 'npm zookeeper: the C client in Node (if built)', 10_000),
  foreign('java', "Apache's Java client", java, 3),
  foreign('go', 'samuel/go-zookeeper', go),
  foreign('c', "Apache's C client", c),
  foreign('kazoo', 'kazoo, in Python', kazoo),
]

/** Returns the client with a name. @throws Error if there is none. */
export function clientNamed(name: string): ClientEntry {
  const found = clients.find(client => client.name === name)
  if (!found) throw new Error(`there is no client ${name}`)
  return found
}
