import { expect } from 'chai'
import fc from 'fast-check'
import { Reader, readUstring, Writer, writeUstring } from '../src/index.ts'
import { expectJuteError, hex, written } from './support/bytes.ts'

describe('Writer', () => {
  it('F7 writes integers big-endian at their extremes', () => {
    const bytes = written(w => {
      w.int(-(2 ** 31)).int(2 ** 31 - 1)
      w.long(-(2n ** 63n)).long(2n ** 63n - 1n)
      w.longNumber(-(2 ** 53))
        .longNumber(2 ** 53)
        .longNumber(-1)
    })
    const ints = '80000000 7fffffff 8000000000000000 7fffffffffffffff'
    expect(bytes).to.deep.equal(hex(`${ints} ffe0000000000000 0020000000000000 ffffffffffffffff`))
  })

  it('F6 writes null as -1 and empty as 0, for strings, buffers and vectors', () => {
    const nulls = written(w => {
      w.nullableUstring(null).nullableBuffer(null).nullableVector(null, writeUstring)
    })
    const empties = written(w => {
      w.nullableUstring('').nullableBuffer(Buffer.alloc(0)).nullableVector([], writeUstring)
    })
    expect(nulls).to.deep.equal(hex('ffffffff ffffffff ffffffff'))
    expect(empties).to.deep.equal(hex('00000000 00000000 00000000'))
  })

  it('writes a trailing boolean, or nothing for undefined', () => {
    expect(written(w => w.optionalBoolean(true))).to.deep.equal(hex('01'))
    expect(written(w => w.optionalBoolean(false))).to.deep.equal(hex('00'))
    expect(written(w => w.optionalBoolean(undefined))).to.deep.equal(hex(''))
  })

  it('counts the bytes of a string, not its characters', () => {
    expect(written(w => w.ustring('\u00e9\u{1f600}'))).to.deep.equal(hex('00000006 c3a9 f09f9880'))
  })

  for (const length of [1, 39, 40, 41, 5000]) {
    it(`writes ASCII and other text of ${length} characters alike`, () => {
      for (const character of ['a', '\u00e9', '\u4e2d']) {
        const text = 'b'.repeat(length - 1) + character
        const expected = Buffer.from(text)
        const bytes = written(w => w.ustring(text))
        expect(bytes.readInt32BE(0)).to.equal(expected.length)
        expect(bytes.subarray(4)).to.deep.equal(expected)
      }
    })
  }

  it('writes lists of strings as it writes each of them, however many there are and whatever is in them', () => {
    const text = fc.oneof(
      fc.string({ maxLength: 60 }),
      fc.string({ unit: 'grapheme', maxLength: 60 }),
      fc.integer({ min: 0, max: 300 }).map(length => 'x'.repeat(length)),
    )
    const some = fc.array(text, { maxLength: 40 })
    const many = fc
      .integer({ min: 4000, max: 9000 })
      .map(count => Array.from({ length: count }, (_, i) => `n${i}`))
    fc.assert(
      fc.property(fc.oneof({ weight: 20, arbitrary: some }, { weight: 1, arbitrary: many }), values => {
        const one = written(w => w.int(7).ustringVector(values).int(9))
        expect(one.equals(written(w => w.int(7).vector(values, writeUstring).int(9)))).to.equal(true)
        expect(new Reader(one.subarray(4)).ustringVector()).to.deep.equal(values)
      }),
      { numRuns: 300, seed: 7 },
    )
  })

  it('F9 refuses a lone surrogate in a list of strings', () => {
    const values = Array.from({ length: 20 }, (_, i) => (i === 13 ? 'a\ud800' : `n${i}`))
    expectJuteError(() => new Writer(16).ustrings(values), 'BAD_STRING', 10 * 6 + 3 * 7)
  })

  for (const text of ['\ud800', 'a\udc00b', '\udc00\ud800', `${'x'.repeat(100)}\ud83d`]) {
    it(`F9 refuses the lone surrogate in ${JSON.stringify(text.slice(-3))}, and writes nothing`, () => {
      const writer = new Writer(16)
      writer.int(7)
      expectJuteError(() => writer.ustring(text), 'BAD_STRING', 4)
      expect(writer.written()).to.deep.equal(hex('00000007'))
    })
  }

  for (const room of [0, 1, 3, 7]) {
    it(`grows at any field, here with room for ${room} bytes`, () => {
      const fields: [string, (w: Writer) => void][] = [
        ['01', w => w.boolean(true)],
        ['01', w => w.optionalBoolean(true)],
        ['00000102', w => w.int(0x102)],
        ['0000000000000103', w => w.long(0x103n)],
        ['0000000000000104', w => w.longNumber(0x104)],
        ['00000002 6869', w => w.ustring('hi')],
        ['00000002 6869', w => w.buffer(Buffer.from('hi'))],
        ['00000001 00000001 61', w => w.vector(['a'], writeUstring)],
        ['ffffffff', w => w.nullableBuffer(null)],
      ]
      for (const [bytes, write] of fields) {
        const writer = new Writer(room)
        write(writer)
        expect(writer.written()).to.deep.equal(hex(bytes))
      }
    })
  }

  it('grows, and what was written stays', () => {
    const writer = new Writer(4)
    const values = Array.from({ length: 1000 }, (_, i) => `name-${i}`)
    writer.int(1).vector(values, writeUstring).buffer(Buffer.alloc(100_000, 7)).boolean(true)
    const reader = new Reader(writer.written())
    expect(reader.int()).to.equal(1)
    expect(reader.vector(readUstring, 4)).to.deep.equal(values)
    expect(reader.buffer()).to.deep.equal(Buffer.alloc(100_000, 7))
    expect(reader.boolean()).to.equal(true)
    expect(reader.remaining).to.equal(0)
  })

  it('starts over in the same memory', () => {
    const writer = new Writer(8)
    writer.int(1)
    const memory = writer.bytes
    expect(writer.reset().int(2).written()).to.deep.equal(hex('00000002'))
    expect(writer.bytes).to.equal(memory)
  })

  it('is read back by the reader, method for method', () => {
    const values = fc.record({
      int: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      long: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      number: fc.maxSafeInteger(),
      flag: fc.boolean(),
      text: fc.option(fc.string({ unit: 'binary', maxLength: 60 })),
      bytes: fc.option(fc.uint8Array()),
      list: fc.option(fc.array(fc.string())),
      last: fc.option(fc.boolean(), { nil: undefined }),
    })
    fc.assert(
      fc.property(values, value => {
        const writer = new Writer(1)
        writer.int(value.int).long(value.long).longNumber(value.number).boolean(value.flag)
        writer.nullableUstring(value.text).nullableBuffer(value.bytes)
        writer.nullableVector(value.list, writeUstring).optionalBoolean(value.last)
        const reader = new Reader(writer.written())
        expect({
          int: reader.int(),
          long: reader.long(),
          number: reader.longNumber(),
          flag: reader.boolean(),
          text: reader.nullableUstring(),
          bytes: reader.nullableBuffer(),
          list: reader.nullableVector(readUstring, 4),
          last: reader.optionalBoolean(),
        }).to.deep.equal({ ...value, bytes: value.bytes && Buffer.from(value.bytes) })
        expect(reader.remaining).to.equal(0)
      }),
    )
  })
})
