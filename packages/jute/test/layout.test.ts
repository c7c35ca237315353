import { cstr, struct, u8, u16be } from 'buffer-layout'
import { expect } from 'chai'
import type { Layout } from '../src/layout.ts'
import * as layouts from '../src/layout.ts'
import { allocatedBy } from './support/allocations.ts'
import { expectJuteError, hex } from './support/bytes.ts'

const INT_MAX = 2 ** 31 - 1

/** Returns the bytes that a layout writes: a copy, cut to its size. */
function encoded<T>(layout: Layout<T>, value: T): Buffer {
  const bytes = Buffer.alloc(1000, 0xee)
  return bytes.subarray(0, layout.encode(value, bytes))
}

describe('the layouts of fields', () => {
  const FIELDS: [string, Layout<unknown>, unknown, string][] = [
    ['int', layouts.int(), -2, 'fffffffe'],
    ['long', layouts.long(), -(2n ** 63n), '8000000000000000'],
    ['long beyond 2^53', layouts.long(), 2n ** 53n + 1n, '0020000000000001'],
    ['longNumber', layouts.longNumber(), -1, 'ffffffffffffffff'],
    ['longNumber of 2^53', layouts.longNumber(), 2 ** 53, '0020000000000000'],
    ['boolean', layouts.boolean(), true, '01'],
    ['optionalBoolean', layouts.optionalBoolean(), false, '00'],
    ['absent optionalBoolean', layouts.optionalBoolean(), undefined, ''],
    ['ustring', layouts.ustring(), '\u00e9', '00000002 c3a9'],
    ['empty ustring', layouts.nullableUstring(), '', '00000000'],
    ['null ustring', layouts.nullableUstring(), null, 'ffffffff'],
    ['buffer', layouts.buffer(), Buffer.of(1, 2), '00000002 0102'],
    ['empty buffer', layouts.nullableBuffer(), Buffer.alloc(0), '00000000'],
    ['null buffer', layouts.nullableBuffer(), null, 'ffffffff'],
    ['vector', layouts.vector(layouts.int()), [1, -1], '00000002 00000001 ffffffff'],
    ['empty vector', layouts.nullableVector(layouts.int()), [], '00000000'],
    ['null vector', layouts.nullableVector(layouts.int()), null, 'ffffffff'],
    ['vector of strings', layouts.vector(layouts.ustring()), ['a', ''], '00000002 00000001 61 00000000'],
  ]

  for (const [name, layout, value, text] of FIELDS) {
    it(`F6 encode, decode and measure: ${name}`, () => {
      const bytes = hex(text)
      expect(encoded(layout, value)).to.deep.equal(bytes)
      expect(layout.decode(bytes)).to.deep.equal(value)
      expect(layout.getSpan(bytes)).to.equal(bytes.length)
      const shifted = Buffer.concat([Buffer.of(9, 9, 9), bytes])
      expect(layout.decode(shifted, 3)).to.deep.equal(value)
      expect(layout.getSpan(shifted, 3)).to.equal(bytes.length)
    })

    it(`say TRUNCATED where there is no room: ${name}`, () => {
      const size = hex(text).length
      for (let room = 0; room < size; room++) {
        expectJuteError(() => layout.encode(value, Buffer.alloc(room)), 'TRUNCATED')
      }
      expect(layout.encode(value, Buffer.alloc(size))).to.equal(size)
    })
  }

  it('refuse null where the record has none', () => {
    for (const layout of [layouts.ustring(), layouts.buffer(), layouts.vector(layouts.int())]) {
      expectJuteError(() => layout.decode(hex('00000000 ffffffff'), 4), 'UNEXPECTED_NULL', 4)
    }
  })

  it('F5 refuse impossible lengths, before anything is allocated', () => {
    const counted: Layout<unknown>[] = [
      layouts.nullableUstring(),
      layouts.nullableBuffer(),
      layouts.nullableVector(layouts.ustring()),
      layouts.nullableVector(layouts.ACLLayout),
    ]
    for (const layout of counted) {
      for (const length of [-2, -7, -(2 ** 31), 65, INT_MAX]) {
        const bytes = Buffer.alloc(68)
        bytes.writeInt32BE(length)
        const allocated = allocatedBy(() => {
          expectJuteError(() => layout.decode(bytes), 'BAD_LENGTH', 0)
          expectJuteError(() => layout.getSpan(bytes), 'BAD_LENGTH', 0)
        })
        expect(allocated).to.equal(0)
      }
    }
  })

  it('F5 bound a count by the least that an element takes', () => {
    const bytes = Buffer.alloc(4 + 24)
    bytes.writeInt32BE(2)
    expect(layouts.vector(layouts.ACLLayout).decode(bytes)).to.have.length(2)
    bytes.writeInt32BE(3)
    expectJuteError(() => layouts.vector(layouts.ACLLayout).decode(bytes), 'BAD_LENGTH')
  })

  it('F9 turn what is not UTF-8 into U+FFFD, and refuse lone surrogates', () => {
    expect(layouts.ustring().decode(hex('00000003 61ff62'))).to.equal('a\ufffdb')
    expectJuteError(() => encoded(layouts.ustring(), 'a\ud800'), 'BAD_STRING')
  })

  it('hand out copies of buffers', () => {
    const bytes = hex('00000002 0102')
    const copy = layouts.buffer().decode(bytes)
    bytes.fill(0)
    expect(copy).to.deep.equal(hex('0102'))
  })

  it('cannot tell their span without bytes where it varies', () => {
    const varying: Layout<unknown>[] = [
      layouts.ustring(),
      layouts.nullableBuffer(),
      layouts.optionalBoolean(),
      layouts.vector(layouts.int()),
      layouts.CreateRequestLayout,
      layouts.MultiRequestLayout,
    ]
    for (const layout of varying) {
      expect(layout.span).to.equal(-1)
      expect(() => layout.getSpan()).to.throw(RangeError, 'indeterminate span')
    }
  })
})

