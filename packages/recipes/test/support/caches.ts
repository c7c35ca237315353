import type { ZooKeeper } from '@zookit/client'
import type { Cache } from '../../src/index.ts'
import { settle, type TestBed, until } from './test-bed.ts'

/** Versions with persistent watches whose events have zxids, without zxids, and without persistent watches. */
export const VERSIONS = ['3.9', '3.8.0', '3.5'] as const

/** Makes a client lose its connection, and keeps it without one until `end`. */
export async function lossOf(bed: TestBed, zk: ZooKeeper): Promise<{ end(): void }> {
  bed.server.closeNewConnections(true)
  bed.server.dropConnection(zk.session.id)
  await until('it is suspended', () => zk.state === 'suspended')
  return { end: () => bed.server.closeNewConnections(false) }
}

/** Starts a cache whose reads the server has answered, while none of the answers has arrived. */
export async function heldReads(
  bed: TestBed,
  zk: ZooKeeper,
  cache: Cache,
): Promise<{ started: Promise<void>; release(): void }> {
  bed.server.clearRequests()
  bed.server.holdNextReply(request => request.sessionId === zk.session.id)
  const started = cache.start()
  await until('the server has read', () =>
    bed.operations(zk).some(name => name === 'getData' || name === 'getChildren2'),
  )
  await settle()
  return { started, release: () => bed.server.releaseReplies() }
}

/** Returns the event that a server since 3.9 sends when a znode is deleted. */
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
