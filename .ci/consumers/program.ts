/** Uses every package whose API a program calls, and ends by itself. */
export const PROGRAM = `
import { ensembleStatus } from '@zookit/admin'
import { connect, ZooKeeperError, type ZooKeeper } from '@zookit/client'
import { Session } from '@zookit/connection'
import { Framer } from '@zookit/jute'
import { dissectFrame } from '@zookit/jute/dissect'
import { createClient } from '@zookit/node-zookeeper-client'
import { Config, Mutex } from '@zookit/recipes'
import { TestServer } from '@zookit/testing'
import { World } from '@zookit/testing/simulate'

async function lock(zk: ZooKeeper): Promise<void> {
  const lock = await new Mutex(zk, '/locks/a').acquire()
  await lock.guard(zk.transaction().create('/done')).commit()
  await lock.release()
}

async function old(hosts: string): Promise<void> {
  const client = createClient(hosts)
  await new Promise<void>(resolve => {
    client.once('connected', resolve)
    client.connect()
  })
  const data = await new Promise<Buffer>((resolve, reject) =>
    client.getData('/a', (error, bytes) => (error ? reject(error) : resolve(bytes))),
  )
  if (data.toString() !== 'x') throw new Error('other data')
  client.close()
}

async function main(): Promise<void> {
  for (const each of [ensembleStatus, dissectFrame, World, Framer, Session])
    if (typeof each !== 'function') throw new Error('an export is missing')
  const server = await TestServer.start()
  const zk = await connect(server.hosts)
  await lock(zk)
  await zk.create('/a', 'x')
  const { data, stat } = await zk.getData('/a')
  if (data?.toString() !== 'x' || typeof stat.mzxid !== 'bigint') throw new Error('other data')
  const error: unknown = await zk.getData('/b').catch(error => error)
  if (!ZooKeeperError.is(error) || error.code !== 'NO_NODE') throw error
  await new Config<{ a: number }>(zk, '/config/app').set({ a: 1 })
  await zk.removeTree('/config')
  await old(server.hosts)
  await zk.close()
  await server.stop()
}

main().catch(error => {
  console.error(error)
  process.exitCode = 1
})
`
