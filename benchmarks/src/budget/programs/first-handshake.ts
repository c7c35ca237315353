// Does a handshake over a bare socket, in a fresh process.

import { BareSocket } from '../../clients/bare/bare-socket.ts'
import { answer } from './answer.ts'
import type { FirstConnect } from './first-connect.ts'

await answer<{ hosts: string }>(async ({ hosts }) => {
  const began = performance.now()
  const bare = new BareSocket(hosts)
  await bare.shake()
  const connected = performance.now()
  await bare.close()
  return { import: 0, connect: connected - began } satisfies FirstConnect
})
