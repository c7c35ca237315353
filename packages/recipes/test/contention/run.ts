import { connect, type ZooKeeper, ZooKeeperError } from '@zookit/client'
import { Crowd } from './crowd.ts'
import { Ledger } from './ledger.ts'
import type { Tally } from './messages.ts'
import { Nemesis } from './nemesis.ts'
import { seeded } from './random.ts'
import { type ServerKind, type Servers, startServers } from './servers.ts'

const PATH = '/locks/contended'

/** Milliseconds that the last waits, and the znodes of killed processes, may take to end. */
const TIME_LIMIT = 60_000

export interface ContentionOptions {
  servers: ServerKind
  seed: number
  /** Milliseconds for which faults are made. */
  seconds: number
  processes: number
  contenders: number
}

export interface Report {
  grants: number
  accesses: number
  /** Accesses with a token that was too low. */
  refusals: number
  /** Holders that did not know yet that another one had been admitted. */
  overlaps: number
  givenUp: number
  losses: Record<string, number>
  strikes: Record<string, number>
  /** Contenders' znodes that existed at the end. */
  left: number
  /** Faults that must never occur. */
  violations: readonly string[]
}

/** Lets many contend for one lock while connections, processes and servers fail, and returns a report. */
export async function runContention(options: ContentionOptions): Promise<Report> {
  const servers = await startServers(options.servers)
  try {
    return await contendOn(servers, options)
  } finally {
    await servers.stop()
  }
}

async function contendOn(servers: Servers, options: ContentionOptions): Promise<Report> {
  const { hosts, sessionTimeout } = servers
  const { seed, processes, contenders, seconds } = options
  const ledger = new Ledger()
  const assignment = { hosts, path: PATH, contenders: contenders / processes, seed, sessionTimeout }
  const crowd = new Crowd(ledger, assignment)
  const nemesis = new Nemesis(crowd, servers, seeded(seed))
  try {
    await crowd.start(processes)
    await nemesis.rage(seconds * 1000)
    const tallies = await crowd.finish(TIME_LIMIT)
    const left = await countLeft(hosts)
    const { grants, accesses, refusals, violations } = ledger
    const { strikes } = nemesis
    const overlaps = ledger.overlaps.size
    return { grants, accesses, refusals, overlaps, ...sum(tallies), strikes, left, violations }
  } finally {
    crowd.kill()
  }
}

/** Counts the contenders that are left when the sessions of the killed processes have expired. */
async function countLeft(hosts: string): Promise<number> {
  await using zk = await connect(hosts)
  const end = performance.now() + TIME_LIMIT
  for (;;) {
    const left = await count(zk)
    if (left === 0 || performance.now() > end) return left
    await new Promise(resolve => setTimeout(resolve, 100))
  }
}

async function count(zk: ZooKeeper): Promise<number> {
  try {
    await zk.sync(PATH)
    return (await zk.getChildren(PATH)).children.length
  } catch (error) {
    if (ZooKeeperError.is(error) && error.code === 'NO_NODE') return 0
    throw error
  }
}

function sum(tallies: readonly Tally[]): Tally {
  const losses: Record<string, number> = {}
  for (const tally of tallies) {
    for (const [reason, times] of Object.entries(tally.losses)) losses[reason] = (losses[reason] ?? 0) + times
  }
  return { givenUp: tallies.reduce((total, { givenUp }) => total + givenUp, 0), losses }
}
