import type { ZooKeeper } from '@zookit/client'
import type { TestServer } from '@zookit/testing'
import { until } from './test-bed.ts'

/** Ends the client's session at the server, and waits until it has another one. */
export async function renew(server: TestServer, zk: ZooKeeper): Promise<void> {
  const { id } = zk.session
  server.expireSession(id)
  await until('there is a new session', () => zk.state === 'connected' && zk.session.id !== id)
}
