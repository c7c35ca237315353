import { op } from '@zookit/jute'
import { expect } from 'chai'
import { requestChannel, stateChannel } from '../../src/diagnostics.ts'
import type { Watcher } from '../../src/index.ts'
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

describe('A listener of a lost connection', () => {
  it('R8 that replaces the servers is followed by an attempt at one of the new ones, and by no failure', async () => {
    const subject = await new Subject(local).connected()
    const { world, session } = subject
    session.on('state', state => {
      if (state === 'suspended') session.updateServers([{ host: '127.0.0.1', port: 2 }])
    })
    world.peer.close()
    await world.advance(300)
    expect(subject.failures).to.deep.equal([])
    expect(session.server).to.deep.equal({ host: '127.0.0.1', port: 2 })
  })
})

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

  it('X1 of a request that is lost with the connection ends the session at the next server', async () => {
    const subject = await new Subject(local).connected()
    const { world, session } = subject
    const close = (): void => void session.close()
    requestChannel.error.subscribe(close)
    try {
      const asked = outcomeOf(subject.getData())
      await world.settle()
      world.peer.close()
      expect(await asked).to.include({ code: 'CONNECTION_LOSS', outcome: 'unknown' })
    } finally {
      requestChannel.error.unsubscribe(close)
    }
    await world.settle()
    expect(world.peers).to.have.lengthOf(2)
    expect(world.peer.codes).to.deep.equal([op.closeSession.code])
    expect(subject.states).to.deep.equal(['connected', 'suspended', 'closed'])
    await expectEnd(subject)
  })

  it('X1 of a watch that is lost with the connection ends the session at the next server', async () => {
    const subject = await new Subject(local).connected()
    const { world, session } = subject
    const lost: string[] = []
    const watcher: Watcher = ({ type }) => {
      lost.push(type)
      void session.close()
    }
    const asked = session.request(op.getData, { path: '/x', watch: true }, { watcher })
    await world.settle()
    world.peer.replyData(1, 'x')
    await asked
    world.onConnect = (peer: Peer): void => {
      peer.onFrame = ({ code }) => {
        if (code === op.setWatches.code) setImmediate(() => peer.close())
        return code === op.setWatches.code
      }
      peer.accept()
    }
    world.peer.close()
    await world.advance(3000)
    expect(lost).to.deep.equal(['lost'])
    expect(world.peer.codes).to.deep.equal([op.closeSession.code])
    await expectEnd(subject)
  })

  it('X2 of a connection that was lost while it was restored leaves nothing behind', async () => {
    const subject = await new Subject(local).connected()
    const { world, session } = subject
    await session.addAuth('digest', Buffer.from('a:b'))
    const closed = new Promise<void>(resolve => {
      session.on('attemptFailed', () => void session.close().then(resolve))
    })
    world.onConnect = (peer: Peer): void => {
      if (world.peers.length === 2) {
        peer.onFrame = () => {
          setImmediate(() => peer.close())
          return true
        }
      }
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

  it('X3 is told to every listener behind the change that it was called for', async () => {
    const subject = new Subject(local)
    const { world, session } = subject
    session.on('state', state => {
      if (state === 'expired') void session.close()
    })
    const heard: string[] = []
    session.on('state', (state, previous) => heard.push(`${previous} to ${state}`))
    const traced: string[] = []
    const note = (message: unknown): void => {
      const { state, session: teller } = message as { state: string; session: unknown }
      if (teller === session) traced.push(state)
    }
    stateChannel.subscribe(note)
    try {
      await subject.connected()
      const asked = outcomeOf(subject.getData())
      await world.settle()
      world.peer.reply(1, -112)
      await asked
    } finally {
      stateChannel.unsubscribe(note)
    }
    expect(heard).to.deep.equal(['connecting to connected', 'connected to expired', 'expired to closed'])
    expect(traced).to.deep.equal(['connected', 'expired', 'closed'])
  })

  describe('of the request channel', () => {
    const end: Record<string, (subject: Subject) => unknown> = {
      closed: ({ session }) => session.close(),
      expired: ({ world }) => world.peer.reply(1, -112),
      'auth-failed': ({ world }) => world.peer.reply(1, -124),
    }
    for (const [state, act] of Object.entries(end)) {
      it(`X3 a subscriber that asks again is refused by a session that is ${state}`, async () => {
        const subject = new Subject({ ...local, renew: false, maxInFlight: 1 })
        if (state === 'closed') subject.world.onConnect = () => {}
        const late: Promise<unknown>[] = []
        let rejections = 0
        const note = (): void => {
          if (++rejections === 2) late.push(outcomeOf(subject.getData('/late')))
        }
        await subject.world.settle()
        requestChannel.error.subscribe(note)
        try {
          const asked = [subject.getData(), subject.getData()].map(outcomeOf)
          await subject.world.settle()
          await act(subject)
          await Promise.all(asked)
        } finally {
          requestChannel.error.unsubscribe(note)
        }
        expect(subject.session.state).to.equal(state)
        expect(subject.session.outstanding).to.equal(0)
        expect(await late[0]).to.include({ outcome: 'not-sent' })
      })
    }

    it('X3 a subscriber that closes the session refuses the request that it hears of', async () => {
      const subject = new Subject(local)
      subject.world.onConnect = () => {}
      await subject.world.settle()
      const close = (): void => void subject.session.close()
      requestChannel.start.subscribe(close)
      try {
        expect(await outcomeOf(subject.getData())).to.include({ code: 'CLOSED', outcome: 'not-sent' })
      } finally {
        requestChannel.start.unsubscribe(close)
      }
    })
  })
})
