// Connects to the ensemble of compose.yaml by TLS, as the SASL user `app`, and shows who it is.

import { readFile } from 'node:fs/promises'
import { connect, creatorAllAcl } from '@zookit/client'

const [hosts = 'localhost:2281,localhost:2282,localhost:2283', ca = 'examples/compose/certs/ca.pem'] =
  process.argv.slice(2)

const zk = await connect(hosts, {
  tls: async () => ({ ca: await readFile(ca) }),
  sasl: {
    mechanism: 'DIGEST-MD5',
    username: 'app',
    password: process.env.ZOOKEEPER_PASSWORD ?? 'app-secret',
  },
})
try {
  const path = await zk.create('/mine-', 'nobody else reads this', {
    mode: 'ephemeral-sequential',
    acl: creatorAllAcl,
  })
  const { acl } = await zk.getAcl(path)
  const { server } = zk.session
  console.log(`${acl[0]?.id.scheme}:${acl[0]?.id.id} at ${server?.host}:${server?.port}`)
} finally {
  await zk.close()
}
