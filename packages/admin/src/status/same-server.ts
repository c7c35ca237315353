import { formatServer, isLoopback, type ServerAddress } from '@zookit/connection'
import type { Configuration } from '../words/answers.ts'
import type { Findings } from './probe.ts'

/** A server as it was named, with what it told and all addresses of its name; none where they are not known. */
export interface Look {
  readonly server: ServerAddress
  readonly findings: Findings
  readonly addresses: readonly string[]
}

/** A server with the other names that reach it. */
export interface DistinctLook extends Look {
  readonly aliases: readonly string[]
}

/** Leaves one look of those at the same server, one that it answered if there is any. What may be two servers stays two. */
export function distinctLooks(looks: readonly Look[]): DistinctLook[] {
  const groups: Look[][] = []
  for (const look of looks) {
    const group = groups.find(([first]) => isSame(first!, look))
    if (group === undefined) groups.push([look])
    else group.push(look)
  }
  return groups.map(group => {
    const kept = group.find(({ findings }) => findings.summary !== null) ?? group[0]!
    return { ...kept, aliases: group.filter(each => each !== kept).map(({ server }) => formatServer(server)) }
  })
}

/**
 * Tells if two names reach one server: by their only address and the port. `localhost` may have an address for each family, behind
 * which two servers may listen: it counts only if what answered is on this machine, and has the same data directory.
 */
function isSame(one: Look, other: Look): boolean {
  if (one.server.port !== other.server.port || contradict(one.findings, other.findings)) return false
  const addresses = one.addresses.map(plain)
  const others = other.addresses.map(plain)
  if (!addresses.some(address => others.includes(address))) return false
  const all = [...addresses, ...others]
  if (new Set(all).size === 1) return true
  const [a, b] = [one.findings.configuration, other.findings.configuration]
  return all.every(isLoopback) && a !== null && b !== null && a.dataDir !== null && !differ(a, b)
}

/** Returns an address without the form in which IPv6 has those of IPv4. */
function plain(address: string): string {
  return address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '')
}

/** Tells if two answers cannot be those of one server, such as behind a load balancer. */
function contradict(one: Findings, other: Findings): boolean {
  if (one.summary && other.summary && one.summary.build !== other.summary.build) return true
  return (
    one.configuration !== null &&
    other.configuration !== null &&
    differ(one.configuration, other.configuration)
  )
}

function differ(one: Configuration, other: Configuration): boolean {
  return (
    one.serverId !== other.serverId ||
    one.clientPort !== other.clientPort ||
    one.dataDir !== other.dataDir ||
    one.dataLogDir !== other.dataLogDir
  )
}
