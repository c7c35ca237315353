import { EventType, op } from '@zookit/jute'
import { expect } from 'chai'
import type { SessionOptions } from '../../src/index.ts'
import { outcomeOf, type Peer, Simulation, Subject, staySilent } from '../support/simulation.ts'

interface Phase {
  options?: Partial<SessionOptions>
  prepare?: (world: Simulation) => void
  /** Brings the session, connected or not, into the phase. */
  enter?: (subject: Subject) => Promise<void>
}

const local = { servers: [{ host: '127.0.0.1', port: 1 }] }
const mute = (world: Simulation): void => {
  world.onConnect = peer => {
    peer.onFrame = () => true
    peer.accept()
  }
}

async function lose({ world }: Subject): Promise<void> {
  world.peer.close()
  await world.advance(300)
}

const phases: Record<string, Phase> = {
  'before anything has happened': {},
  'while the resolver is asked': {
    prepare: world => Object.assign(world, { resolve: () => new Promise(() => {}) }),
  },
  'while TLS options are awaited': { options: { tls: () => new Promise(() => {}) } },
  'while the connection is made': { prepare: world => Object.assign(world, { onConnect: () => {} }) },
  'while shaking hands': {
    prepare: world => {
      world.onConnect = staySilent
    },
  },
  'in the pause between two attempts': {
    prepare: world => Object.assign(world, { onConnect: (peer: Peer) => peer.close(new Error('refused')) }),
    enter: ({ world }) => world.advance(20),
  },
  'while credentials are presented again': {
    enter: async subject => {
      await subject.session.addAuth('digest', Buffer.from('a:b'))
      mute(subject.world)
      await lose(subject)
      expect(subject.world.peer.auths).to.have.lengthOf(1)
    },
  },
  'while watches are armed again': {
    enter: async subject => {
      const { session, world } = subject
      const armed = session.request(op.exists, { path: '/x', watch: true }, { watcher: () => {} })
      await world.settle()
      world.peer.reply(1, -101)
      await armed
      mute(world)
      await lose(subject)
      expect(world.peer.codes).to.deep.equal([op.setWatches.code])
    },
  },
  'while suspended': {
    enter: async subject => {
      subject.world.onConnect = () => {}
      await lose(subject)
    },
  },
  'while the expired session is replaced': {
    enter: async subject => {
      subject.world.onConnect = () => {}
      await lose(subject)
      await subject.world.advance(10_000)
      expect(subject.states.at(-1)).to.equal('connecting')
    },
  },
}

