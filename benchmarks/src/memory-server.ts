// Runs the in-memory server of @zookit/testing in a process of its own, with the same lines on stdin and stdout as the stub.
// The runner creates its znodes through a session.

import { TestServer } from '@zookit/testing'
import type { Control } from './stub/control.ts'
import { eachLine, say } from './stub/lines.ts'

// Znodes of a mebibyte exceed the default, and only tests need recorded requests.
const server = await TestServer.start({ maxBuffer: 16 * 1024 * 1024, recordRequests: false })
say({ port: server.port, ...process.cpuUsage() })

function memory(wanted = false): { rss?: number; heap?: number } {
  if (!wanted) return {}
  globalThis.gc?.()
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage()
  return { rss, heap: heapUsed + arrayBuffers }
}

await eachLine<Control>(({ drop, measure }) => {
  if (drop) server.dropConnections()
  say({ ...process.cpuUsage(), ...memory(measure) })
})
