// Connects, reads one znode and prints its data: what `bare-get` does by hand.

import { connect } from '@zookit/client'

const [hosts = '', path = ''] = process.argv.slice(2)

const zk = await connect(hosts)
const { data } = await zk.getData(path)
console.log(String(data))
await zk.close()
