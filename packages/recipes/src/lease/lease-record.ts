import type { Data } from '@zookit/client'
import { badArgument } from '../core/errors.ts'

/** Somebody's lease, as others see it. */
export interface LeaseInfo {
  /** The node that stands for it. */
  readonly path: string
  readonly holder: string
  /** When it ends, on the server's clock. */
  readonly until: Date
  readonly data: Buffer | null
}

/** What is in a lease's node: a line of JSON, and the data of the holder after it. Empty when nobody has the lease. */
export interface LeaseRecord {
  readonly holder: string
  /** Tells one grant from the next, also of the same holder. */
  readonly grant: string
  /** Milliseconds since 1970, on the server's clock. */
  readonly until: number
  readonly data: Data
}

const LONGEST = 2 ** 40
const NEWLINE = 10

export function encodeLease({ data, ...head }: LeaseRecord): Buffer {
  const line = Buffer.from(JSON.stringify(head))
  if (data === null) return line
  return Buffer.concat([line, Buffer.of(NEWLINE), typeof data === 'string' ? Buffer.from(data) : data])
}

/** Null for what is no lease, or nobody's. */
export function decodeLease(bytes: Buffer | null): LeaseRecord | null {
  if (bytes === null) return null
  const end = bytes.indexOf(NEWLINE)
  const head = parse(bytes.subarray(0, end < 0 ? bytes.length : end).toString())
  if (typeof head?.holder !== 'string' || typeof head.grant !== 'string') return null
  if (typeof head.until !== 'number') return null
  const { holder, grant, until } = head
  return { holder, grant, until, data: end < 0 ? null : Buffer.from(bytes.subarray(end + 1)) }
}

function parse(text: string): { holder?: unknown; grant?: unknown; until?: unknown } | null {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** @throws ZooKeeperError BAD_ARGUMENTS. */
export function checkDuration(duration: number, path: string): number {
  if (duration >= 1 && duration <= LONGEST) return duration
  throw badArgument(`a duration is a number of milliseconds from 1, not ${String(duration)}`, path)
}
