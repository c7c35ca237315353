import { expect } from 'chai'
import {
  errorTable,
  op,
  Reader,
  readConnectResponse,
  readReplyHeader,
  readStat,
  readWatcherEvent,
  type Stat,
  writeConnectRequest,
  writeStat,
} from '../src/index.ts'
import { expectJuteError, hex, written } from './support/bytes.ts'

describe('the generated codecs', () => {
  it('F4 leave bytes alone that follow a record', () => {
    const reader = new Reader(hex('00000001 61 deadbeef'))
    expect(op.create.readResponse(reader)).to.deep.equal({ path: 'a' })
    expect(reader.remaining).to.equal(4)
  })

  it('F3 say TRUNCATED for a Stat that lacks its last byte', () => {
    expectJuteError(() => readStat(new Reader(Buffer.alloc(67))), 'TRUNCATED', 0)
  })

  it('F5 refuse a vector of records whose count the bytes cannot hold', () => {
    const acl = hex('00000002 0000001f 00000000 00000000 000000')
    expectJuteError(() => op.getACL.readResponse(new Reader(acl)), 'BAD_LENGTH', 0)
    expectJuteError(() => op.getACL.readResponse(new Reader(hex('ffffffff'))), 'UNEXPECTED_NULL', 0)
    const request = hex('00000001 2f ffffffff ffffffff 00000000')
    expect(op.create.readRequest(new Reader(request))).to.deep.equal({
      path: '/',
      data: null,
      acl: null,
      flags: 0,
    })
  })

  it('F6 keep null data and empty data apart', () => {
    for (const data of [null, Buffer.alloc(0)]) {
      const bytes = written(w => op.setData.writeRequest(w, { path: '/', data, version: -1 }))
      expect(op.setData.readRequest(new Reader(bytes)).data).to.deep.equal(data)
    }
  })

  it('F7 keep every bit of session ids and zxids, and times as numbers', () => {
    const stat: Stat = {
      czxid: 2n ** 53n + 1n,
      mzxid: 2n ** 63n - 1n,
      ctime: 1_700_000_000_001,
      mtime: -1,
      version: -1,
      cversion: 2 ** 31 - 1,
      aversion: -(2 ** 31),
      ephemeralOwner: -(2n ** 63n) + 1n,
      dataLength: 1,
      numChildren: 2,
      pzxid: 0x1_0000_0000n,
    }
    expect(readStat(new Reader(written(w => writeStat(w, stat))))).to.deep.equal(stat)
    const response = hex('00000000 00002710 80000000000000ff ffffffff')
    expect(readConnectResponse(new Reader(response)).sessionId).to.equal(-(2n ** 63n) + 255n)
  })

  it('H2 read a handshake with and without its last byte', () => {
    const short = hex('00000000 00002710 0000000000000001 00000000')
    expect(readConnectResponse(new Reader(short)).readOnly).to.equal(undefined)
    expect(readConnectResponse(new Reader(Buffer.concat([short, hex('01')]))).readOnly).to.equal(true)
  })

  it('H1 write the handshake of a new session as 45 bytes, and as 44 without the last one', () => {
    const request = {
      protocolVersion: 0,
      lastZxidSeen: 0n,
      timeOut: 10_000,
      sessionId: 0n,
      passwd: Buffer.alloc(16),
    }
    expect(written(w => writeConnectRequest(w, { ...request, readOnly: false }))).to.have.length(45)
    expect(written(w => writeConnectRequest(w, request))).to.have.length(44)
  })

  it('keep unknown error codes and event types as numbers', () => {
    const header = readReplyHeader(new Reader(hex('00000001 0000000000000000 ffffff0b')))
    expect(header.err).to.equal(-245)
    expect(errorTable.some(row => row.number === -245)).to.equal(false)
    const event = readWatcherEvent(new Reader(hex('0000004d 00000063 00000001 2f')))
    expect(event).to.deep.equal({ type: 77, state: 99, path: '/' })
  })

  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    it(`S4 take ${name} for a child and a path like any other`, () => {
      const children = [name, 'a', name]
      const bytes = written(w => op.getChildren.writeResponse(w, { children }))
      const read = op.getChildren.readResponse(new Reader(bytes))
      expect(read.children).to.deep.equal(children)
      expect(Object.getPrototypeOf(read)).to.equal(Object.prototype)
      const path = written(w => op.create.writeResponse(w, { path: `/${name}` }))
      expect(op.create.readResponse(new Reader(path)).path).to.equal(`/${name}`)
      expect(Object.keys(Object.prototype)).to.deep.equal([])
    })
  }
})
