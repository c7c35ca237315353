// A session without the client: paths are the server's, data is bytes, flags and ACLs are spelled out.
// Needs a server: ZOOKIT_HOSTS=127.0.0.1:2181 node --import tsx session.ts

import { parseConnectString, Session } from '@zookit/connection'
import { CreateFlag, op, Perm } from '@zookit/jute'

const { servers } = parseConnectString(process.env.ZOOKIT_HOSTS ?? '127.0.0.1:2181')
const session = new Session({ servers, sessionTimeout: 10_000 })
session.on('state', (state, previous) => console.log(`${previous} -> ${state}`))
await session.ready()

const acl = [{ perms: Perm.ALL, id: { scheme: 'world', id: 'anyone' } }]
const flags = CreateFlag['ephemeral-sequential']
const created = await session.request(op.create, {
  path: '/example-',
  data: Buffer.from('hello'),
  acl,
  flags,
})

// Both requests are on their way before the first is answered; the replies come in this order.
const watcher = (event: { type: string }): void => console.log(`the znode was ${event.type}`)
const [{ data, stat }] = await Promise.all([
  session.request(op.getData, { path: created.path, watch: true }, { watcher }),
  session.request(op.delete, { path: created.path, version: -1 }),
])
console.log(`${created.path} held "${data}", created by transaction ${stat.czxid}`)

await session.close()
