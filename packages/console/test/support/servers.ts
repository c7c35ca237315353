import { findTargets } from '@zookit/test-fixtures'
import { TestServer } from '@zookit/testing'

/** A server that a suite runs against. */
interface Server extends AsyncDisposable {
  readonly hosts: string
}

/** A kind of server available on this machine. */
interface Kind {
  readonly name: string
  start(): Promise<Server>
}

const kinds: readonly Kind[] = [
  { name: 'the in-memory server', start: () => TestServer.start({ tickTime: 200 }) },
  ...(await findTargets()).map(target => ({ name: target.name, start: () => target.startServer() })),
]

/** Declares a suite for the in-memory server, and for the real ones of this machine. */
export function describeServers(title: string, declare: (hosts: () => string) => void): void {
  for (const kind of kinds) {
    describe(`${title} on ${kind.name}`, function () {
      this.timeout(60_000)
      let server: Server
      before(async () => {
        server = await kind.start()
      })
      after(() => server[Symbol.asyncDispose]())
      declare(() => server.hosts)
    })
  }
}
