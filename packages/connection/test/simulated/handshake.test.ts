import { op, Writer, writeConnectResponse } from '@zookit/jute'
import { expect } from 'chai'
import { replyFrame } from '../support/frames.ts'
import {
  closeUnanswered,
  outcomeOf,
  type Peer,
  Simulation,
  Subject,
  staySilent,
} from '../support/simulation.ts'

/** Returns a ConnectResponse, by default as servers before 3.4 send it: without the readOnly byte. */
function connectResponse(fields: { timeOut?: number; sessionId?: bigint; readOnly?: boolean } = {}): Buffer {
  const { timeOut = 6000, sessionId = 0x1234n, readOnly } = fields
  const writer = new Writer().int(0)
  const passwd = Buffer.alloc(16, 7)
  writeConnectResponse(writer, {
    protocolVersion: 0,
    timeOut,
    sessionId,
    passwd,
    ...(readOnly !== undefined && { readOnly }),
  })
  const frame = Buffer.from(writer.written())
  frame.writeInt32BE(frame.length - 4)
  return frame
}

/** Returns a server that answers a handshake with these bytes, in as many reads. */
function answering(...pieces: Buffer[]): (peer: Peer) => void {
  return peer => {
    peer.alive = false
    peer.accept()
    peer.send(...pieces)
  }
}

const abc = ['a', 'b', 'c'].map((host, i) => ({ host, port: i + 1 }))