describe('Closing', () => {
  for (const [when, { options, prepare, enter }] of Object.entries(phases)) {
    it(`X2 ${when} is bounded, settles everything and leaves nothing behind`, async () => {
      const world = new Simulation()
      prepare?.(world)
      const subject = new Subject({ ...local, closeTimeout: 1000, ...options }, world)
      if (when !== 'before anything has happened') await world.settle()
      await enter?.(subject)
      const asked = outcomeOf(subject.getData())
      const ready = outcomeOf(subject.session.ready())
      const isLive = subject.session.state === 'connected'
      const mayTell = subject.session.id !== 0n
      const closed = subject.session.close()
      if (mayTell) await world.advance(1000)
      await closed
      expect(await asked).to.include({ code: 'CLOSED', outcome: 'not-sent' })
      if (!isLive) expect(await ready).to.include({ code: 'CLOSED' })
      expect([world.timers.size, world.open_]).to.deep.equal([0, 0])
      const before = { states: [...subject.states], peers: world.peers.length }
      expect(before.states.at(-1)).to.equal('closed')
      world.onConnect = peer => peer.accept()
      await world.advance(120_000)
      expect({ states: subject.states, peers: world.peers.length }).to.deep.equal(before)
      expect(world.timers.size).to.equal(0)
    })
  }

  it('X3 from a watcher settles the requests whose replies came with the event', async () => {
    const subject = await new Subject(local).connected()
    const { world, session } = subject
    const watcher = (): void => void session.close()
    const armed = session.request(op.exists, { path: '/x', watch: true }, { watcher })
    await world.settle()
    world.peer.onRequest = () => true
    world.peer.reply(1, -101)
    await armed
    const asked = subject.getData()
    await world.settle()
    world.peer.event(EventType.nodeCreated, '/x')
    await world.settle()
    world.peer.replyData(2, 'in time')
    world.peer.reply(3)
    expect(String((await asked).data)).to.equal('in time')
    await session.close()
    expect(world.peer.codes.at(-1)).to.equal(op.closeSession.code)
    expect(session.state).to.equal('closed')
  })

  it('X3 from the continuation of a reply and from a listener of its own end', async () => {
    const subject = await new Subject(local).connected()
    const { world, session } = subject
    const late: Promise<unknown>[] = []
    session.on('state', () => {
      void session.close()
      late.push(outcomeOf(subject.getData('/late')))
    })
    const done = subject.getData().then(() => session.close())
    await world.settle()
    world.peer.replyData(1, 'x')
    await done
    expect(subject.states).to.deep.equal(['connected', 'closed'])
    expect(await late[0]).to.include({ code: 'CLOSED', outcome: 'not-sent' })
    expect(world.peer.codes.filter(code => code === op.closeSession.code)).to.have.lengthOf(1)
  })

  it('X3 from a listener that is told of an expiry: no new session is requested', async () => {
    const subject = await new Subject(local).connected()
    const { world, session } = subject
    session.on('state', state => {
      if (state === 'expired') void session.close()
    })
    const asked = outcomeOf(subject.getData())
    await world.settle()
    world.peer.reply(1, -112)
    await asked
    await world.advance(10_000)
    expect(subject.states).to.deep.equal(['connected', 'expired', 'closed'])
    expect(world.peers).to.have.lengthOf(1)
    expect(world.timers.size).to.equal(0)
  })

  describe('a session without a connection', () => {
    const two = {
      servers: [
        { host: '127.0.0.1', port: 1 },
        { host: '127.0.0.1', port: 2 },
      ],
    }
    const refuse = (peer: Peer): void => peer.close(new Error('refused'))

    /** A session that has lost its connection, and whose next ones are made like this. */
    async function lost(onConnect: (peer: Peer) => void, options: Partial<SessionOptions> = local) {
      const subject = await new Subject(options).connected()
      await subject.session.addAuth('digest', Buffer.from('a:b'))
      const armed = subject.session.request(op.exists, { path: '/x', watch: true }, { watcher: () => {} })
      await subject.world.settle()
      subject.world.peer.reply(1, -101)
      await armed
      subject.world.onConnect = onConnect
      subject.world.peer.close()
      await subject.world.settle()
      return subject
    }

    it('X1 ends it at the server that takes its handshake, behind what was asked for before', async () => {
      const subject = await lost(peer => {
        peer.alive = false
        peer.accept()
      })
      const { world, session } = subject
      await world.advance(250)
      expect(world.peer.handshake).to.include({ sessionId: session.id })
      const asked = subject.getData()
      const closed = session.close()
      await world.advance(500)
      world.peer.alive = true
      world.peer.onRequest = ({ code }) => code === op.closeSession.code
      world.peer.answerHandshake()
      await world.settle()
      world.peer.replyData(2, 'x')
      world.peer.reply(3)
      await closed
      expect(String((await asked).data)).to.equal('x')
      expect(world.peer.codes).to.deep.equal([op.auth.code, op.getData.code, op.closeSession.code])
      expect(subject.states).to.deep.equal(['connected', 'suspended', 'closed'])
      expect([world.timers.size, world.open_]).to.deep.equal([0, 0])
    })

    it('X1 waits for no pause between two attempts', async () => {
      const { world, session } = await lost(refuse)
      await world.advance(250)
      world.onConnect = peer => peer.accept()
      await session.close()
      expect(world.peer.codes).to.deep.equal([op.auth.code, op.closeSession.code])
      expect(session.state).to.equal('closed')
    })

    for (const [how, onConnect] of Object.entries({
      'that are not reached': refuse,
      'that do not know it any more': (peer: Peer): void => {
        peer.alive = false
        peer.accept()
        peer.answerExpired()
      },
      'that close the connection': (peer: Peer): void => {
        peer.accept()
        peer.onFrame = () => {
          setImmediate(() => peer.close())
          return true
        }
      },
    })) {
      it(`X1 is over after one turn of servers ${how}`, async () => {
        const subject = await lost(refuse, two)
        const { world, session } = subject
        world.onConnect = onConnect
        const before = world.peers.length
        const asked = outcomeOf(subject.getData())
        await session.close()
        expect(await asked).to.include({ code: 'CLOSED', outcome: 'not-sent' })
        expect(world.peers.length - before).to.be.within(1, 2)
        expect(subject.states.at(-1)).to.equal('closed')
        expect([world.timers.size, world.open_]).to.deep.equal([0, 0])
      })
    }

    it('X1 is over at once when the session is kept', async () => {
      const { world, session } = await lost(() => {})
      await session.close({ keepSession: true })
      expect([world.timers.size, world.open_]).to.deep.equal([0, 0])
    })
  })

  it('X1 is over when the server closes instead of answering closeSession', async () => {
    const subject = await new Subject(local).connected()
    const { world, session } = subject
    world.peer.onFrame = ({ code }) => {
      if (code !== op.closeSession.code) return false
      setImmediate(() => world.peer.close())
      return true
    }
    await session.close()
    expect(session.state).to.equal('closed')
    expect([world.timers.size, world.peers.length]).to.deep.equal([0, 1])
  })

  it('X1 that keeps the session waits for all replies, and sends no closeSession', async () => {
    const subject = await new Subject({ ...local, maxInFlight: 1 }).connected()
    const { world, session } = subject
    const asked = [subject.getData('/a'), subject.getData('/b')]
    const closed = session.close({ keepSession: true })
    for (const xid of [1, 2]) {
      await world.settle()
      expect(session.state).to.equal('connected')
      world.peer.replyData(xid, 'x')
    }
    await Promise.all(asked)
    await world.settle()
    world.peer.reply(3, -101)
    await closed
    expect(world.peer.codes).to.not.include(op.closeSession.code)
    expect([world.timers.size, world.open_]).to.deep.equal([0, 0])
  })

  it('X1 cancels a move that waited for a reply, and closes the session where it is', async () => {
    const subject = await new Subject(local).connected()
    const { world, session } = subject
    world.peer.onRequest = () => true
    const owed = subject.getData()
    await world.settle()
    session.updateServers([{ host: 'b', port: 1 }])
    const closed = session.close()
    await world.settle()
    expect(world.peer.codes).to.deep.equal([op.getData.code, op.closeSession.code])
    world.peer.replyData(1, 'x')
    world.peer.reply(2)
    await Promise.all([owed, closed])
    expect(subject.states).to.deep.equal(['connected', 'closed'])
    expect([world.timers.size, world.peers.length]).to.deep.equal([0, 1])
  })
})
