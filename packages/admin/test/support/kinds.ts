import { type ConnectOptions, connect, type ZooKeeper } from '@zookit/client'
import { authorityPem, certificate, findTargets } from '@zookit/test-fixtures'
import { TestEnsemble, TestServer } from '@zookit/testing'

/** A server that a test may stop. */
export interface AnyServer extends AsyncDisposable {
  readonly hosts: string
  kill(): Promise<void>
}

export interface AnyEnsemble extends AsyncDisposable {
  readonly hosts: string
  readonly members: readonly AnyServer[]
  leader(): Promise<AnyServer>
}

/** A kind of server: the one in memory, and each real one that is available. */
export interface Kind {
  readonly name: string
  readonly real: boolean
  start(): Promise<AnyServer>
  /** Returns a server whose whitelist has `srvr` and `isro` alone. */
  startStrict(): Promise<AnyServer>
  /** Returns a server with TLS on `hosts`, and the certificate of that name. */
  startSecure(name: 'server' | 'expired'): Promise<AnyServer>
  startEnsemble(): Promise<AnyEnsemble>
}

function inMemory(server: TestServer): AnyServer {
  return {
    hosts: server.hosts,
    kill: () => server.stop(),
    [Symbol.asyncDispose]: () => server.stop(),
  }
}

const memory: Kind = {
  name: 'the in-memory server',
  real: false,
  start: async () => inMemory(await TestServer.start()),
  startStrict: async () => inMemory(await TestServer.start({ fourLetterWords: ['srvr', 'isro'] })),
  startSecure: async name => inMemory(await TestServer.start({ tls: certificate(name) })),
  async startEnsemble() {
    const ensemble = await TestEnsemble.start()
    const handle = (member: (typeof ensemble.members)[number]): AnyServer => ({
      hosts: member.hosts,
      kill: () => member.stop(),
      [Symbol.asyncDispose]: () => member.stop(),
    })
    const members = ensemble.members.map(handle)
    return {
      hosts: ensemble.hosts,
      members,
      leader: async () => members.find(({ hosts }) => hosts === ensemble.leader!.hosts)!,
      [Symbol.asyncDispose]: () => ensemble.stop(),
    }
  },
}

const kinds: readonly Kind[] = [
  memory,
  ...(await findTargets()).map(
    (target): Kind => ({
      name: target.name,
      real: true,
      start: () => target.startServer(),
      startStrict: () => target.startServer({ config: { '4lw.commands.whitelist': 'srvr,isro' } }),
      async startSecure(name) {
        const server = await target.startServer({ tls: { certificate: name } })
        return {
          hosts: `${server.host}:${server.securePort}`,
          kill: () => server.kill(),
          [Symbol.asyncDispose]: () => server.stop(),
        }
      },
      startEnsemble: () => target.startEnsemble(),
    }),
  ),
]

/** Milliseconds that a real server may take to start: far longer than it does. */
const TIME_LIMIT = 60_000

/** Defines a group of tests, against each kind of server. */
export function describeKinds(title: string, body: (kind: Kind) => void): void {
  for (const kind of kinds) {
    describe(`${title}, of ${kind.name}`, function () {
      this.timeout(TIME_LIMIT)
      body(kind)
    })
  }
}

export const trusting = { ca: authorityPem() }

/** Returns a client that has a session, an ephemeral znode and watches, for a server to tell about. */
export async function busyClient(hosts: string, options: ConnectOptions = {}): Promise<ZooKeeper> {
  const zk = await connect(hosts, options)
  await zk.create('/mine', 'x', { mode: 'ephemeral' })
  await zk.create('/shared', 'x')
  await zk.getData('/shared', { watch: () => {} })
  await zk.exists('/nobody', { watch: () => {} })
  return zk
}
