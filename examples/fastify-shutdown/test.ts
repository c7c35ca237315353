import type { TestServer } from '@zookit/testing'
import { stopsGracefully } from '../test/shutdown.ts'

/** Stops the service while one of its requests runs. */
export default function test(server: TestServer): Promise<void> {
  return stopsGracefully('fastify-shutdown/main.ts', server)
}
