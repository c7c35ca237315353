import { op } from '@zookit/jute'
import { expect } from 'chai'
import type { SessionOptions } from '../../src/index.ts'
import { type Peer, Simulation, Subject } from '../support/simulation.ts'

// The session timeout is 6000 ms throughout.

const three = ['127.0.0.1', '127.0.0.2', '127.0.0.3'].map(host => ({ host, port: 1 }))

/** Returns a session with a watch and a credential, which every new connection has to restore. */
async function rich(options: Partial<SessionOptions> = {}, world = new Simulation()): Promise<Subject> {
  const subject = await new Subject({ servers: three, ...options }, world).connected()
  await subject.session.addAuth('digest', Buffer.from('a:b'))
  const armed = subject.session.request(op.exists, { path: '/x', watch: true }, { watcher: () => {} })
  await world.settle()
  world.peer.reply(1, -101)
  await armed
  return subject
}

/** Returns a server that takes the handshake and closes the connection at the first credential. */
function fickle(peer: Peer): void {
  peer.onFrame = ({ code }) => {
    if (code !== op.auth.code) return false
    setImmediate(() => peer.close())
    return true
  }
  peer.accept()
}

describe('A connection that is lost while the session is being restored', () => {
  it('R5 is told with its cause, and slows the search down like every other failure', async () => {
    const subject = await rich({ renew: false })
    const { world } = subject
    world.onConnect = fickle
    world.peer.close()
    await world.advance(7900)
    const handshakes = world.peers.length - 1
    expect(handshakes).to.be.within(5, 20)
    expect(subject.failures).to.have.lengthOf(handshakes)
    for (const error of subject.failures) {
      expect(error).to.include({ code: 'CONNECT_FAILED', retryable: true })
      expect(error.message).to.match(/127\.0\.0\.\d:1: .*restored.*the server closed it/)
    }
    expect(subject.states).to.deep.equal(['connected', 'suspended'])
  })

  it('R5 is followed by the other servers', async () => {
    const subject = await rich()
    const { world, session } = subject
    const { host } = session.server!
    world.onConnect = peer => (peer.target.host === host ? peer.accept() : fickle(peer))
    world.peer.close()
    await world.advance(1500)
    expect(session.state).to.equal('connected')
    expect(session.server!.host).to.equal(host)
    expect(subject.failures).to.have.lengthOf(2)
  })
})

describe('close()', () => {
  it('X1 while the session is being restored closes it at the server, once the credentials are accepted', async () => {
    const subject = await rich()
    const { world, session } = subject
    world.onConnect = peer => {
      peer.onFrame = ({ code }) => code === op.auth.code
      peer.accept()
    }
    world.peer.close()
    await world.advance(300)
    expect(session.state).to.equal('suspended')
    const asked = subject.getData()
    const closed = session.close()
    await world.settle()
    expect(world.peer.codes).to.not.include(op.closeSession.code)
    world.peer.onRequest = ({ xid, code }) => {
      if (code === op.closeSession.code) return false
      world.peer.replyData(xid, 'x')
      return true
    }
    world.peer.reply(-4)
    expect(String((await asked).data)).to.equal('x')
    await closed
    expect(world.peer.codes.at(-1)).to.equal(op.closeSession.code)
    expect(subject.states).to.deep.equal(['connected', 'suspended', 'closed'])
    expect([world.timers.size, world.open_]).to.deep.equal([0, 0])
  })

  it('X1 in read-only mode is not cut short by a server that takes writes', async () => {
    const world = new Simulation()
    world.onConnect = peer => {
      peer.readOnly = true
      peer.onRequest = () => true
      peer.accept()
    }
    const subject = new Subject({ servers: three, readOnly: true }, world)
    await world.settle()
    const { session } = subject
    const first = world.peer
    const asked = subject.getData()
    await world.settle()
    world.onConnect = peer => {
      peer.isro = 'rw'
      peer.accept()
    }
    const closed = session.close()
    await world.advance(1000)
    expect(first.closed).to.equal(false)
    first.replyData(1, 'x')
    expect(String((await asked).data)).to.equal('x')
    first.reply(2)
    await closed
    expect(subject.states).to.deep.equal(['read-only', 'closed'])
  })

  it('B5 ends all certainty at its call, however late the answer of the server is', async () => {
    for (const keepSession of [false, true]) {
      const subject = await new Subject().connected()
      const { world, session } = subject
      world.peer.onRequest = () => true
      await world.advance(500)
      expect(session.certain).to.equal(true)
      const closed = session.close({ keepSession })
      expect([session.certain, session.certainUntil]).to.deep.equal([false, world.time])
      world.peer.onRequest = () => false
      await world.advance(5000)
      expect(session.certain).to.equal(false)
      await closed
    }
  })
})

describe('A session that is taken over', () => {
  it('E1 expires by the timeout that its server granted, not by the one that the new client requests', async () => {
    const first = await new Subject().connected()
    const { identity } = first.session
    expect(identity.timeout).to.equal(6000)
    const world = new Simulation()
    world.onConnect = () => {}
    const taker = new Subject({ session: { ...identity, timeout: 30_000 }, renew: false }, world)
    await world.advance(39_999)
    expect(taker.states).to.deep.equal([])
    await world.advance(1)
    expect(taker.states).to.deep.equal(['expired'])
  })

  it('H4 takes no longer for an attempt than the requested session timeout', async () => {
    const world = new Simulation()
    world.onConnect = peer => {
      peer.timeout = 1_000_000
      peer.accept()
    }
    const subject = await new Subject({}, world).connected()
    world.onConnect = () => {}
    world.peer.close()
    await world.advance(200)
    const attempt = world.peer
    expect(attempt.closed).to.equal(false)
    await world.advance(6000)
    expect(attempt.closed).to.equal(true)
    const closed = subject.session.close()
    await world.advance(5000)
    await closed
  })
})

describe('A session that has moved', () => {
  it('R1 leaves the connection on which it can only be refused, after the replies that are due', async () => {
    const subject = await new Subject().connected()
    const { world } = subject
    world.peer.onRequest = () => true
    const asked = [subject.getData(), subject.getData()].map(each => each.catch(error => error))
    await world.settle()
    world.peer.reply(1, -118)
    world.peer.reply(2, -118)
    for (const error of await Promise.all(asked)) {
      expect(error).to.include({ code: 'SESSION_MOVED', outcome: 'rejected' })
    }
    await world.advance(300)
    expect(subject.states).to.deep.equal(['connected', 'suspended', 'connected'])
    expect(world.peers).to.have.lengthOf(2)
  })
})
