import { findTargets } from './targets.ts'

/** A server that a suite runs against. */
interface SuiteServer extends AsyncDisposable {
  readonly hosts: string
}

/** A function that declares a suite for each kind of server; all tests of one use the same server. */
type DescribeServers = (title: string, declare: (hosts: () => string) => void) => void

/**
 * Makes a function that declares a suite for the in-memory server, and for the real ones of this machine.
 *
 * @param start starts a server in memory.
 */
export async function serverSuites(start: () => Promise<SuiteServer>): Promise<DescribeServers> {
  const kinds = [
    { name: 'the in-memory server', start },
    ...(await findTargets()).map(target => ({ name: target.name, start: () => target.startServer() })),
  ]
  return (title, declare) => {
    for (const kind of kinds) {
      describe(`${title} on ${kind.name}`, function () {
        this.timeout(60_000)
        let server: SuiteServer
        before(async () => {
          server = await kind.start()
        })
        after(() => server[Symbol.asyncDispose]())
        declare(() => server.hosts)
      })
    }
  }
}
