import { op } from '@zookit/jute'
import { expect } from 'chai'
import type { SessionState } from '../../src/index.ts'
import {
  closeUnanswered,
  outcomeOf,
  type Peer,
  Simulation,
  Subject,
  staySilent,
} from '../support/simulation.ts'

function echo(peer: Peer): void {
  peer.onRequest = ({ xid, code }) => {
    if (code === op.closeSession.code) return false
    peer.replyData(xid, String(xid))
    return true
  }
}

function healthy(world: Simulation): void {
  world.onConnect = peer => {
    echo(peer)
    peer.accept()
  }
}

describe('Lost connections', () => {
  it('R2 rejects requests that were sent with an unknown outcome, once, and sends nothing again', async () => {
    const subject = await new Subject().connected()
    const { world } = subject
    const sent = [subject.getData('/a'), subject.getData('/b')].map(outcomeOf)
    await world.settle()
    healthy(world)
    world.peer.close(new Error('reset'))
    for (const error of await Promise.all(sent)) {
      expect(error).to.include({ code: 'CONNECTION_LOSS', outcome: 'unknown', retryable: true })
    }
    await world.advance(500)
    expect(world.peers).to.have.lengthOf(2)
    expect(world.peer.requests).to.deep.equal([])
  })

  it('R3 lets requests wait for a connection, or rejects them, as whenDisconnected says', async () => {
    const waiting = await new Subject().connected()
    healthy(waiting.world)
    waiting.world.peer.close()
    const asked = waiting.getData()
    await waiting.world.advance(500)
    expect(String((await asked).data)).to.equal('1')

    const rejecting = await new Subject({ whenDisconnected: 'reject' }).connected()
    const before = outcomeOf(rejecting.getData('/sent'))
    await rejecting.world.settle()
    const unsent = outcomeOf(rejecting.getData('/unsent'))
    rejecting.world.peer.close()
    expect(await before).to.include({ code: 'CONNECTION_LOSS' })
    expect(await unsent).to.include({ code: 'NOT_CONNECTED', outcome: 'not-sent' })
    const refused = await outcomeOf(rejecting.getData())
    expect(refused).to.include({ code: 'NOT_CONNECTED', outcome: 'not-sent', retryable: true })
    expect((refused as Error).message).to.contain('there is no connection')
  })

  it('R4 starts every connection with a fresh decoder, wherever the last one was cut', async () => {
    for (const cut of [0, 2, 4, 20, 40]) {
      const world = new Simulation()
      let first = true
      world.onConnect = peer => {
        if (!first) {
          echo(peer)
          peer.accept()
          return
        }
        first = false
        peer.alive = false
        peer.accept()
        const reply = Buffer.alloc(41)
        reply.writeInt32BE(37)
        if (cut > 0) peer.send(reply.subarray(0, cut))
        setImmediate(() => setImmediate(() => peer.close(new Error('reset'))))
      }
      const subject = new Subject({}, world)
      await world.advance(1000)
      expect(subject.session.state, `cut at ${cut}`).to.equal('connected')
      expect(String((await subject.getData()).data)).to.equal('1')
    }
  })

  it('R5 keeps its session through an outage, and tells of an expiry once when nobody answers for longer', async () => {
    const subject = await new Subject({ renew: false }).connected()
    const { world } = subject
    world.onConnect = peer => peer.close(new Error('refused'))
    world.peer.close()
    await world.advance(5000)
    world.onConnect = peer => peer.accept()
    await world.advance(5000)
    expect(subject.states).to.deep.equal(['connected', 'suspended', 'connected'])
    expect(world.peer.handshake).to.include({ sessionId: 0x1234n })
    world.onConnect = peer => peer.close(new Error('refused'))
    world.peer.close()
    await world.advance(60_000)
    expect(subject.states.slice(3)).to.deep.equal(['suspended', 'expired'])
    expect(world.timers.size).to.equal(0)
  })

  it('R6 alternates between its states through a hundred drops, and keeps to its backoff', async () => {
    const subject = await new Subject().connected()
    const { world } = subject
    for (let i = 0; i < 100; i++) {
      await world.advance(100)
      world.peer.close()
    }
    await world.advance(1000)
    const expected = subject.states.map((_, i): SessionState => (i % 2 === 0 ? 'connected' : 'suspended'))
    expect(subject.states).to.deep.equal(expected)
    // A pause is 100 ms on the average: a hundred drops in ten seconds cannot make many more attempts.
    expect(world.peers.length).to.be.lessThan(150)
  })

  it('R7 makes no hot loop against a server that accepts and closes', async () => {
    const subject = await new Subject().connected()
    const { world } = subject
    world.onConnect = closeUnanswered
    world.peer.close()
    await world.advance(60_000)
    expect(world.peers.length).to.be.within(10, 60)
    expect(subject.failures.length).to.be.greaterThan(5)
  })

  it('R9 ignores the data of an old socket after its end', async () => {
    const subject = await new Subject().connected()
    const { world } = subject
    const old = world.peer
    old.close()
    await world.advance(500)
    old.haunt()
    await world.settle()
    expect(subject.states).to.deep.equal(['connected', 'suspended', 'connected'])
    expect(world.open_).to.equal(1)
  })

  it('R10 spreads the return of two hundred clients over the whole of the jitter', async () => {
    const world = new Simulation()
    const subjects = Array.from({ length: 200 }, () => new Subject({}, world))
    await world.settle()
    const before = world.peers.length
    const times: number[] = []
    world.onConnect = peer => {
      times.push(world.time)
      peer.accept()
    }
    const start = world.time
    for (const peer of world.peers.slice(0, before)) peer.close()
    await world.advance(1000)
    expect(times).to.have.lengthOf(200)
    const window = 200
    const tenths = new Set(times.map(time => Math.floor(((time - start) / window) * 10)))
    expect(tenths.size).to.be.at.least(9)
    expect(subjects.every(({ session }) => session.state === 'connected')).to.equal(true)
  })

  it('E1 settles requests that were sent, that wait and that come later when the session has expired', async () => {
    const subject = await new Subject({ renew: false }).connected()
    const { world } = subject
    const sent = outcomeOf(subject.getData('/sent'))
    await world.settle()
    world.onConnect = peer => {
      peer.alive = false
      peer.accept()
      peer.answerExpired()
    }
    world.peer.close()
    const queued = outcomeOf(subject.getData('/queued'))
    await world.advance(1000)
    expect(await sent).to.include({ code: 'CONNECTION_LOSS', outcome: 'unknown' })
    expect(await queued).to.include({ code: 'SESSION_EXPIRED', outcome: 'not-sent' })
    expect(await outcomeOf(subject.getData())).to.include({ code: 'SESSION_EXPIRED', outcome: 'not-sent' })
    expect(await outcomeOf(subject.session.ready())).to.include({ code: 'SESSION_EXPIRED' })
  })

  it('E1 follows from the error number of an expired session', async () => {
    const subject = await new Subject({ renew: false }).connected()
    const asked = [outcomeOf(subject.getData()), outcomeOf(subject.getData())]
    await subject.world.settle()
    subject.world.peer.reply(1, -112)
    expect(await asked[0]).to.include({ code: 'SESSION_EXPIRED' })
    expect(await asked[1]).to.include({ code: 'SESSION_EXPIRED' })
    expect(subject.states).to.deep.equal(['connected', 'expired'])
  })

  it('E2 says expired strictly before the new session is connected, and asks for a new one', async () => {
    const subject = await new Subject().connected()
    const { world } = subject
    let next = 0x2000n
    world.onConnect = peer => {
      peer.alive = false
      peer.sessionId = next++
      peer.accept()
      if (peer.handshake!.sessionId === 0n) {
        peer.alive = true
        echo(peer)
        peer.answerHandshake()
      } else peer.answerExpired()
    }
    world.peer.close()
    await world.advance(2000)
    expect(subject.states).to.deep.equal(['connected', 'suspended', 'expired', 'connecting', 'connected'])
    expect(subject.session.id).to.equal(0x2001n)
    expect(String((await subject.getData()).data)).to.equal('1')
  })

  it('moves to another server when the list changes, after the pending replies', async () => {
    const subject = await new Subject().connected()
    const { world, session } = subject
    const owed = subject.getData()
    await world.settle()
    healthy(world)
    session.updateServers([{ host: 'elsewhere', port: 9 }])
    const later = subject.getData()
    await world.advance(500)
    expect(world.peers).to.have.lengthOf(1)
    world.peer.replyData(1, 'owed')
    expect(String((await owed).data)).to.equal('owed')
    await world.advance(1000)
    expect(world.peer.target.host).to.equal('elsewhere')
    expect(world.peer.handshake).to.include({ sessionId: 0x1234n })
    expect(String((await later).data)).to.equal('2')
  })
})

