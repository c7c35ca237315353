// An instance of the service `quotes`: it answers over HTTP, and publishes where it is found.

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from '@zookit/client'
import { ServiceRegistry } from '@zookit/recipes'

const [hosts = '127.0.0.1:2181', id = `instance-${process.pid}`] = process.argv.slice(2)

const http = createServer((_, response) => response.end(`a quote from ${id}`))
http.listen(0, '127.0.0.1')
await once(http, 'listening')
const { address, port } = http.address() as AddressInfo

const zk = await connect(hosts)
const registry = new ServiceRegistry(zk, '/services')
await registry.publish({ name: 'quotes', id, address, port, uriSpec: 'http://{address}:{port}/' })
console.log(`${id}: published at ${port}`)

// It is taken off the list first, and answers those who have not seen that yet.
process.once('SIGTERM', async () => {
  await registry.close()
  await zk.close()
  http.close()
})
