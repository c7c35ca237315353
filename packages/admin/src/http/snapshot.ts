import { Readable } from 'node:stream'
import { counted } from '@zookit/connection'
import { AdminError } from '../admin-error.ts'
import { hex } from '../values.ts'
import type { SnapshotInfo, SnapshotStream } from './answers.ts'
import type { AdminResponse } from './request.ts'

/** Reads what the head of an answer tells of a snapshot. */
export function snapshotInfo(response: AdminResponse): SnapshotInfo {
  const size = response.header('snapshot_size')
  return { zxid: hex(response.header('last_zxid') ?? ''), size: size === null ? null : Number(size) }
}

/** Passes bytes on, and fails at the end if some are missing: half a snapshot must not be taken for a whole one. */
async function* wholeOnly(
  source: AsyncIterable<Buffer>,
  size: number | null,
  server: string,
): AsyncGenerator<Buffer> {
  const fail = (reason: string, cause?: unknown): AdminError =>
    new AdminError('CLOSED', `${reason}: try again`, { server, command: 'snapshot', cause })
  let passed = 0
  try {
    for await (const chunk of source) {
      passed += chunk.length
      yield chunk
    }
  } catch (cause) {
    throw fail(`it broke off, or paused for too long, after ${counted(passed, 'byte')}`, cause)
  }
  if (size !== null && passed !== size) throw fail(`${passed} of ${counted(size, 'byte')} came`)
}

/** Returns the bytes of a snapshot as a stream. */
export function snapshotStream(response: AdminResponse, server: string): SnapshotStream {
  const { zxid, size } = snapshotInfo(response)
  const stream = Readable.from(wholeOnly(response.body, size, server), { objectMode: false })
  // A generator that was never begun ends without an error.
  stream.once('close', () => response.body.destroy())
  return { zxid, size, stream }
}
