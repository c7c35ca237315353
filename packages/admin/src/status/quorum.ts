import { counted } from '@zookit/connection'
import type { Findings } from './probe.ts'

/** The majority that an ensemble needs. A server that stands alone is an ensemble of one. */
export interface Quorum {
  /** The voting members. */
  voters: number
  /** The members that a majority has. */
  needed: number
  /** The voting members that serve: the leader and its followers among the servers that were asked. */
  serving: number
  /** True if the servers are one ensemble that takes writes: a leader serves with a majority, or a server stands alone. */
  has: boolean
  /** The source of `voters`: the ensemble's configuration, or the number of servers that were named, observers left out. */
  from: 'configuration' | 'hosts'
}

/** Tells of a quorum in words: `2 of 3 voters serve, 2 are needed`. */
export function describeQuorum({ voters, needed, serving }: Quorum): string {
  const serve = serving === 1 ? 'serves' : 'serve'
  return `${serving} of ${counted(voters, 'voter')} ${serve}, ${needed} ${needed === 1 ? 'is' : 'are'} needed`
}

/** Counts the voters. The newest configuration counts, then the leader's own number, then the servers that were named. */
function votersOf(findings: readonly Findings[]): { voters: number; from: Quorum['from'] } {
  const configurations = findings.map(({ configuration }) => configuration).filter(each => each !== null)
  const newest = configurations
    .filter(({ members }) => members.length > 0)
    .sort((a, b) => Number((b.version ?? 0n) - (a.version ?? 0n)))[0]
  if (newest) {
    return {
      voters: newest.members.filter(({ role }) => role === 'participant').length,
      from: 'configuration',
    }
  }
  const told = findings.map(({ monitor }) => monitor?.quorumSize ?? null).find(size => size !== null)
  if (told) return { voters: told, from: 'configuration' }
  return { voters: findings.filter(({ summary }) => summary?.mode !== 'observer').length, from: 'hosts' }
}

/** Tells if the ensemble has its quorum, from what its servers told. */
export function quorumOf(findings: readonly Findings[]): Quorum {
  const modes = findings.map(({ summary }) => summary?.mode ?? null)
  const { voters, from } = votersOf(findings)
  const needed = Math.floor(voters / 2) + 1
  const serving = modes.filter(
    mode => mode === 'leader' || mode === 'follower' || mode === 'standalone',
  ).length
  // A leader or a follower serves only while there is a quorum, also one of servers that nobody named here.
  const has = modes.some(mode => mode === 'leader' || mode === 'follower' || mode === 'standalone')
  return { voters, needed, serving, has, from }
}
