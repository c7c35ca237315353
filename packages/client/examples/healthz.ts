import { connect } from '@zookit/client'
import fastify from 'fastify'

const zk = await connect(process.argv[2] ?? '127.0.0.1:2181', { sessionTimeout: 10_000 })
const app = fastify()
let stopping = false

// Alive: the process answers. Ready: ZooKeeper certainly knows this session.
app.get('/livez', () => ({ alive: true }))
app.get('/healthz', (_, reply) => reply.code(zk.certain ? 200 : 503).send(zk.health()))

// Fastify would wait 72 s for the next request on a connection whose request still ran when it was closed.
app.addHook('onSend', async (_, reply) => {
  if (stopping) reply.header('connection', 'close')
})

process.once('SIGTERM', async () => {
  stopping = true
  await app.close() // no new requests; those that run are answered
  await zk.close() // the server removes this session's ephemerals at once, and locks pass on
})

console.log(await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT ?? 0) }))
