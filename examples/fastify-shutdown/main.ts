// A service that stops without an error for anybody: it leaves its group, answers what runs, and ends its session.

import { connect } from '@zookit/client'
import { Group, Mutex } from '@zookit/recipes'
import fastify from 'fastify'

const zk = await connect(process.argv[2] ?? '127.0.0.1:2181')
const mutex = new Mutex(zk, '/locks/invoices')
const app = fastify()
let stopping = false

// Not ready from the first moment of the shutdown on: a load balancer looks for another instance.
app.get('/readyz', (_, reply) => {
  return reply.code(zk.certain && !stopping ? 200 : 503).send({ stopping, ...zk.health() })
})

// Fastify would wait 72 s for the next request on a connection whose request still ran when it was closed.
app.addHook('onSend', async (_, reply) => {
  if (stopping) reply.header('connection', 'close')
})

// A request that takes its time: others may hold the lock.
app.post('/invoices', async () => {
  const token = await mutex.withLock((_, lock) => String(lock.token), { timeout: 30_000 })
  return { token }
})

const url = await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT ?? 0) })
const membership = await new Group(zk, '/services/invoices').join({ data: url })

/** Stops in the order in which things depend on each other. */
async function shutDown(signal: string): Promise<void> {
  console.log(`${signal}: stopping`)
  stopping = true
  await membership.leave({ timeout: 5000 }) // nobody finds this instance any more
  console.log('left the group')
  await app.close() // no new connections; the requests that run are answered
  console.log('answered')
  await zk.close() // the server removes the ephemerals at once: locks pass on
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    shutDown(signal).catch(error => {
      console.error(error)
      process.exit(1)
    })
  })
}

console.log(`listening: ${url}`)
