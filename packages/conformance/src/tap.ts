import { type Environment, nodeEnvironment } from '@zookit/connection'
import type { Side } from '@zookit/jute/dissect'

/** Node's environment, with a look at each byte of its connections. */
export function tapped(connection: () => (side: Side, bytes: Uint8Array) => void): Environment {
  return {
    ...nodeEnvironment,
    open(target, handler) {
      const observe = connection()
      let space: Buffer = Buffer.alloc(0)
      const transport = nodeEnvironment.open(target, {
        onOpen: () => handler.onOpen(),
        onDrain: held => handler.onDrain(held),
        onClose: error => handler.onClose(error),
        space: () => (space = handler.space()),
        onBytes(size) {
          observe('server', Buffer.from(space.subarray(0, size)))
          return handler.onBytes(size)
        },
      })
      return {
        write(bytes) {
          observe('client', bytes)
          return transport.write(bytes)
        },
        resume: () => transport.resume(),
        destroy: () => transport.destroy(),
      }
    },
  }
}
