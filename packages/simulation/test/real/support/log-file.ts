import { adler32 } from '../../../src/real/truth/txn-log.ts'

/** Makes a file of the log, as long as a server makes it beforehand. */
export function logFileOf(records: readonly Buffer[], torn: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(16)
  head.write('ZKLG', 'latin1')
  const framed = records.map(record => {
    const before = Buffer.alloc(12)
    before.writeUInt32BE(adler32(record), 4)
    before.writeInt32BE(record.length, 8)
    return Buffer.concat([before, record, Buffer.from('B')])
  })
  return Buffer.concat([head, ...framed, torn, Buffer.alloc(100)])
}