describe('Read-only servers', () => {
  const servers = [
    { host: 'a', port: 1 },
    { host: 'b', port: 2 },
  ]

  it('O1 does not take a read-only server unless readOnly is set', async () => {
    const subject = new Subject()
    subject.world.onConnect = peer => {
      peer.readOnly = true
      peer.accept()
    }
    await subject.world.advance(1000)
    expect(subject.session.state).to.equal('connecting')
    expect(subject.failures[0]).to.include({ code: 'HANDSHAKE_REFUSED' })
  })

  it('O2 looks for a server that takes writes, and gets a real session there', async () => {
    const subject = new Subject({ servers, readOnly: true })
    const { world } = subject
    const probes: number[] = []
    let writable = false
    world.onConnect = peer => {
      if (peer.target.host === 'a') {
        peer.readOnly = true
        peer.sessionId = 0x7777n
        peer.accept()
        return
      }
      if (!writable) {
        probes.push(world.time)
        peer.close(new Error('refused'))
        return
      }
      peer.isro = 'rw'
      peer.accept()
    }
    await world.settle()
    expect(subject.session.state).to.equal('read-only')
    const start = world.time
    await world.advance(3500)
    expect(probes.map(time => time - start)).to.deep.equal([100, 300, 700, 1500, 3100])
    writable = true
    await world.advance(8000)
    expect(subject.states).to.deep.equal(['read-only', 'suspended', 'connected'])
    expect(world.peer.target.host).to.equal('b')
    expect(world.peer.handshake).to.include({ sessionId: 0n, readOnly: true })
    expect(subject.session.id).to.equal(0x1234n)
  })

  it('O2 never lets a real session become a read-only one', async () => {
    const subject = await new Subject({ readOnly: true }).connected()
    const { world } = subject
    world.onConnect = peer => {
      peer.readOnly = true
      peer.accept()
    }
    world.peer.close()
    await world.advance(3000)
    expect(subject.session.state).to.equal('suspended')
    expect(subject.failures.at(-1)).to.include({ code: 'HANDSHAKE_REFUSED' })
  })
})

