import { Writer } from '@zookit/jute'
import { expect } from 'chai'
import { adler32, recordsOf, tornAt } from '../../src/real/truth/txn-log.ts'
import { readTransaction, zxidOf } from '../../src/real/truth/txn-record.ts'
import { logFileOf } from './support/log-file.ts'
import { create, remove, SESSION, TIME, transaction } from './support/transactions.ts'

/** The sum by its definition, taken after each byte. */
function adlerBySteps(bytes: Uint8Array): number {
  let [low, high] = [1, 0]
  for (const byte of bytes) {
    low = (low + byte) % 65_521
    high = (high + low) % 65_521
  }
  return high * 65_536 + low
}

describe("A member's log of transactions", () => {
  const made = transaction(5n, 1, create('/a', true))

  it('has its transactions up to the empty end of the file', () => {
    const gone = transaction(6n, 2, remove('/a'))
    expect([...recordsOf(logFileOf([made, gone]))].map(zxidOf)).to.deep.equal([5, 6])
  })

  it('ends where a transaction is torn, and is empty where the file is not a log', () => {
    const torn = logFileOf([made]).subarray(16, 16 + 12 + 8)
    expect([...recordsOf(logFileOf([made], torn))]).to.have.lengthOf(1)
    expect([...recordsOf(Buffer.alloc(200))]).to.deep.equal([])
  })

  it('ends where the bytes of a transaction were written over', () => {
    const bytes = logFileOf([made, made])
    bytes[bytes.length - 120]! ^= 1
    expect([...recordsOf(bytes)]).to.have.lengthOf(1)
  })

  it('is to be cut where a transaction is torn, and nowhere else', () => {
    const whole = logFileOf([made])
    const torn = whole.subarray(16, 16 + 12 + 8)
    expect(tornAt(whole)).to.equal(null)
    expect(tornAt(Buffer.alloc(200))).to.equal(null)
    expect(tornAt(logFileOf([made], Buffer.concat([torn, whole.subarray(16)])))).to.equal(whole.length - 100)
  })

  it('has the sums of a known text', () => {
    expect(adler32(Buffer.from('Wikipedia'))).to.equal(0x11e60398)
    expect(adler32(Buffer.alloc(100_000, 255))).to.equal(adlerBySteps(Buffer.alloc(100_000, 255)))
  })

  it('tells of a create, with the owner of an ephemeral', () => {
    const { type, time, sessionId, changes } = readTransaction(made)
    expect({ type, time, sessionId }).to.deep.equal({ type: 'write', time: TIME, sessionId: SESSION })
    expect(changes).to.deep.equal([{ type: 'create', path: '/a', data: Buffer.from('x'), owner: SESSION }])
    const [lasting] = readTransaction(transaction(5n, 1, create('/a', false))).changes
    expect(lasting).to.include({ owner: 0n })
  })

  describe('of a multi', () => {
    const part = (kind: number, body: (writer: Writer) => void) => (writer: Writer) => {
      const inner = new Writer()
      body(inner)
      writer.int(kind)
      writer.buffer(Buffer.from(inner.written()))
    }
    const multi = (...parts: readonly ((writer: Writer) => void)[]): Buffer =>
      transaction(8n, 14, writer => {
        writer.int(parts.length)
        for (const write of parts) write(writer)
      })

    it('tells of each part', () => {
      const bytes = multi(part(1, create('/a', false)), part(2, remove('/b')))
      expect(readTransaction(bytes).changes.map(({ type, path }) => [type, path])).to.deep.equal([
        ['create', '/a'],
        ['delete', '/b'],
      ])
    })

    it('tells of no change where a part has failed, though the parts before it are logged', () => {
      const failed = part(-1, inner => inner.int(-110))
      expect(readTransaction(multi(part(1, create('/a', false)), failed)).changes).to.deep.equal([])
    })
  })

  it('tells of the version that a write of data has made', () => {
    const bytes = transaction(6n, 5, writer => {
      writer.ustring('/a')
      writer.buffer(Buffer.from('x'))
      writer.int(3)
    })
    expect(readTransaction(bytes).changes).to.deep.equal([
      { type: 'setData', path: '/a', data: Buffer.from('x'), version: 3 },
    ])
  })

  it('tells of the ephemerals that went with a session', () => {
    const bytes = transaction(9n, -11, writer => {
      writer.int(2)
      for (const path of ['/a', '/b']) writer.ustring(path)
    })
    const { type, changes } = readTransaction(bytes)
    expect(type).to.equal('closeSession')
    expect(changes).to.deep.equal([
      { type: 'delete', path: '/a' },
      { type: 'delete', path: '/b' },
    ])
  })
})
