import { OpCode, op } from '@zookit/jute'
import { expect } from 'chai'
import { type ServerVersion, TestServer } from '../src/index.ts'
import { headerOnlyHandlers, readHandlers } from '../src/operations/reads.ts'
import { writeHandlers } from '../src/operations/write-handlers.ts'
import { RawClient } from './support/raw-client.ts'

const UNIMPLEMENTED = -6

/** Returns a request without a body: a server that has the operation answers, if only that the body is missing. */
function withoutBody(xid: number, opcode: number): Buffer {
  const frame = Buffer.alloc(12)
  frame.writeInt32BE(8)
  frame.writeInt32BE(xid, 4)
  frame.writeInt32BE(opcode, 8)
  return frame
}

/** Sends an operation to a server of a release. @returns the error number of the answer; null for a closed connection. */
async function answerTo(opcode: number, version: ServerVersion): Promise<number | null> {
  await using server = await TestServer.start({ version })
  using client = await RawClient.open(server)
  client.send(withoutBody(1, opcode))
  // An `auth` or `sasl` without a body has no answer: the connection closes.
  await Promise.race([client.closed, client.until(() => client.answers.length > 0).catch(() => {})])
  return client.answers[0]?.err ?? null
}

describe('The operations of the in-memory server', () => {
  it('are those of the table, each from the release on in which it came', async () => {
    const missing: string[] = []
    for (const { name, code, since } of op.operations) {
      const err = await answerTo(code, since as ServerVersion)
      if (err === UNIMPLEMENTED) missing.push(`${name} (opcode ${code})`)
    }
    const places = 'packages/testing/src/operations/reads.ts (reads) or operations/writes.ts (writes)'
    expect(
      missing,
      `operations of protocol-spec/operations.json without a handler in ${places}`,
    ).to.deep.equal([])
  })

  it('are answered UNIMPLEMENTED where the table has them and the server does not, and the server goes on', async () => {
    const tables = [
      [readHandlers, OpCode.getACL],
      [headerOnlyHandlers, OpCode.checkWatches],
      [writeHandlers, OpCode.setACL],
    ] as const
    for (const [handlers, opcode] of tables) {
      const handler = handlers[opcode]
      handlers[opcode] = undefined
      try {
        await using server = await TestServer.start()
        using client = await RawClient.open(server)
        client.send(withoutBody(1, opcode))
        await client.closed
        expect(client.answers, `opcode ${opcode}`).to.have.lengthOf(1)
        expect(client.answers[0]).to.include({ xid: 1, err: UNIMPLEMENTED })
        using other = await RawClient.open(server)
        expect((await other.ask(op.ping, null)).err).to.equal(0)
      } finally {
        handlers[opcode] = handler as never
      }
    }
  })
})
