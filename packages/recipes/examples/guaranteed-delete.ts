// A node that must go, whatever happens to the connection meanwhile.

import { connect } from '@zookit/client'
import { GuaranteedDelete } from '@zookit/recipes'

await using zk = await connect(process.argv[2] ?? '127.0.0.1:2181')
const path = await zk.create('/job-', 'half done', { mode: 'persistent-sequential' })
const deletion = new GuaranteedDelete(zk)

// The wait may end before; the deletion goes on.
await deletion.delete(path, { timeout: 30_000 })
console.log('gone:', (await zk.exists(path)) === null)

// Somebody else was quicker: as good as deleted.
await deletion.delete(path)

// Before the process ends: is anything left to be done?
await deletion.idle()
console.log('left:', deletion.pending)
