import { findTargets } from '@zookit/test-fixtures'
import { TestServer } from '../../src/index.ts'
import { Relay } from './relay.ts'

/** A server for one program, and what is done to its connections in the middle. */
export interface ForeignServer extends AsyncDisposable {
  readonly hosts: string
  dropConnections(): void
}

/** A kind of server that the programs run against. */
export interface ServerKind {
  readonly name: string
  start(): Promise<ForeignServer>
}

// The tick of a server in production: some clients live badly with expiry in fractions of a second.
const TICK_TIME = 2000

/** The in-memory server, and the real ones that this machine has: what proves the programs right. */
export async function serverKinds(): Promise<ServerKind[]> {
  const inMemory = {
    name: 'the in-memory server',
    start: () => TestServer.start({ tickTime: TICK_TIME }),
  }
  const real = (await findTargets()).map(({ name, startServer }) => ({
    name,
    async start(): Promise<ForeignServer> {
      const server = await startServer({ tickTime: TICK_TIME })
      const relay = await Relay.before(server)
      return {
        hosts: relay.hosts,
        dropConnections: () => relay.dropConnections(),
        async [Symbol.asyncDispose](): Promise<void> {
          await relay[Symbol.asyncDispose]()
          await server.stop()
        },
      }
    },
  }))
  return [inMemory, ...real]
}
