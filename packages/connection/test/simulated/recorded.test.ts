import { op, Reader, Xid } from '@zookit/jute'
import { loadWireFixtures } from '@zookit/test-fixtures/wire'
import { expect } from 'chai'
import { type Received, Subject } from '../support/simulation.ts'

const { calls, streams } = loadWireFixtures()
const [stream] = streams
const byCode = new Map(op.operations.map(operation => [operation.code, operation]))

interface Recorded {
  xid: number
  code: number
  body: Buffer
}

const xidOf = (frame: Buffer): number => frame.readInt32BE(4)
const fromClient = stream!.frames.filter(({ from }) => from === 'client').map(({ bytes }) => bytes)
const fromServer = stream!.frames.filter(({ from }) => from === 'server').map(({ bytes }) => bytes)
const requests: Recorded[] = fromClient
  .slice(1)
  .map(bytes => ({ xid: xidOf(bytes), code: bytes.readInt32BE(8), body: bytes.subarray(12) }))
  .filter(({ xid }) => xid > 0)
const [handshake, ...answers] = fromServer
const authAnswer = answers.find(bytes => xidOf(bytes) === Xid.auth)!
const rest = answers.filter(bytes => bytes !== authAnswer)

/** Returns the events and replies of a user, in the server's order. */
const told = rest
  .map(xidOf)
  .filter(xid => xid > 0 || xid === Xid.notification)
  .map(xid => (xid > 0 ? `reply ${xid}` : 'event'))

/** Does again what the recorded client did, and has the recorded server's bytes come in pieces of one size. */
async function replay(size: number): Promise<{ order: string[]; sent: Received[]; subject: Subject }> {
  const subject = new Subject({ servers: [{ host: '127.0.0.1', port: 1 }], sessionTimeout: 1000 })
  const { world, session } = subject
  const order: string[] = []
  const sent: Received[] = []
  world.onConnect = peer => {
    peer.alive = false
    peer.onFrame = frame => sent.push(frame) > 0
    peer.accept()
  }
  const deliver = async (bytes: Buffer): Promise<void> => {
    for (let at = 0; at < bytes.length; at += size) world.peer.send(bytes.subarray(at, at + size))
    await new Promise(resolve => setImmediate(resolve))
    await world.settle()
  }
  void session.addAuth('digest', Buffer.from('alice:secret'))
  const watcher = (): void => void order.push('event')
  const done = requests.slice(0, -1).map(({ xid, code, body }) => {
    const operation = byCode.get(code)!
    const record = operation.readRequest(new Reader(body)) as { watch?: boolean }
    return session.request(operation, record, record.watch ? { watcher } : {}).then(
      () => order.push(`reply ${xid}`),
      () => order.push(`reply ${xid}`),
    )
  })
  await world.settle()
  await deliver(handshake!)
  await deliver(authAnswer)
  const closed = session.close().then(() => order.push(`reply ${requests.at(-1)!.xid}`))
  await world.settle()
  await deliver(Buffer.concat(rest))
  await Promise.all([...done, closed])
  return { order, sent, subject }
}

describe('A connection recorded from a real server', () => {
  for (const size of [1, 2, 3, 5, 7, 16, 23, 64, 250, 1000, 1_000_000]) {
    it(`F1 is the same when it comes in pieces of ${size} bytes: requests, replies, events, in order`, async () => {
      const { order, sent, subject } = await replay(size)
      expect(sent.filter(({ xid }) => xid > 0)).to.deep.equal(requests)
      expect(order).to.deep.equal(told)
      expect(String(subject.session.id)).to.equal(stream!.expect.sessionId)
      expect(subject.states).to.deep.equal(['connected', 'closed'])
      expect([subject.world.timers.size, subject.world.open_]).to.deep.equal([0, 0])
    })
  }
})

describe('Recorded replies', () => {
  it('F1 reach their callers though each byte comes in a read of its own', async () => {
    const numbered = calls.filter(({ operation, expect: outcome }) => {
      const known = op.operations.find(({ name }) => name === operation)
      return outcome?.xid !== undefined && outcome.xid > 0 && known?.xid === 0 && operation !== 'closeSession'
    })
    expect(numbered.length).to.be.greaterThan(60)
    for (const { name, opcode, request, reply, expect: outcome } of numbered) {
      const subject = await new Subject({ renew: false }).connected()
      const { session, world } = subject
      const row = byCode.get(opcode)!
      const body = row.readRequest(new Reader(request.subarray(8)))
      const asked = session.send(row, body, undefined).then(
        result => ({ err: 0, result }),
        (error: { errno: number }) => ({ err: error.errno, result: null }),
      )
      await world.settle()
      expect(world.peer.requests[0]!.body.toString('hex'), name).to.equal(request.toString('hex', 8))
      const frame = Buffer.concat([Buffer.alloc(4), reply!])
      frame.writeInt32BE(reply!.length)
      frame.writeInt32BE(1, 4)
      for (const byte of frame) world.peer.send(Buffer.of(byte))
      const { err, result } = await asked
      const isAnswer = outcome!.err !== 0 && outcome!.err === row.noneOn
      expect(err, name).to.equal(isAnswer ? 0 : outcome!.err)
      if (outcome!.err === 0 && outcome!.response) {
        expect(result, name).to.deep.equal(row.readResponse(new Reader(reply!.subarray(16))))
      }
      await session.close()
    }
  })
})
