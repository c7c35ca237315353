// Nobody works during the maintenance.

import { connect } from '@zookit/client'
import { Barrier } from '@zookit/recipes'

const hosts = process.argv[2] ?? '127.0.0.1:2181'
await using admin = await connect(hosts)
await using zk = await connect(hosts)
const maintenance = new Barrier(admin, '/barriers/maintenance', { data: 'until the disk is changed' })
await maintenance.set()

const barrier = new Barrier(zk, '/barriers/maintenance')
const working = barrier.wait({ timeout: 30_000 }).then(() => console.log('worker: at work'))
console.log('worker: is it set?', await barrier.isSet())

console.log('admin: done')
await maintenance.remove()
await working