describe('the layouts of records', () => {
  it('know the sizes of fixed records', () => {
    expect(layouts.RequestHeaderLayout.span).to.equal(8)
    expect(layouts.ReplyHeaderLayout.span).to.equal(16)
    expect(layouts.MultiHeaderLayout.span).to.equal(9)
    expect(layouts.StatLayout.span).to.equal(68)
    expect(layouts.StatLayout.getSpan()).to.equal(68)
  })

  it('name their fields in wire order', () => {
    const names = layouts.CreateTTLRequestLayout.fields.map(field => field.property)
    expect(names).to.deep.equal(['path', 'data', 'acl', 'flags', 'ttl'])
    expect(layouts.CreateTTLRequestLayout.typeName).to.equal('CreateTTLRequest')
  })

  it('name the credentials', () => {
    const secret = Object.values(layouts as { [name: string]: unknown })
      .filter(layout => typeof layout === 'object')
      .map(layout => layout as Partial<layouts.RecordLayout<unknown>>)
      .flatMap(({ typeName, secrets = [] }) => secrets.map(name => `${typeName}.${name}`))
    expect(secret.sort()).to.deep.equal([
      'AuthPacket.auth',
      'ConnectRequest.passwd',
      'ConnectResponse.passwd',
      'GetSASLRequest.token',
      'SetSASLResponse.token',
    ])
  })

  it('F3 say which byte a record lacks, with a typed error also from getSpan', () => {
    const bytes = hex('00000002 2f61 00000001 62 ffffffff 000000')
    expectJuteError(() => layouts.CreateRequestLayout.decode(bytes), 'TRUNCATED', 15)
    const short = hex('00000002 2f61 00000009 62')
    expectJuteError(() => layouts.CreateRequestLayout.getSpan(short), 'BAD_LENGTH', 6)
    expectJuteError(() => layouts.StatLayout.decode(Buffer.alloc(67)), 'TRUNCATED', 60)
  })

  it('H2 read a handshake with and without its last byte', () => {
    const value = { protocolVersion: 0, timeOut: 1, sessionId: 2n, passwd: null }
    const short = encoded(layouts.ConnectResponseLayout, { ...value, readOnly: undefined })
    const full = encoded(layouts.ConnectResponseLayout, { ...value, readOnly: false })
    expect([short.length, full.length]).to.deep.equal([20, 21])
    expect(layouts.ConnectResponseLayout.decode(short)).to.deep.equal({ ...value, readOnly: undefined })
    expect(layouts.ConnectResponseLayout.decode(full)).to.deep.equal({ ...value, readOnly: false })
    expect(layouts.ConnectResponseLayout.getSpan(short)).to.equal(20)
  })
})