describe('Closing', () => {
  it('X1 awaits all replies, closes the session at the server, and leaves nothing behind', async () => {
    const subject = await new Subject().connected()
    const { world, session } = subject
    world.peer.onRequest = () => true
    const asked = subject.getData()
    const closing = session.close()
    await world.settle()
    expect(world.peer.codes).to.deep.equal([op.getData.code, op.closeSession.code])
    expect(session.state).to.equal('connected')
    world.peer.replyData(1, 'x')
    world.peer.reply(2)
    expect(String((await asked).data)).to.equal('x')
    await closing
    expect(session.state).to.equal('closed')
    expect([world.timers.size, world.open_]).to.deep.equal([0, 0])
  })

  it('X1 does not wait for a silent server longer than closeTimeout', async () => {
    const subject = await new Subject({ closeTimeout: 1000 }).connected()
    subject.world.peer.alive = false
    const asked = outcomeOf(subject.getData())
    const closing = subject.session.close()
    await subject.world.advance(1100)
    await closing
    expect(await asked).to.include({ code: 'CLOSED', outcome: 'unknown' })
    expect([subject.world.timers.size, subject.world.open_]).to.deep.equal([0, 0])
  })

  it('X2 closes at once while resolving, connecting, shaking hands, restoring or suspended', async () => {
    const phases: Record<string, (world: Simulation) => void> = {
      resolving: world => {
        world.resolve = () => new Promise(() => {})
      },
      connecting: world => {
        world.onConnect = () => {}
      },
      'shaking hands': world => {
        world.onConnect = staySilent
      },
      suspended: world => {
        world.onConnect = peer => peer.close(new Error('refused'))
      },
    }
    for (const [phase, prepare] of Object.entries(phases)) {
      const world = new Simulation()
      prepare(world)
      const subject = new Subject({}, world)
      await world.settle()
      const asked = outcomeOf(subject.getData())
      await subject.session.close()
      expect(await asked, phase).to.include({ code: 'CLOSED', outcome: 'not-sent' })
      const count = world.peers.length
      await world.advance(60_000)
      expect([world.timers.size, world.open_, world.peers.length], phase).to.deep.equal([0, 0, count])
    }
  })

  it('X3 can be closed twice, from a listener, and while requests are on their way', async () => {
    const subject = await new Subject().connected()
    const { world, session } = subject
    const asked = outcomeOf(subject.getData())
    await world.settle()
    session.on('state', () => void session.close())
    world.peer.close()
    await Promise.all([session.close(), session.close()])
    expect(await asked).to.include({ code: 'CONNECTION_LOSS' })
    expect(subject.states).to.deep.equal(['connected', 'suspended', 'closed'])
    await world.advance(20_000)
    expect([world.timers.size, world.open_]).to.deep.equal([0, 0])
  })

  it('X4 refuses what comes after, and does not call it expired', async () => {
    const subject = await new Subject().connected()
    const closing = subject.session.close()
    const error = await outcomeOf(subject.getData())
    expect(error).to.include({ code: 'CLOSED', outcome: 'not-sent' })
    await closing
    expect(await outcomeOf(subject.session.addAuth('x', Buffer.alloc(1)))).to.include({ code: 'CLOSED' })
  })

  it('leaves the session open with keepSession', async () => {
    const subject = await new Subject().connected()
    const { world, session } = subject
    world.peer.onRequest = ({ xid, code }) => {
      world.peer.reply(xid, code === op.exists.code ? -101 : 0)
      return true
    }
    await session.close({ keepSession: true })
    expect(world.peer.codes).to.deep.equal([op.exists.code])
    expect(session.state).to.equal('closed')
  })

  it('L1 leaves no timer and no connection after a thousand sessions', async () => {
    const world = new Simulation()
    for (let i = 0; i < 1000; i++) {
      const subject = new Subject({}, world)
      await new Promise(resolve => subject.session.on('state', resolve))
      await subject.session.close()
    }
    expect([world.timers.size, world.open_, world.peers.length]).to.deep.equal([0, 0, 1000])
  })
})
