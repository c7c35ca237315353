import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type LoggedTransaction, readTransaction, zxidOf } from './txn-record.ts'

/** The first bytes of a file of the log. */
const MAGIC = 'ZKLG'
/** The bytes of a file's head, of the head of a record, and of its end. */
const HEAD = 16
const RECORD_HEAD = 12
const RECORD_END = 1
/** The byte that ends a record, which one that is torn does not have. */
const END = 0x42

/** Returns the bytes of the transactions in a file of the log. The file is longer: its end is empty, or torn. */
export function* recordsOf(bytes: Buffer): Generator<Buffer> {
  if (bytes.toString('latin1', 0, 4) !== MAGIC) return
  let at = HEAD
  while (at + RECORD_HEAD <= bytes.length) {
    const length = bytes.readInt32BE(at + 8)
    const begin = at + RECORD_HEAD
    if (length <= 0 || bytes[begin + length] !== END) return
    yield bytes.subarray(begin, begin + length)
    at = begin + length + RECORD_END
  }
}

/** Returns the bytes of all transactions that a member has logged, in the order of its files. */
function* logOf(dataDir: string): Generator<Buffer> {
  const folder = join(dataDir, 'version-2')
  for (const file of readdirSync(folder))
    if (file.startsWith('log.')) yield* recordsOf(readFileSync(join(folder, file)))
}

/**
 * Calls back with each transaction that an ensemble has committed, in no order: what a majority of the members has logged. A
 * member that was cut off may have logged more, and one that got a snapshot of the tree less.
 *
 * @param dataDirs the folders of the members' data, which nobody writes any more.
 */
export function forEachCommitted(
  dataDirs: readonly string[],
  visit: (transaction: LoggedTransaction) => void,
): void {
  const logged = new Map<number, number>()
  for (const dataDir of dataDirs) {
    // A member that was started again has some of what it had logged before in its next file, too.
    const own = new Set<number>()
    for (const record of logOf(dataDir)) own.add(zxidOf(record))
    for (const zxid of own) logged.set(zxid, (logged.get(zxid) ?? 0) + 1)
  }
  for (const dataDir of dataDirs)
    for (const record of logOf(dataDir)) {
      const zxid = zxidOf(record)
      if (2 * (logged.get(zxid) ?? 0) <= dataDirs.length) continue
      logged.delete(zxid)
      visit(readTransaction(record))
    }
}

/** Returns what an ensemble has committed, in its order: see `forEachCommitted`. */
export function committedBy(dataDirs: readonly string[]): LoggedTransaction[] {
  const transactions: LoggedTransaction[] = []
  forEachCommitted(dataDirs, transaction => void transactions.push(transaction))
  return transactions.sort((a, b) => (a.zxid < b.zxid ? -1 : 1))
}
