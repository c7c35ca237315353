/** The program that a new user runs first, in plain JavaScript for every Node that the packages run on. */
export const QUICK_START = `
import { connect } from '@zookit/client'
import { LeaderElection, Mutex } from '@zookit/recipes'
import { TestServer } from '@zookit/testing'

const server = await TestServer.start()
const zk = await connect(server.hosts)
const other = await connect(server.hosts)
const lock = await new Mutex(zk, '/locks/job').acquire({ timeout: 10_000 })
await lock.guard(zk.transaction().create('/done', 'by the holder')).commit()
await lock.release()
const leader = await new LeaderElection(zk, '/leader').campaign()
const successor = new LeaderElection(other, '/leader').campaign()
await leader.resign()
await (await successor).resign()
await zk.close()
await other.close()
if (server.dump()['/done'] !== 'by the holder') throw new Error('the lock guarded nothing')
if (server.sessions().length > 0) throw new Error('a session is left')
await server.stop()
console.log('the quick start runs from the tarballs')
`
