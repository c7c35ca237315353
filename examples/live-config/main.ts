// An HTTP service whose configuration is a znode: a change is in force at once, and a mistake does no harm.

import { connect } from '@zookit/client'
import { Config } from '@zookit/recipes'
import fastify from 'fastify'
import { z } from 'zod'

const schema = z.object({ greeting: z.string().min(1), maxNames: z.number().int().positive() })

const zk = await connect(process.argv[2] ?? '127.0.0.1:2181')
const config = new Config(zk, '/config/hello', { schema, default: { greeting: 'Hello', maxNames: 2 } })

/** Prints each change, and each mistake of whoever writes the znode. Ends when the configuration is closed. */
async function report(): Promise<void> {
  for await (const event of config.changes()) {
    if (event.type === 'changed') console.log('changed:', JSON.stringify(event.value))
    if (event.type === 'invalid') console.log('refused:', event.error.message)
  }
}

const app = fastify()

app.get<{ Querystring: { names?: string } }>('/hello', ({ query }, reply) => {
  // Read the value once in each request: it may be another one after an await.
  const { greeting, maxNames } = config.current
  const names = (query.names ?? 'you').split(',')
  if (names.length > maxNames) return reply.code(400).send(`at most ${maxNames} names`)
  return `${greeting}, ${names.join(' and ')}!`
})

// A monitor sees an invalid configuration before the next restart of the service would meet it.
app.get('/healthz', (_, reply) => {
  const problem = config.problem?.message ?? null
  return reply.code(problem === null ? 200 : 503).send({ problem, stale: config.stale })
})

let stopping = false
// Fastify would wait 72 s for the next request on a connection whose request still ran when it was closed.
app.addHook('onSend', async (_, reply) => {
  if (stopping) reply.header('connection', 'close')
})

const reporting = report()
await config.start({ timeout: 10_000 })

process.once('SIGTERM', async () => {
  stopping = true
  await app.close()
  await config.close()
  await reporting
  await zk.close()
})

console.log(`listening: ${await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT ?? 0) })}`)
