import { type Spread, spreadOf } from '../statistics.ts'
import type { Contestant, Rival } from './contestant.ts'

/**
 * The loads. kazoo and Curator wait for each release. zookit need not: a release is sent when the call returns, and
 * requests keep their order. A client that waits for acquisition and release cannot do more than one cycle in the time of two
 * writes.
 */
export const LOADS = [
  { name: 'uncontended, release under way', clients: 1, waits: false },
  { name: 'uncontended, release waited for', clients: 1, waits: true },
  { name: '10 contenders, release under way', clients: 10, waits: false },
  { name: '10 contenders, release waited for', clients: 10, waits: true },
] as const

/** The pace of a measurement of locks. */
export interface LockPace {
  rounds: number
  seconds: number
  /** Seconds before the first round, in which the server's JVM compiles its code: without it a cycle takes several times as long. */
  warmUp: number
}

/** Acquisitions per second of each round. */
export interface LockResult {
  load: string
  zookit: number[]
  rivals: Map<Rival, number[]>
}

/** Measures one load, in turns. */
export async function measureLocks(
  { name, clients, waits }: (typeof LOADS)[number],
  zookit: Contestant,
  others: ReadonlyMap<Rival, Contestant>,
  { rounds, seconds, warmUp }: LockPace,
): Promise<LockResult> {
  const all = [['zookit', zookit], ...others] as const
  const counts = new Map(all.map(([who]) => [who, [] as number[]]))
  for (let round = -1; round < rounds; round++) {
    for (const [who, contestant] of all) {
      const time = round < 0 ? warmUp : seconds
      const task = { path: `/bench-${who}-${clients}`, clients, waits, seconds: time }
      const perSecond = await contestant.measure(task)
      if (round >= 0) counts.get(who)!.push(perSecond)
    }
  }
  const rivals = new Map([...others.keys()].map(who => [who, counts.get(who)!]))
  return { load: name, zookit: counts.get('zookit')!, rivals }
}

/** Compares zookit with another client, round by round. */
export function ratioTo({ zookit, rivals }: LockResult, name: Rival): Spread {
  const theirs = rivals.get(name)!
  return spreadOf(zookit.map((count, round) => count / theirs[round]!))
}
