// A znode that must be deleted, whatever happens to the connection meanwhile.

import { connect } from '@zookit/client'
import { GuaranteedDelete } from '@zookit/recipes'

await using zk = await connect(process.argv[2] ?? '127.0.0.1:2181')
const path = await zk.create('/job-', 'half done', { mode: 'persistent-sequential' })
const deletion = new GuaranteedDelete(zk)

// The wait may end earlier; the deletion goes on.
await deletion.delete(path, { timeout: 30_000 })
console.log('gone:', (await zk.exists(path)) === null)

// Somebody else was quicker: that counts as deleted.
await deletion.delete(path)

// Before the process ends: is any deletion pending?
await deletion.idle()
console.log('left:', deletion.pending)
