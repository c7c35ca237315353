// Shows what zookit does, in one run: on an in-memory ZooKeeper, or on your ensemble if ZOOKIT_HOSTS names it.

import { styleText } from 'node:util'
import { connect } from '@zookit/client'
import { TestServer } from '@zookit/testing'
import { ephemerals, lostConnection, operations, transactions, watching } from './basics.ts'
import { Cable } from './cable.ts'
import { discovery, leaderReplaced, liveConfiguration, lockHandedOver } from './promises.ts'

const hosts = process.env.ZOOKIT_HOSTS
const server = hosts ? null : await TestServer.start()
const where = hosts ?? server!.hosts

await using cleaner = await connect(where)
const scratch = await cleaner.create('/quick-start-', null, { mode: 'persistent-sequential' })
const app = `${where}${scratch}`
console.log(`Connected to ${hosts ? where : `an in-memory ZooKeeper at ${where}`}, working under ${scratch}`)

const cable = new Cable()
const zk = await connect(app, { environment: cable.environment })
try {
  await operations(zk)
  await watching(zk)
  await ephemerals(zk, app)
  await transactions(zk)
  await lostConnection(zk, cable)
  await liveConfiguration(zk, app)
  await discovery(zk, app)
  await lockHandedOver(app)
  await leaderReplaced(app)
} finally {
  await zk.close()
  await cleaner.removeTree(scratch)
  await cleaner.close()
  await server?.stop()
}
console.log(styleText('green', '\nAll done, and cleaned up.'))
