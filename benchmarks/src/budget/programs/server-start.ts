// Measures the time from TestServer.start() to an accepted connection.

import { once } from 'node:events'
import { connect } from 'node:net'
import { TestServer } from '@zookit/testing'
import { answer } from './answer.ts'

/** The times in milliseconds. */
export interface ServerStart {
  first: number
  /** The median of the later starts. */
  usual: number
}

const TIMES = 15

async function start(): Promise<number> {
  const began = performance.now()
  const server = await TestServer.start()
  const socket = connect(server.port, '127.0.0.1')
  await once(socket, 'connect')
  const took = performance.now() - began
  socket.destroy()
  await server.stop()
  return took
}

await answer(async () => {
  const first = await start()
  const times: number[] = []
  for (let i = 0; i < TIMES; i++) times.push(await start())
  return { first, usual: times.sort((a, b) => a - b)[TIMES >> 1]! } satisfies ServerStart
})
