import { formatServer, type ZooKeeper, ZooKeeperError } from '@zookit/client'
import type { EnsembleView, MemberView, Sample } from '../protocol.ts'

/** Reads the members of the ensemble's configuration, beside the samples. */
export async function ensembleView(zk: ZooKeeper, samples: readonly Sample[]): Promise<EnsembleView> {
  try {
    const config = await zk.getConfig()
    const members = config.members.map(
      (member): MemberView => ({
        id: String(member.id),
        role: member.role,
        address: member.peers.map(({ host, quorumPort }) => `${host}:${quorumPort}`).join(' | '),
        client: member.client === null ? null : formatServer(member.client),
      }),
    )
    return { samples, members, membersNote: members.length === 0 ? 'The server stands alone.' : null }
  } catch (error) {
    if (!ZooKeeperError.is(error)) throw error
    return { samples, members: [], membersNote: `The configuration cannot be read: ${error.code}.` }
  }
}
