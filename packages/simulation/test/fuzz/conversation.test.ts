import { ZooKeeperError } from '@zookit/client'
import {
  ErrorNumber,
  op,
  Writer,
  writeConnectRequest,
  writeReplyHeader,
  writeRequestHeader,
} from '@zookit/jute'
import { expect } from 'chai'
import { Call, Conversation } from '../../src/fuzz/client/conversation.ts'

/** Makes a frame of what `write` writes. */
function frame(write: (writer: Writer) => void): Buffer {
  const writer = new Writer(64)
  write(writer)
  const body = writer.written()
  const bytes = Buffer.alloc(body.length + 4)
  bytes.writeInt32BE(body.length)
  bytes.set(body, 4)
  return bytes
}

const requestOf = (xid: number): Buffer =>
  frame(writer => {
    writeRequestHeader(writer, { xid, type: op.getData.code })
    op.getData.writeRequest(writer, { path: '/a', watch: false })
  })

const replyTo = (xid: number, err: number): Buffer =>
  frame(writer => writeReplyHeader(writer, { xid, zxid: 1n, err }))

/** Starts a conversation over a socket, after its handshake. @returns it, and the calls of getData that its client makes. */
function afterHandshake(count: number): [Conversation, Call[]] {
  const lacking = new Set<number>()
  const calls = Array.from({ length: count }, () => new Call(op.getData, true, lacking))
  const conversation = new Conversation([...calls], lacking, 1024, true)
  const passwd = Buffer.alloc(16)
  const hello = { protocolVersion: 0, lastZxidSeen: 0n, timeOut: 1, sessionId: 0n, passwd, readOnly: false }
  conversation.read(frame(writer => writeConnectRequest(writer, hello)))
  conversation.follow(frame(writer => writer.buffer(Buffer.alloc(16))))
  return [conversation, calls]
}

/** Makes the error of a reply with the number 77. */
const refusal = (): ZooKeeperError => new ZooKeeperError('UNKNOWN', { operation: 'getData', errno: 77 })

describe('The hostile server of the fuzzer, over a socket', () => {
  it('finds a refusal that it has not sent', () => {
    const [conversation, [call]] = afterHandshake(1)
    conversation.read(requestOf(1))
    expect(() => call!.onError(refusal())).to.throw(/which the server did not answer/)
  })

  it('knows that the client may read on behind the answer to a request that is still on its way', () => {
    const [conversation, [first, second]] = afterHandshake(2)
    conversation.read(requestOf(1))
    conversation.follow(replyTo(2, ErrorNumber.UNIMPLEMENTED))
    conversation.follow(replyTo(1, 77))
    conversation.settles(first!)
    first!.onError(refusal())
    conversation.read(requestOf(2))
    conversation.settles(second!)
    second!.onError(refusal())
  })

  it('knows that a request may never come that it has answered on its way', () => {
    const [conversation, [call]] = afterHandshake(1)
    conversation.follow(replyTo(1, 77))
    conversation.settles(call!)
    call!.onError(refusal())
  })

  it('knows that the requests on their way are lost with the connection', () => {
    const [conversation, [first, second]] = afterHandshake(2)
    conversation.follow(frame(writer => writer.boolean(true)))
    conversation.settles(first!)
    first!.onError(new ZooKeeperError('CONNECTION_LOSS'))
    conversation.read(requestOf(1))
    expect([first!.xid, second!.xid]).to.deep.equal([0, 0])
  })

  it('takes a request that comes after its answer for that of its own call', () => {
    const [conversation, [first, second]] = afterHandshake(2)
    conversation.follow(replyTo(1, 77))
    conversation.settles(first!)
    first!.onError(refusal())
    conversation.read(requestOf(1))
    expect([first!.xid, second!.xid]).to.deep.equal([0, 0])
    conversation.read(requestOf(2))
    expect(second!.xid).to.equal(2)
  })
})