describe('A handshake', () => {
  it('H2 is answered without the readOnly byte by one server and with it by the next', async () => {
    const world = new Simulation()
    const old = connectResponse()
    expect(old).to.have.lengthOf(4 + 36)
    world.onConnect = answering(old)
    const subject = await new Subject({}, world).connected()
    world.onConnect = answering(connectResponse({ readOnly: false }))
    world.peer.close()
    await world.advance(300)
    expect(subject.session.state).to.equal('connected')
    world.onConnect = answering(old)
    world.peer.close()
    await world.advance(300)
    expect(subject.states.slice(-2)).to.deep.equal(['suspended', 'connected'])
  })

  it('F1 may be answered in pieces of any size', async () => {
    const reply = connectResponse({ readOnly: false })
    for (let size = 1; size <= reply.length; size++) {
      const world = new Simulation()
      const pieces = Array.from({ length: Math.ceil(reply.length / size) }, (_, i) =>
        reply.subarray(i * size, (i + 1) * size),
      )
      world.onConnect = answering(...pieces)
      const subject = new Subject({}, world)
      for (const _ of pieces) await new Promise(resolve => setImmediate(resolve))
      await subject.connected()
      expect(subject.session.id).to.equal(0x1234n)
    }
  })

  it('F2 H9 is refused by bytes that are no handshake: an answer of HTTP, garbage, a frame too long or too short', async () => {
    const long = Buffer.alloc(4 + 1025)
    long.writeInt32BE(1025)
    for (const bytes of [
      Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'),
      Buffer.from([0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x46]),
      Buffer.alloc(64),
      Buffer.alloc(64, 0xff),
      long,
      Buffer.from([0, 0, 0, 4, 0, 0, 0, 0]),
    ]) {
      const subject = new Subject()
      const { world } = subject
      world.onConnect = answering(bytes)
      await world.settle()
      expect(subject.failures[0], bytes.toString('latin1', 0, 8)).to.include({
        code: 'HANDSHAKE_REFUSED',
        retryable: true,
      })
      expect(subject.failures[0]!.message).to.contain('a:1')
      expect(world.peer.closed).to.equal(true)
      expect(subject.states).to.deep.equal([])
      await subject.session.close()
      expect(world.timers.size).to.equal(0)
    }
  })

  it('O1 is told apart: a server without a quorum that makes no sessions, or none without readOnly', async () => {
    const bare = replyFrame(0, 0n, -119)
    const cases: [answer: Buffer, readOnly: boolean, told: string][] = [
      [bare, false, 'the server is read-only and makes no sessions (its local sessions are not enabled)'],
      [bare, true, 'the server is read-only and makes no sessions (its local sessions are not enabled)'],
      [connectResponse({ readOnly: true }), false, 'the session does not allow that (readOnly: false)'],
    ]
    for (const [answer, readOnly, told] of cases) {
      const subject = new Subject({ readOnly })
      const { world, session, failures } = subject
      world.onConnect = answering(answer)
      await world.settle()
      expect(failures[0]).to.include({ code: 'HANDSHAKE_REFUSED', retryable: true })
      expect(failures[0]!.message).to.contain('a:1').and.contain(told)
      expect(session.state).to.equal('connecting')
      await session.close()
    }
  })

  it('O1 is told apart: a server without a quorum that cannot resume the session', async () => {
    const { world, failures } = await new Subject({ readOnly: true }).connected().then(subject => {
      subject.world.onConnect = answering(connectResponse({ readOnly: true }))
      subject.world.peer.close()
      return subject
    })
    await world.advance(1000)
    expect(failures[0]!.message).to.contain('it takes this client when the session has expired')
  })

  it('F2 is not answered by what comes before it was sent', async () => {
    const subject = new Subject()
    const { world } = subject
    world.onConnect = peer => {
      peer.alive = false
      peer.send(connectResponse())
    }
    await world.settle()
    expect(subject.states).to.deep.equal([])
    expect(subject.failures[0]).to.include({ code: 'HANDSHAKE_REFUSED' })
  })

  it('H4 that is not answered is given up after the session timeout divided by the number of servers', async () => {
    const subject = new Subject({ servers: abc })
    const { world } = subject
    world.onConnect = staySilent
    await world.advance(1999)
    expect([world.peers.length, world.peer.closed]).to.deep.equal([1, false])
    await world.advance(1)
    expect(world.peer.closed).to.equal(true)
    expect(subject.failures[0]).to.include({ code: 'CONNECT_FAILED' })
    expect(subject.failures[0]!.message).to.match(/a:1.*2000 ms/)
    world.onConnect = peer => peer.accept()
    await world.advance(200)
    expect(subject.session.server).to.deep.equal(abc[1])
  })

  it('S3 that comes byte by byte is given up as if nothing came', async () => {
    const subject = new Subject({ servers: abc })
    const { world } = subject
    world.onConnect = staySilent
    const reply = connectResponse()
    for (let at = 0; at < 20; at++) {
      await world.advance(99)
      world.peer.send(reply.subarray(at, at + 1))
    }
    await world.advance(20)
    expect(world.peers[0]!.closed).to.equal(true)
    expect(subject.failures).to.have.lengthOf(1)
  })

  it('H3 that refuses new sessions again and again is tried again at a slower and slower pace', async () => {
    const subject = new Subject()
    const { world, states } = subject
    world.onConnect = answering(connectResponse({ timeOut: 0, sessionId: 0n }))
    await world.advance(60_000)
    expect(world.peers.length).to.be.within(12, 60)
    const pairs = Array.from({ length: states.length / 2 }, () => ['expired', 'connecting']).flat()
    expect(states).to.deep.equal(pairs)
    expect(states.length).to.equal(2 * world.peers.length)
  })

  it('H3 is expired by a negative timeout as well', async () => {
    const subject = new Subject({ renew: false })
    subject.world.onConnect = answering(connectResponse({ timeOut: -1 }))
    await subject.world.settle()
    expect(subject.states).to.deep.equal(['expired'])
    expect([subject.world.timers.size, subject.world.open_]).to.deep.equal([0, 0])
  })

  it('H5 that hands out another session ends the old one: its requests, watches and certainty', async () => {
    const subject = await new Subject().connected()
    const { world, session } = subject
    const events: string[] = []
    const armed = session.request(
      op.exists,
      { path: '/w', watch: true },
      { watcher: ({ type }) => events.push(type) },
    )
    await world.settle()
    world.peer.reply(1, -101)
    await armed
    world.onConnect = peer => {
      peer.sessionId = 0x9999n
      peer.accept()
    }
    world.peer.close()
    const queued = outcomeOf(subject.getData())
    await world.advance(1000)
    expect(await queued).to.include({ code: 'SESSION_EXPIRED', outcome: 'not-sent' })
    expect(events).to.deep.equal(['lost'])
    expect(subject.states).to.deep.equal(['connected', 'suspended', 'expired', 'connecting', 'connected'])
    // The session that was handed out unasked is not kept: a new one was asked for.
    expect(world.peers.at(-2)!.handshake).to.include({ sessionId: 0x1234n })
    expect(world.peer.handshake).to.include({ sessionId: 0n })
    expect(world.peers.at(-2)!.closed).to.equal(true)
  })

  it('H8 that every server closes for longer than the session can last ends in an expiry that says so', async () => {
    const subject = await new Subject({ servers: abc, renew: false }).connected()
    const { world } = subject
    world.onConnect = closeUnanswered
    world.peer.close()
    const queued = outcomeOf(subject.getData())
    await world.advance(10_000)
    expect(await queued).to.include({ code: 'SESSION_EXPIRED' })
    expect(subject.failures.length).to.be.greaterThan(3)
    for (const error of subject.failures) {
      expect(error).to.include({ code: 'HANDSHAKE_REFUSED' })
      expect(error.message).to.contain('behind')
    }
  })

  it('R4 that is cut off by a reset on connect, in its reply, or right behind it goes on with the next server', async () => {
    const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
    const reply = connectResponse()
    for (const came of [null, 0, 1, 4, 39, 40]) {
      const subject = new Subject({ servers: abc })
      const { world } = subject
      world.onConnect = peer => {
        world.onConnect = next => next.accept()
        peer.alive = false
        if (came === null) return peer.close(reset)
        peer.accept()
        peer.send(reply.subarray(0, came))
        setImmediate(() => setImmediate(() => setImmediate(() => peer.close(reset))))
      }
      await world.advance(500)
      expect(subject.session.state, `after ${came} bytes`).to.equal('connected')
      expect(subject.session.server).to.deep.equal(abc[1])
      expect(subject.states.filter(state => state === 'expired')).to.deep.equal([])
      await subject.session.close()
      expect([world.timers.size, world.open_]).to.deep.equal([0, 0])
    }
  })
})
