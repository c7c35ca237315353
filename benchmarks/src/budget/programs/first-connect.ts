// Imports the client and connects, in a fresh process.

import { answer } from './answer.ts'

/** The times in milliseconds. */
export interface FirstConnect {
  import: number
  connect: number
}

await answer<{ hosts: string }>(async ({ hosts }) => {
  const began = performance.now()
  const { connect } = await import('@zookit/client')
  const imported = performance.now()
  const zk = await connect(hosts)
  const connected = performance.now()
  await zk.close()
  return { import: imported - began, connect: connected - imported } satisfies FirstConnect
})
