import { type EnsembleConfig, formatMember } from '@zookit/client'

/** Formats a configuration as the text of `/zookeeper/config`, which is empty on a server that stands alone. */
export function formatConfig({ members, version }: EnsembleConfig): string {
  if (members.length === 0 && version === 0n) return ''
  return [...members.map(formatMember), `version=${version.toString(16)}`].join('\n')
}

/** Returns the connect string of a configuration. A wildcard address stands for the one of the quorum. */
export function clientAddresses({ members }: EnsembleConfig): string {
  const addresses = members.flatMap(({ client, peers }) => {
    if (client === null) return []
    const host = /^(0\.0\.0\.0|::|0:0:0:0:0:0:0:0)$/.test(client.host) ? peers[0]!.host : client.host
    return [`${host.includes(':') ? `[${host}]` : host}:${client.port}`]
  })
  return addresses.join(',')
}
