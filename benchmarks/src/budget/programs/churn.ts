// Creates a znode and deletes it, again and again, with 64 requests in flight.

import { connect } from '@zookit/client'
import { answer } from './answer.ts'

const IN_FLIGHT = 32

await answer<{ hosts: string; cycles: number }>(async ({ hosts, cycles }) => {
  const zk = await connect(hosts)
  await zk.ensurePath('/churn')
  let started = 0
  const worker = async (): Promise<void> => {
    while (started < cycles) {
      const path = `/churn/${started++}`
      const created = zk.create(path, 'x')
      await zk.delete(path)
      await created
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker))
  await zk.close()
  return {}
})
