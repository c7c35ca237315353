import { expect } from 'chai'
import {
  JuteError,
  type MultiRequest,
  type MultiResult,
  op,
  Reader,
  readSameResults,
  type Stat,
  writeSameReads,
} from '../src/index.ts'
import { expectJuteError, hex, written } from './support/bytes.ts'

const END = 'ffffffff 01 ffffffff'

const STAT: Stat = {
  czxid: 1n,
  mzxid: 2n,
  ctime: 3,
  mtime: 4,
  version: 5,
  cversion: 6,
  aversion: 7,
  ephemeralOwner: 8n,
  dataLength: 9,
  numChildren: 10,
  pzxid: 11n,
}

describe('a multi', () => {
  it('is a header before each operation, and one that says done', () => {
    const request: MultiRequest = {
      operations: [
        { type: 13, request: { path: '/a', version: 1 } },
        { type: 2, request: { path: '/b', version: -1 } },
      ],
    }
    const bytes = hex(
      `0000000d 00 ffffffff 00000002 2f61 00000001 00000002 00 ffffffff 00000002 2f62 ffffffff ${END}`,
    )
    expect(written(w => op.multi.writeRequest(w, request))).to.deep.equal(bytes)
    expect(op.multi.readRequest(new Reader(bytes))).to.deep.equal(request)
  })

  it('can be empty', () => {
    expect(written(w => op.multi.writeRequest(w, { operations: [] }))).to.deep.equal(hex(END))
    expect(op.multi.readResponse(new Reader(hex(END)))).to.deep.equal({ results: [] })
  })

  it('has results with and without a body', () => {
    const results: MultiResult[] = [
      { type: 1, response: { path: '/a' } },
      { type: 2, response: null },
      { type: 13, response: null },
      { type: 5, response: { stat: STAT } },
      { type: 15, response: { path: '/b', stat: STAT } },
      { type: 4, response: { data: null, stat: STAT } },
      { type: 8, response: { children: ['x'] } },
      { type: -1, err: -101 },
    ]
    const bytes = written(w => op.multi.writeResponse(w, { results }))
    const reader = new Reader(bytes)
    expect(op.multi.readResponse(reader)).to.deep.equal({ results })
    expect(reader.remaining).to.equal(0)
  })

  it('of reads of one type has the same bytes, without an object for each', () => {
    const paths = ['/a', '/ü', '/']
    for (const type of [4, 8] as const) {
      const operations = paths.map(path => ({ type, request: { path, watch: false } }))
      const bytes = written(w => op.multiRead.writeRequest(w, { operations }))
      expect(written(w => writeSameReads(w, type, paths))).to.deep.equal(bytes)
    }
    const found = { data: Buffer.from('x'), stat: STAT }
    const results: MultiResult[] = [
      { type: 4, response: found },
      { type: -1, err: -101 },
      { type: 4, response: { data: null, stat: STAT } },
    ]
    const reply = written(w => op.multiRead.writeResponse(w, { results }))
    const reader = new Reader(reply)
    expect(readSameResults(reader, 4, op.getData.readResponse)).to.deep.equal([
      found,
      -101,
      { data: null, stat: STAT },
    ])
    expect(reader.remaining).to.equal(0)
    for (let end = 0; end < reply.length; end++) {
      const cut = new Reader(reply.subarray(0, end))
      expect(() => readSameResults(cut, 4, op.getData.readResponse)).to.throw(JuteError)
    }
    const other = () => readSameResults(new Reader(reply), 8, op.getChildren.readResponse)
    expectJuteError(other, 'UNKNOWN_TYPE', 0)
  })

  it('carries the error of each operation twice, and an error that nobody knows as its number', () => {
    const bytes = hex(
      `ffffffff 00 00000000 00000000 ffffffff 00 ffffff0b ffffff0b ffffffff 00 fffffffe fffffffe ${END}`,
    )
    const results: MultiResult[] = [
      { type: -1, err: 0 },
      { type: -1, err: -245 },
      { type: -1, err: -2 },
    ]
    expect(op.multi.readResponse(new Reader(bytes))).to.deep.equal({ results })
    expect(written(w => op.multi.writeResponse(w, { results }))).to.deep.equal(bytes)
  })

  it('stops at the header that says done, whatever its type', () => {
    const reader = new Reader(hex('00000002 01 00000000 deadbeef'))
    expect(op.multi.readResponse(reader)).to.deep.equal({ results: [] })
    expect(reader.remaining).to.equal(4)
  })

  it('says UNKNOWN_TYPE for a type that it cannot have, where its header begins', () => {
    const request = hex('00000002 00 ffffffff 00000001 2f 00000000 00000003 00 ffffffff')
    expectJuteError(() => op.multi.readRequest(new Reader(request)), 'UNKNOWN_TYPE', 18)
    expectJuteError(() => op.multi.readResponse(new Reader(hex('00000013 00 00000000'))), 'UNKNOWN_TYPE', 0)
  })

  it('S6 ends with its frame where the end header is missing', () => {
    const endless = Buffer.concat(Array.from({ length: 10_000 }, () => hex('00000002 00 00000000')))
    expectJuteError(() => op.multi.readResponse(new Reader(endless)), 'TRUNCATED', 90_000)
  })
})
