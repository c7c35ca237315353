import { Writer } from '@zookit/jute'
import { expect } from 'chai'
import { recordsOf } from '../../src/real/truth/txn-log.ts'
import { readTransaction, zxidOf } from '../../src/real/truth/txn-record.ts'
import { create, remove, SESSION, TIME, transaction } from './support/transactions.ts'

/** Makes a file of the log, as long as a server makes it beforehand. */
function file(records: readonly Buffer[], torn: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(16)
  head.write('ZKLG', 'latin1')
  const framed = records.map(record => {
    const before = Buffer.alloc(12)
    before.writeInt32BE(record.length, 8)
    return Buffer.concat([before, record, Buffer.from('B')])
  })
  return Buffer.concat([head, ...framed, torn, Buffer.alloc(100)])
}

describe("A member's log of transactions", () => {
  const made = transaction(5n, 1, create('/a', true))

  it('has its transactions up to the empty end of the file', () => {
    const gone = transaction(6n, 2, remove('/a'))
    expect([...recordsOf(file([made, gone]))].map(zxidOf)).to.deep.equal([5, 6])
  })

  it('ends where a transaction is torn, and is empty where it is none', () => {
    const torn = file([made]).subarray(16, 16 + 12 + 8)
    expect([...recordsOf(file([made], torn))]).to.have.lengthOf(1)
    expect([...recordsOf(Buffer.alloc(200))]).to.deep.equal([])
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
