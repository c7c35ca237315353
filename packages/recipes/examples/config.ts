// A configuration with validated types. Changes arrive by themselves, and a mistake does no harm.

import { connect } from '@zookit/client'
import { Config } from '@zookit/recipes'
import { z } from 'zod'

const hosts = process.argv[2] ?? '127.0.0.1:2181'
await using zk = await connect(hosts)
await using operator = await connect(hosts)

const schema = z.object({ host: z.string(), port: z.number().int(), debug: z.boolean().default(false) })
const seed = { host: 'db.example', port: 5432, debug: false }
await new Config(operator, '/config/app', { schema }).set(seed)

await using config = new Config(zk, '/config/app', { schema })
await config.start({ timeout: 10_000 })
console.log(`now: ${config.current.host}:${config.current.port}`)

const changes = config.changes()
await operator.setData('/config/app', '{"host":"db.example","port":"five"}')
for await (const event of changes) {
  if (event.type === 'invalid') {
    console.log(`refused: ${event.error.message}`)
    console.log(`still: ${config.current.host}:${config.current.port}`)
    await new Config(operator, '/config/app', { schema }).set({ ...seed, port: 5433 })
  }
  if (event.type === 'changed') {
    console.log(`now: ${event.value.host}:${event.value.port}`)
    break
  }
}

// No change is lost, however many clients do this at the same time.
const updated = await config.update(value => ({ ...value, debug: true }), { timeout: 10_000 })
console.log('debug:', updated.debug)

// A value for each znode below a path; several are changed in one transaction.
const limits = new Config(zk, '/config/limits', {
  schema: z.record(z.string(), z.number()),
  subtree: true,
  default: {},
})
await limits.update(value => ({ ...value, 'upload/megabytes': 10, 'upload/files': 3 }))
console.log((await zk.getData('/config/limits/upload/megabytes')).data?.toString())
