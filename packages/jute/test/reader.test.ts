import { expect } from 'chai'
import { Reader, readUstring } from '../src/index.ts'
import { allocatedBy } from './support/allocations.ts'
import { expectJuteError, hex } from './support/bytes.ts'

const INT_MIN = -(2 ** 31)
const INT_MAX = 2 ** 31 - 1

function reader(text: string): Reader {
  return new Reader(hex(text))
}

/** Returns a length field, then `left` zero bytes. */
function withLength(length: number, left: number): Reader {
  const bytes = Buffer.alloc(4 + left)
  bytes.writeInt32BE(length)
  return new Reader(bytes)
}

describe('Reader', () => {
  describe('numbers', () => {
    it('reads an int at its extremes', () => {
      const ints = reader('80000000 ffffffff 00000000 7fffffff')
      expect([ints.int(), ints.int(), ints.int(), ints.int()]).to.deep.equal([INT_MIN, -1, 0, INT_MAX])
      expect(ints.remaining).to.equal(0)
    })

    it('F7 reads a long exactly at its extremes, and beyond 2^53', () => {
      const longs = reader('8000000000000000 7fffffffffffffff ffffffffffffffff 0020000000000001')
      expect(longs.long()).to.equal(-(2n ** 63n))
      expect(longs.long()).to.equal(2n ** 63n - 1n)
      expect(longs.long()).to.equal(-1n)
      expect(longs.long()).to.equal(2n ** 53n + 1n)
    })

    it('reads a time as a number, exact up to 2^53 on either side of 0', () => {
      const times = reader('0020000000000000 ffe0000000000000 ffffffffffffffff 0000018bcfe56800')
      expect(times.longNumber()).to.equal(2 ** 53)
      expect(times.longNumber()).to.equal(-(2 ** 53))
      expect(times.longNumber()).to.equal(-1)
      expect(times.longNumber()).to.equal(1_700_000_000_000)
    })

    it('takes any byte but 0 for true', () => {
      const booleans = reader('00 01 ff')
      expect([booleans.boolean(), booleans.boolean(), booleans.boolean()]).to.deep.equal([false, true, true])
    })

    it('reads a trailing boolean where there is one, and undefined where the bytes end', () => {
      expect(reader('01').optionalBoolean()).to.equal(true)
      expect(reader('00').optionalBoolean()).to.equal(false)
      expect(reader('').optionalBoolean()).to.equal(undefined)
    })
  })

  describe('null and empty', () => {
    it('F6 keeps the null string and the empty string apart', () => {
      expect(reader('ffffffff').nullableUstring()).to.equal(null)
      expect(reader('00000000').nullableUstring()).to.equal('')
    })

    it('F6 keeps the null buffer and the empty buffer apart', () => {
      expect(reader('ffffffff').nullableBuffer()).to.equal(null)
      expect(reader('00000000').nullableBuffer()).to.deep.equal(Buffer.alloc(0))
    })

    it('F5 keeps the null vector and the empty vector apart', () => {
      expect(reader('ffffffff').nullableVector(readUstring, 4)).to.equal(null)
      expect(reader('00000000').nullableVector(readUstring, 4)).to.deep.equal([])
    })

    it('refuses null where the record has none, at the offset of its length', () => {
      const read = [
        (r: Reader) => r.ustring(),
        (r: Reader) => r.buffer(),
        (r: Reader) => r.vector(readUstring, 4),
      ]
      for (const value of read) {
        const at8 = reader('0000000000000000 ffffffff')
        at8.long()
        expectJuteError(() => value(at8), 'UNEXPECTED_NULL', 8)
      }
    })
  })

  describe('strings and buffers', () => {
    it('reads UTF-8, also beyond the basic plane and with a byte order mark', () => {
      expect(reader('00000007 c3a9 f09f9880 61').ustring()).to.equal('\u00e9\u{1f600}a')
      expect(reader('00000004 efbbbf 61').ustring()).to.equal('\ufeffa')
    })

    it('F9 turns what is not UTF-8 into U+FFFD and reads on behind it', () => {
      const text = reader('00000003 61 ff 62 0000002a')
      expect(text.ustring()).to.equal('a\ufffdb')
      expect(text.int()).to.equal(42)
      // A surrogate in three bytes, an over-long slash, a sequence cut off by the end.
      expect(reader('00000003 eda080').ustring()).to.equal('\ufffd\ufffd\ufffd')
      expect(reader('00000002 c0af').ustring()).to.equal('\ufffd\ufffd')
      expect(reader('00000003 61 e282').ustring()).to.equal('a\ufffd')
    })

    it('hands out an empty buffer that no reader can change for others', () => {
      const empty = (): Buffer => new Reader(hex('00000000')).buffer()
      const { buffer } = empty()
      try {
        structuredClone(buffer, { transfer: [buffer as ArrayBuffer] })
      } catch {
        // Node 20 copies what cannot be transferred, later ones refuse to.
      }
      expect(new Uint8Array(empty().buffer, 0, 0)).to.have.lengthOf(0)
      expect(new Reader().remaining).to.equal(0)
    })

    it('hands out a copy of a buffer', () => {
      const bytes = hex('00000002 0102')
      const copy = new Reader(bytes).buffer()
      bytes.fill(0)
      expect(copy).to.deep.equal(hex('0102'))
    })

    it('hands out a view of memory that is its own, if it is more than half of it', () => {
      const own = (length: number): [bytes: Buffer, data: Buffer] => {
        const bytes = Buffer.alloc(4 + length + 6)
        bytes.writeInt32BE(length)
        const owner = new Reader(bytes)
        owner.exclusive = true
        return [bytes, owner.buffer()]
      }
      const [large, view] = own(11)
      large.fill(7)
      expect(view).to.deep.equal(Buffer.alloc(11, 7))
      const [small, copy] = own(10)
      small.fill(7)
      expect(copy).to.deep.equal(Buffer.alloc(10))
    })

    it('owns no memory at first, nor after it is pointed at other bytes', () => {
      const bytes = Buffer.from([0, 0, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8])
      const fresh = new Reader(bytes)
      const used = new Reader()
      used.exclusive = true
      const data = [fresh.buffer(), used.reset(bytes).buffer()]
      bytes.fill(0)
      for (const each of data) expect(each).to.deep.equal(Buffer.from([1, 2, 3, 4, 5, 6, 7, 8]))
    })

    it('reads from a Uint8Array that is a window of a larger ArrayBuffer', () => {
      const whole = Uint8Array.from([9, 9, 9, 0, 0, 0, 2, 0x68, 0x69, 9])
      const window = new Reader(whole.subarray(3, 9))
      expect(window.ustring()).to.equal('hi')
      expect(window.remaining).to.equal(0)
    })
  })

  describe('bounds', () => {
    const FIXED: [string, number, (r: Reader) => unknown][] = [
      ['boolean', 1, r => r.boolean()],
      ['int', 4, r => r.int()],
      ['long', 8, r => r.long()],
      ['longNumber', 8, r => r.longNumber()],
      ['ustring', 4, r => r.ustring()],
      ['buffer', 4, r => r.buffer()],
      ['vector', 4, r => r.vector(readUstring, 4)],
    ]

    for (const [name, size, read] of FIXED) {
      it(`says TRUNCATED for a ${name} with any number of bytes missing, and stays where it was`, () => {
        for (let present = 0; present < size; present++) {
          const short = new Reader(Buffer.alloc(2 + present))
          short.take(2)
          expectJuteError(() => read(short), 'TRUNCATED', 2)
          expect(short.offset).to.equal(2)
        }
      })
    }

    it('never looks past its limit, though there are bytes', () => {
      const bytes = hex('00000004 61626364 00000001')
      expectJuteError(() => new Reader(bytes).seek(0, 7).ustring(), 'BAD_LENGTH', 0)
      expectJuteError(() => new Reader(bytes).seek(8, 11).int(), 'TRUNCATED', 8)
      expect(new Reader(bytes).seek(4, 4).optionalBoolean()).to.equal(undefined)
    })

    for (const length of [-2, -5, -7, INT_MIN, 65, INT_MAX - 15, INT_MAX]) {
      it(`F5 refuses the length ${length} with 64 bytes left, before anything is allocated`, () => {
        const read = [
          (r: Reader) => r.nullableUstring(),
          (r: Reader) => r.nullableBuffer(),
          (r: Reader) => r.nullableVector(readUstring, 4),
        ]
        for (const value of read) {
          const malformed = withLength(length, 64)
          const allocated = allocatedBy(() => expectJuteError(() => value(malformed), 'BAD_LENGTH', 0))
          expect(allocated).to.equal(0)
        }
      })
    }

    it('F5 accepts a count that the bytes can just hold, and no greater one', () => {
      expect(withLength(16, 64).vector(readUstring, 4)).to.deep.equal(Array(16).fill(''))
      expectJuteError(() => withLength(17, 64).vector(readUstring, 4), 'BAD_LENGTH', 0)
      expect(withLength(64, 64).buffer()).to.have.length(64)
    })

    it('calls no element function for an impossible count', () => {
      let calls = 0
      const count = (): void => {
        calls++
      }
      expectJuteError(() => withLength(INT_MAX, 64).vector(count, 1), 'BAD_LENGTH')
      expect(calls).to.equal(0)
    })

    it('names offset, length and what is left in its messages', () => {
      const { message } = expectJuteError(() => withLength(65, 64).ustring(), 'BAD_LENGTH')
      expect(message).to.equal('length 65 at 0, 64 bytes left')
      const short = expectJuteError(() => reader('0000').int(), 'TRUNCATED')
      expect(short.message).to.equal('4 bytes wanted at 0, 2 left')
      expect(short.name).to.equal('JuteError')
      const later = reader('000000010000')
      later.int()
      expect(expectJuteError(() => later.int(), 'TRUNCATED').message).to.equal('4 bytes wanted at 4, 2 left')
      const absent = reader('00000001ffffffff')
      absent.int()
      expect(expectJuteError(() => absent.ustring(), 'UNEXPECTED_NULL').message).to.equal('null at 4')
    })
  })
})
