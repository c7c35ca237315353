import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { recordsOf } from './txn-log.ts'

/** The files that a member leaves, to which nobody writes any more. */
export interface MemberFiles {
  /** The folder of its log of transactions and of its snapshots. */
  readonly dataDir: string
  /** The file of all that it has told in words since its first start. */
  readonly logFile: string
}

/** The record of a member of an ensemble. */
export interface MemberRecord {
  /** Returns the bytes of the transactions that it has logged: some twice, and in no order. */
  transactions(): Iterable<Buffer>
  /** The zxids up to which its snapshots of the tree reach. */
  readonly snapshots: readonly number[]
  /** The epochs in which it led a majority. */
  readonly ledEpochs: readonly number[]
}

/** Matches the words of a leader that a majority follows; it has given out no zxid of its epoch before. */
const LEADS = /Have quorum of supporters, .* last processed zxid: 0x([0-9a-f]+)/g

/** Returns the epochs of which a member's log tells that it led. */
export function ledEpochsIn(log: string): number[] {
  return [...log.matchAll(LEADS)].map(([, zxid]) => epochOf(Number.parseInt(zxid!, 16)))
}

/** The epoch of a zxid. */
export function epochOf(zxid: number): number {
  return Math.floor(zxid / 2 ** 32)
}

function* logged(folder: string): Generator<Buffer> {
  for (const file of readdirSync(folder))
    if (file.startsWith('log.')) yield* recordsOf(readFileSync(join(folder, file)))
}

/** Reads what a member has left. */
export function recordOf({ dataDir, logFile }: MemberFiles): MemberRecord {
  const folder = join(dataDir, 'version-2')
  const snapshots = readdirSync(folder)
    .map(file => /^snapshot\.([0-9a-f]+)$/.exec(file)?.[1])
    .filter(hex => hex !== undefined)
    .map(hex => Number.parseInt(hex, 16))
  return {
    transactions: () => logged(folder),
    snapshots,
    ledEpochs: ledEpochsIn(readFileSync(logFile, 'utf8')),
  }
}
