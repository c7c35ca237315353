import type { Data } from '@zookit/client'
import { checks } from '@zookit/client'
import { callOptions, type OptionTable, SHARED } from '../core/arguments.ts'

/** A lease, as others see it. */
export interface LeaseInfo {
  /** Path of the lease's znode. */
  readonly path: string
  readonly holder: string
  /** End of the lease on the server's clock. */
  readonly until: Date
  readonly data: Buffer | null
}

/** Data of a lease's znode: a line of JSON, then the data of the holder. Empty if nobody has the lease. */
export interface LeaseRecord {
  readonly holder: string
  /** Distinguishes a grant from the next one, also of the same holder. */
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

/** Parses a znode's data. Returns null if it is no lease, or nobody's. */
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

/** The check of the time for which a lease is held. */
export const durationCheck: checks.Check = checks.mustBe(
  'a number of milliseconds from 1 to 2^40',
  value => typeof value === 'number' && value >= 1 && value <= LONGEST,
)

/** The options of a call that acquires or renews a lease. */
export const TERM: OptionTable = callOptions('{ duration: 30_000 }', {
  data: SHARED.data,
  duration: durationCheck,
})
