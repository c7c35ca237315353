import { once } from 'node:events'
import { connect } from '@zookit/client'
import zookeeper, { type Client } from 'node-zookeeper-client'

/** A client whose writes stop when its server is killed. */
export interface Subject {
  readonly name: string
  /** The port of the server that it is connected to; undefined while there is none. */
  readonly port: number | undefined
  /** Sets the data of its own znode. Rejects if the write was not acknowledged. */
  write(data: string): Promise<void>
  close(): Promise<void>
}

const TIMEOUT = 6000

/** Connects zookit, and creates a znode for its writes. */
export async function zookit(hosts: string): Promise<Subject> {
  const zk = await connect(hosts, { sessionTimeout: TIMEOUT })
  await zk.create('/zookit')
  return {
    name: 'zookit',
    get port() {
      return zk.state === 'connected' ? zk.session.server?.port : undefined
    },
    write: async data => void (await zk.setData('/zookit', data)),
    close: () => zk.close(),
  }
}

/** Connects node-zookeeper-client with its own defaults, and creates a znode for its writes. */
export async function nodeZookeeperClient(hosts: string): Promise<Subject> {
  const client = zookeeper.createClient(hosts, { sessionTimeout: TIMEOUT })
  client.connect()
  await once(client, 'connected')
  const path = '/node-zookeeper-client'
  await settled(done => client.create(path, error => done(error)))
  return {
    name: 'node-zookeeper-client',
    get port() {
      return client.getState() === zookeeper.State.SYNC_CONNECTED ? portOf(client) : undefined
    },
    write: data => settled(done => client.setData(path, Buffer.from(data), error => done(error))),
    async close() {
      const gone = once(client, 'disconnected')
      client.close()
      await gone
    },
  }
}

function settled(call: (done: (error: unknown) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => call(error => (error ? reject(error) : resolve())))
}

/** Reads the server's port from the socket: nothing public tells it. */
function portOf(client: Client): number | undefined {
  const { connectionManager } = client as unknown as {
    connectionManager: { socket?: { remotePort?: number } }
  }
  return connectionManager.socket?.remotePort
}
