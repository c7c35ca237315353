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
