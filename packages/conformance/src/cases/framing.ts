import { ErrorNumber, op, writeExistsRequest, writeRequestHeader } from '@zookit/jute'
import type { ConformanceCase } from '../case.ts'
import { equal } from '../mismatch.ts'
import { frameOf, requestFrame } from '../raw-client.ts'

const { MARSHALLING_ERROR, UNIMPLEMENTED, NO_NODE } = ErrorNumber

/** Returns the bytes of an int32. */
function int(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

export const framing: readonly ConformanceCase[] = [
  {
    title: 'a request whose bytes come one by one is answered as one that comes whole',
    area: 'framing',
    reference: 'Apache ZooKeeper source: NIOServerCnxn.readPayload',
    covers: ['op:exists'],
    async run(t) {
      const client = await t.raw()
      for (const byte of requestFrame(op.exists, { path: '/', watch: false }, 7)) client.send(Buffer.of(byte))
      equal((await client.reply(7)).err, 0, 'the error number')
    },
  },
  {
    title: 'requests that come in one segment are all answered, in their order',
    area: 'framing',
    reference: "Programmer's Guide: Consistency Guarantees",
    covers: ['op:exists'],
    async run(t) {
      const client = await t.raw()
      const frames = [1, 2, 3, 4, 5].map(xid => requestFrame(op.exists, { path: '/', watch: false }, xid))
      client.send(Buffer.concat(frames))
      await client.reply(5)
      equal(
        client.answers.map(({ xid }) => xid),
        [1, 2, 3, 4, 5],
        'the xids',
      )
    },
  },
  {
    title: 'a frame of a negative length ends the connection without an answer',
    area: 'framing',
    reference: 'Apache ZooKeeper source: NIOServerCnxn.readLength',
    covers: [],
    async run(t) {
      const client = await t.raw()
      client.send(int(-1))
      await client.ended()
      equal(client.frames, [], 'what was said')
    },
  },
  {
    title: 'a frame longer than any jute.maxbuffer ends the connection without an answer',
    area: 'framing',
    reference: 'Apache ZooKeeper source: NIOServerCnxn.readLength',
    covers: [],
    async run(t) {
      const client = await t.raw()
      client.send(int(0x7fff_ffff))
      await client.ended()
      equal(client.frames, [], 'what was said')
    },
  },
  {
    title: 'a frame too short for a header ends the connection',
    area: 'framing',
    reference: 'Apache ZooKeeper source: ZooKeeperServer.processPacket',
    covers: [],
    async run(t) {
      const client = await t.raw()
      client.send(Buffer.concat([int(2), Buffer.alloc(2)]))
      await client.ended()
    },
  },
  {
    title: 'bytes after the body of a request are ignored',
    area: 'framing',
    reference: 'Apache ZooKeeper source: ByteBufferInputStream.byteBuffer2Record',
    covers: ['op:exists'],
    async run(t) {
      const client = await t.raw()
      client.send(
        frameOf(writer => {
          writeRequestHeader(writer, { xid: 3, type: op.exists.code })
          writeExistsRequest(writer, { path: '/', watch: false })
          writer.int(12345)
        }),
      )
      equal((await client.reply(3)).err, 0, 'the error number')
    },
  },
  {
    title: 'a read whose body is cut off is refused with MARSHALLING_ERROR, and the connection goes on',
    area: 'framing',
    reference: 'Apache ZooKeeper source: FinalRequestProcessor',
    covers: ['error:MARSHALLING_ERROR'],
    async run(t) {
      const client = await t.raw()
      client.send(frameOf(writer => writeRequestHeader(writer, { xid: 4, type: op.getData.code })))
      const answer = await client.reply(4)
      equal(
        [answer.err, answer.bytes.length],
        [MARSHALLING_ERROR, 0],
        'the error number and the length of the body',
      )
      await client.settle()
    },
  },
  {
    title: 'a write whose body is cut off is refused with MARSHALLING_ERROR, and the connection goes on',
    area: 'framing',
    reference: 'Apache ZooKeeper source: PrepRequestProcessor.pRequest',
    danger: 'it stops ensembles of 3.9.3 and 3.9.5 permanently',
    covers: ['error:MARSHALLING_ERROR'],
    async run(t) {
      const client = await t.raw()
      client.send(frameOf(writer => writeRequestHeader(writer, { xid: 4, type: op.create.code })))
      equal((await client.reply(4)).err, MARSHALLING_ERROR, 'the error number')
      await client.settle()
    },
  },
  {
    title: 'an opcode that no release knows is refused with UNIMPLEMENTED, and then the connection ends',
    area: 'framing',
    reference: 'Apache ZooKeeper source: UnimplementedRequestProcessor',
    since: ['3.5'],
    covers: ['error:UNIMPLEMENTED'],
    async run(t) {
      const client = await t.raw()
      const answer = await client.ask({ code: 1234, xid: 0, writeRequest: () => {} }, null)
      equal(answer.err, UNIMPLEMENTED, 'the error number')
      await client.ended()
    },
  },
  {
    title: 'the session outlives the connection that an unknown opcode has ended',
    area: 'framing',
    reference: 'Apache ZooKeeper source: UnimplementedRequestProcessor',
    since: ['3.5'],
    covers: [],
    async run(t) {
      const client = await t.raw()
      client.post({ code: 1234, xid: 0, writeRequest: () => {} }, null)
      await client.ended()
      const again = await t.raw({ sessionId: client.sessionId, passwd: client.password })
      equal(again.sessionId, client.sessionId, 'the session')
    },
  },
  {
    title: 'the removed opcode 10 is unknown',
    area: 'framing',
    reference: 'Apache ZooKeeper source: ZooDefs.OpCode',
    since: ['3.5'],
    covers: ['error:UNIMPLEMENTED'],
    async run(t) {
      const client = await t.raw()
      const answer = await client.ask({ code: 10, xid: 0, writeRequest: () => {} }, null)
      equal(answer.err, UNIMPLEMENTED, 'the error number')
    },
  },
  {
    title: 'a reply to an error carries no body',
    area: 'framing',
    reference: 'Apache ZooKeeper source: NIOServerCnxn.sendResponse',
    covers: ['error:NO_NODE'],
    async run(t) {
      const client = await t.raw()
      const answer = await client.ask(op.getData, { path: t.path('none'), watch: false })
      equal([answer.err, answer.bytes.length], [NO_NODE, 0], 'the error number and the length of the body')
    },
  },
  {
    title: 'a request may carry any positive xid, and the reply carries it back',
    area: 'framing',
    reference: 'Apache ZooKeeper source: ReplyHeader',
    covers: [],
    async run(t) {
      const client = await t.raw()
      for (const xid of [0x7fff_ffff, 1, 0x7fff_0000]) {
        equal((await client.ask(op.exists, { path: '/', watch: false }, xid)).xid, xid, 'the xid')
      }
    },
  },
]
