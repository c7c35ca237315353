import { formatServer, type ServerAddress } from '@zookit/connection'
import type { ConfiguredMember } from '../words/answers.ts'
import type { Findings } from './probe.ts'

/**
 * Tells why servers that were named together are not one ensemble: one that stands alone belongs to none, two leaders lead two,
 * and the members of one ensemble know each other.
 *
 * @returns null if nothing speaks against it.
 */
export function divisionOf(servers: readonly ServerAddress[], findings: readonly Findings[]): string | null {
  if (servers.length === 1) return null
  const named = (mode: string): string[] =>
    servers.filter((_, i) => findings[i]!.summary?.mode === mode).map(formatServer)
  const alone = named('standalone')
  if (alone.length > 0) {
    const verb = alone.length === 1 ? 'stands alone' : 'each stand alone'
    return `the servers are not one ensemble: ${listed(alone)} ${verb}`
  }
  const leaders = named('leader')
  if (leaders.length > 1) return `the servers are not one ensemble: ${listed(leaders)} each lead one`
  return strangersOf(servers, findings)
}

/** Compares the configurations of the servers: two that have no member in common are those of two ensembles. */
function strangersOf(servers: readonly ServerAddress[], findings: readonly Findings[]): string | null {
  const known = servers.flatMap((server, i) => {
    const members = findings[i]!.configuration?.members ?? []
    return members.length === 0 ? [] : [{ server: formatServer(server), members }]
  })
  const [first, ...others] = known
  const isStrange = (members: readonly ConfiguredMember[]): boolean =>
    !members.some(member => first!.members.some(each => isSame(each, member)))
  const other = others.find(({ members }) => isStrange(members))
  if (first === undefined || other === undefined) return null
  return `the servers are not one ensemble: that of ${first.server} and that of ${other.server} have no member in common`
}

/** Tells if two servers speak of the same member: each may tell the address for clients of its own alone. */
function isSame(one: ConfiguredMember, other: ConfiguredMember): boolean {
  if (peersOf(one) !== peersOf(other)) return false
  return one.client === null || other.client === null || one.client === other.client
}

/** Returns the addresses of a member for the others, without what servers of other releases leave out. */
function peersOf({ spec }: ConfiguredMember): string {
  return spec.replace(/;.*/, '').replace(/:(participant|observer)$/, '')
}

function listed(servers: readonly string[]): string {
  return servers.length === 1 ? servers[0]! : `${servers.slice(0, -1).join(', ')} and ${servers.at(-1)}`
}
