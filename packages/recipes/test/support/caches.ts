import type { ZooKeeper } from '@zookit/client'
import type { Cache } from '../../src/index.ts'
import { type Ground, settle, until } from './ground.ts'

/** With lasting watches whose events have zxids, without zxids, and without lasting watches. */
export const VERSIONS = ['3.9', '3.8.0', '3.5'] as const

/** A client without its connection, and none to be had until `end`. */
export async function lossOf(ground: Ground, zk: ZooKeeper): Promise<{ end(): void }> {
  ground.server.closeNewConnections(true)
  ground.server.dropConnection(zk.session.id)
  await until('it is suspended', () => zk.state === 'suspended')
  return { end: () => ground.server.closeNewConnections(false) }
}

/** Starts a cache whose reads the server has answered, while none of the answers has arrived. */
export async function heldReads(
  ground: Ground,
  zk: ZooKeeper,
  cache: Cache,
): Promise<{ started: Promise<void>; release(): void }> {
  ground.server.clearRequests()
  ground.server.holdNextReply(request => request.sessionId === zk.session.id)
  const started = cache.start()
  await until('the server has read', () =>
    ground.operations(zk).some(name => name === 'getData' || name === 'getChildren2'),
  )
  await settle()
  return { started, release: () => ground.server.releaseReplies() }
}

/** What a server since 3.9 sends when a node is deleted. */
export function deletionFrame(path: string, zxid: bigint): Buffer {
  const name = Buffer.from(path)
  const frame = Buffer.alloc(4 + 16 + 12 + name.length)
  frame.writeInt32BE(frame.length - 4, 0)
  frame.writeInt32BE(-1, 4)
  frame.writeBigInt64BE(zxid, 8)
  frame.writeInt32BE(2, 20)
  frame.writeInt32BE(3, 24)
  frame.writeInt32BE(name.length, 28)
  name.copy(frame, 32)
  return frame
}