describe('layouts beside those of buffer-layout', () => {
  const VALUE = { tag: 7, acl: { perms: 31, id: { scheme: 'world', id: 'anyone' } }, end: 513 }
  const BYTES = hex('07 0000001f 00000005 776f726c64 00000006 616e796f6e65 0201')

  it('are fields of a struct', () => {
    const mixed = struct([u8('tag'), layouts.ACLLayout.replicate('acl'), u16be('end')])
    expect(mixed.decode(BYTES)).to.deep.equal(VALUE)
    expect(mixed.getSpan(BYTES)).to.equal(BYTES.length)
    const out = Buffer.alloc(BYTES.length)
    expect(mixed.encode(VALUE, out)).to.equal(BYTES.length)
    expect(out).to.deep.equal(BYTES)
  })

  it('take its layouts as fields and as elements', () => {
    const mixed = layouts.record('Mixed', [u8('tag'), layouts.ACLLayout.replicate('acl'), u16be('end')])
    expect(mixed.decode(BYTES)).to.deep.equal(VALUE)
    expect(encoded(mixed, VALUE)).to.deep.equal(BYTES)
    const list = layouts.vector(u16be())
    expect(list.decode(hex('00000002 0001 0002'))).to.deep.equal([1, 2])
    expectJuteError(() => list.decode(hex('00000003 0001 0002')), 'BAD_LENGTH')
    expect(layouts.vector(cstr()).decode(hex('00000002 6100 626300'))).to.deep.equal(['a', 'bc'])
  })

  it('keep everything under another name', () => {
    const renamed = layouts.AuthPacketLayout.replicate('packet')
    expect(renamed.property).to.equal('packet')
    expect(layouts.AuthPacketLayout.property).to.equal(undefined)
    expect(renamed.secrets).to.deep.equal(['auth'])
    const multi = layouts.MultiRequestLayout.replicate('multi')
    const bytes = encoded(layouts.MultiRequestLayout, {
      operations: [{ type: 2, request: { path: '/', version: 1 } }],
    })
    expect(struct([u8('tag'), multi]).decode(Buffer.concat([Buffer.of(1), bytes]))).to.deep.equal({
      tag: 1,
      multi: { operations: [{ type: 2, request: { path: '/', version: 1 } }] },
    })
  })
})

describe('the layouts of multi', () => {
  it('say UNKNOWN_TYPE for a type that no multi has, in and out', () => {
    const bytes = hex('00000003 00 ffffffff')
    expectJuteError(() => layouts.MultiRequestLayout.decode(bytes), 'UNKNOWN_TYPE', 0)
    expectJuteError(() => layouts.MultiResponseLayout.getSpan(bytes), 'UNKNOWN_TYPE', 0)
    const value = { operations: [{ type: 3, request: { path: '/', watch: false } }] } as never
    expectJuteError(() => layouts.MultiRequestLayout.encode(value, Buffer.alloc(99)), 'UNKNOWN_TYPE')
  })

  it('S6 end where the bytes end, with or without an end header', () => {
    const endless = Buffer.concat(Array.from({ length: 1000 }, () => hex('00000002 00 00000000')))
    expectJuteError(() => layouts.MultiResponseLayout.decode(endless), 'TRUNCATED', 9000)
    expectJuteError(() => layouts.MultiResponseLayout.decode(endless.subarray(0, 100)), 'TRUNCATED')
  })
})
