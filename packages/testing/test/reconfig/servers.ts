import { findTargets } from '@zookit/test-fixtures'
import { digestId, type ServerVersion, TestEnsemble } from '../../src/index.ts'
import { addDigest } from '../support/helpers.ts'
import { type Address, exchange, RawClient } from '../support/raw-client.ts'

const PASSWORD = 'wizard'
const POLL = 20

/** The servers of an ensemble, real or in memory, as the tests of reconfig need them. */
export interface Servers extends AsyncDisposable {
  /** Three voters and one observer, in order of their ids. */
  readonly members: readonly (Address & { readonly id: number; readonly spec: string })[]
}

/** A kind of ensemble. */
export interface Kind {
  readonly name: string
  start(): Promise<Servers>
}

/** Ensembles of the in-memory server. */
export function inMemory(version: ServerVersion): Kind {
  return {
    name: 'the in-memory server',
    start: () =>
      TestEnsemble.start({
        version,
        observers: 1,
        reconfigEnabled: true,
        superDigest: digestId(`super:${PASSWORD}`),
      }),
  }
}

/** Ensembles of a real server, where one is installed. */
export const realKinds: readonly Kind[] = (await findTargets()).slice(0, 1).map(target => ({
  name: target.name,
  async start() {
    const ensemble = await target.startEnsemble({
      observers: 1,
      reconfigEnabled: true,
      superPassword: PASSWORD,
    })
    const members = ensemble.members.map(({ id, spec, port }) => ({ id, spec, port, host: '127.0.0.1' }))
    return { members, [Symbol.asyncDispose]: () => ensemble.stop() }
  },
}))

/** Connects as the superuser, who alone may write the configuration. */
export async function openAsSuper(address: Address): Promise<RawClient> {
  const client = await RawClient.open(address, { timeOut: 60_000 })
  await addDigest(client, `super:${PASSWORD}`)
  return client
}

/** Returns the role of a server as `srvr` says it; `down` where it serves nobody. */
async function roleOf(address: Address): Promise<string> {
  const answer = (await exchange(address, 'srvr')).toString()
  return /^Mode: (.*)$/m.exec(answer)?.[1] ?? 'down'
}

/** Waits until the servers have these roles, `-` for the leader and any follower. @returns the leader's id. */
export async function rolesAre(servers: Servers, wanted: readonly string[]): Promise<number> {
  for (;;) {
    const roles = await Promise.all(servers.members.map(roleOf))
    const voting = roles.map(role => (role === 'leader' || role === 'follower' ? '-' : role))
    const leaders = servers.members.filter((_, i) => roles[i] === 'leader')
    if (leaders.length === 1 && voting.join() === wanted.join()) return leaders[0]!.id
    await new Promise(resolve => setTimeout(resolve, POLL))
  }
}
