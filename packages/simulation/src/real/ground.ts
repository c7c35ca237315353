import { connect, type ZooKeeper } from '@zookit/client'
import { TREE } from './client/loads/caches.ts'
import { LOCKS, resourceOf } from './client/loads/locks.ts'
import { FIRST, REGISTERS } from './client/loads/registers.ts'
import { WATCHED } from './client/loads/watches.ts'

/** Connects the run's own client, and makes the znodes that the loads need. */
export async function layGround(hosts: string): Promise<ZooKeeper> {
  const zk = await connect(hosts, { sessionTimeout: 30_000, backoff: { initial: 50, max: 500 } })
  const znodes: [string, string | null][] = [
    ...REGISTERS.map(path => [path, FIRST] as [string, string]),
    ...LOCKS.map(path => [resourceOf(path), '0'] as [string, string]),
    [WATCHED, null],
    [TREE, null],
  ]
  for (const [path, data] of znodes) {
    await zk.ensurePath(path)
    if (data !== null) await zk.setData(path, data)
  }
  // A lock's own znode is a container, which a server removes when nobody contends.
  for (const path of ['/locks', '/services', '/queue']) await zk.ensurePath(path)
  return zk
}
