import { op } from '@zookit/jute'
import { expect } from 'chai'
import { outcomeOf, type Peer, Subject } from '../support/simulation.ts'

const local = { servers: [{ host: '127.0.0.1', port: 1 }] }

/** Expects that a session is closed, and that nothing of it comes to life again. */
async function expectEnd({ world, session }: Subject): Promise<void> {
  const peers = world.peers.length
  world.onConnect = peer => peer.accept()
  await world.advance(120_000)
  expect(session.state).to.equal('closed')
  expect({ peers: world.peers.length, open: world.open_, timers: world.timers.size }).to.deep.equal({
    peers,
    open: 0,
    timers: 0,
  })
}

describe('Closing from a listener', () => {
  for (const whenDisconnected of ['wait', 'reject'] as const) {
    it(`X1 of a lost connection ends the session at the next server (${whenDisconnected})`, async () => {
      const subject = await new Subject({ ...local, whenDisconnected }).connected()
      const { world, session } = subject
      const closed = new Promise<void>(resolve => {
        session.on('state', state => {
          if (state === 'suspended') void session.close().then(resolve)
        })
      })
      world.peer.close()
      await closed
      expect(world.peers).to.have.lengthOf(2)
      expect(world.peer.handshake).to.include({ sessionId: world.peer.sessionId })
      expect(world.peer.codes).to.deep.equal([op.closeSession.code])
      expect(subject.states).to.deep.equal(['connected', 'suspended', 'closed'])
      await expectEnd(subject)
    })
  }

  it('X2 of a connection that was lost while it was restored leaves nothing behind', async () => {
    const subject = await new Subject(local).connected()
    const { world, session } = subject
    await session.addAuth('digest', Buffer.from('a:b'))
    const closed = new Promise<void>(resolve => {
      session.on('attemptFailed', () => void session.close().then(resolve))
    })
    world.onConnect = (peer: Peer): void => {
      if (world.peers.length === 2) peer.onFrame = () => (setImmediate(() => peer.close()), true)
      peer.accept()
    }
    world.peer.close()
    await world.advance(300)
    await closed
    expect(world.peers).to.have.lengthOf(3)
    expect(world.peer.codes).to.deep.equal([op.auth.code, op.closeSession.code])
    await expectEnd(subject)
  })

  it('X2 of the search for a new session begins no such search', async () => {
    const subject = await new Subject(local).connected()
    const { world, session } = subject
    session.on('state', state => {
      if (state === 'connecting') void session.close()
    })
    const asked = outcomeOf(subject.getData())
    await world.settle()
    world.peer.reply(1, -112)
    await asked
    expect(subject.states).to.deep.equal(['connected', 'expired', 'connecting', 'closed'])
    await expectEnd(subject)
    expect(world.peers).to.have.lengthOf(1)
  })
})
