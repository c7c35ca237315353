/** The first bytes of a file of the log. */
const MAGIC = 'ZKLG'
/** The bytes of a file's head, of the head of a record, and of its end. */
const HEAD = 16
const RECORD_HEAD = 12
const RECORD_END = 1
/** The byte that ends a record, which one that is torn does not have. */
const END = 0x42

/** Returns the sum that a log has of each of its records. */
export function adler32(bytes: Uint8Array): number {
  const [modulus, most] = [65_521, 3800]
  let [low, high] = [1, 0]
  for (let begin = 0; begin < bytes.length; begin += most) {
    const end = Math.min(begin + most, bytes.length)
    for (let at = begin; at < end; at++) {
      low += bytes[at]!
      high += low
    }
    low %= modulus
    high %= modulus
  }
  return high * 65_536 + low
}

/** Returns the place behind a record, or null if none is there, or a torn one. */
function behind(bytes: Buffer, at: number): number | null {
  if (at + RECORD_HEAD > bytes.length) return null
  const length = bytes.readInt32BE(at + 8)
  const [begin, end] = [at + RECORD_HEAD, at + RECORD_HEAD + length]
  if (length <= 0 || bytes[end] !== END) return null
  return adler32(bytes.subarray(begin, end)) === bytes.readUInt32BE(at + 4) ? end + RECORD_END : null
}

/** Returns the bytes of the transactions in a file of the log. The file is longer: its end is empty, or torn. */
export function* recordsOf(bytes: Buffer): Generator<Buffer> {
  if (bytes.toString('latin1', 0, 4) !== MAGIC) return
  for (let at = HEAD, next = behind(bytes, at); next !== null; at = next, next = behind(bytes, at))
    yield bytes.subarray(at + RECORD_HEAD, next - RECORD_END)
}

/** Returns the length that a file of the log is to be cut to, because of a torn record behind the whole ones; null if there is none. */
export function tornAt(bytes: Buffer): number | null {
  if (bytes.toString('latin1', 0, 4) !== MAGIC) return null
  let at = HEAD
  for (const { length } of recordsOf(bytes)) at += RECORD_HEAD + length + RECORD_END
  return bytes.subarray(at).some(byte => byte !== 0) ? at : null
}
