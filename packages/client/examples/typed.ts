import { connect, SchemaError } from '@zookit/client'
import { z } from 'zod'

const zk = await connect(process.argv[2] ?? '127.0.0.1:2181')
try {
  const config = zk.typed('/config', z.object({ port: z.number() }))
  await config.create({ port: 8080 })
  const { value, stat } = await config.get()
  await config.set({ port: value.port + 1 }, { version: stat.version })
  await config.update(({ port }) => ({ port: port + 1 }))
  await zk.setJson('/config', { port: 'none' })
  await config.get().catch(error => {
    if (SchemaError.is(error)) console.log(error.message, error.issues)
  })
} finally {
  await zk.close()
}
