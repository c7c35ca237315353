import { EventType, op, Xid } from '@zookit/jute'
import { expect } from 'chai'
import { replyFrame } from '../support/frames.ts'
import { closeUnanswered, outcomeOf, type Peer, Subject, staySilent } from '../support/simulation.ts'

// The session timeout is 6000 ms throughout: pings are due after 2000 ms, silence is fatal after 4000 ms, the session
// is given up after 8000 ms.

function echo(peer: Peer): void {
  peer.onRequest = ({ xid, code }) => {
    if (code === op.closeSession.code) return false
    peer.replyData(xid, 'x')
    return true
  }
}

describe('Silence', () => {
  it('B3 T8 ends an idle connection after two thirds of the session timeout, not a millisecond sooner', async () => {
    const subject = await new Subject().connected()
    const { world } = subject
    world.peer.alive = false
    await world.advance(3999)
    expect(subject.states).to.deep.equal(['connected'])
    await world.advance(1)
    expect(subject.states).to.deep.equal(['connected', 'suspended'])
    expect(world.peers[0]!.closed).to.equal(true)
  })

  it('B3 is counted from the last whole frame, of whatever kind', async () => {
    const subject = await new Subject().connected()
    const { world } = subject
    const { peer } = world
    peer.alive = false
    await world.advance(3000)
    peer.event(EventType.nodeCreated, '/unwatched')
    await world.advance(3999)
    expect(peer.closed).to.equal(false)
    await world.advance(2)
    expect(peer.closed).to.equal(true)
  })

  it('B3 ends the restoring of a session, too, if the server takes credentials and sends nothing', async () => {
    const subject = await new Subject({ servers: [{ host: '127.0.0.1', port: 1 }] }).connected()
    const { world, session } = subject
    await session.addAuth('digest', Buffer.from('a:b'))
    world.onConnect = peer => {
      peer.onFrame = () => true
      peer.accept()
    }
    world.peer.close()
    await world.advance(300)
    expect(world.peer.auths).to.have.lengthOf(1)
    expect(subject.states).to.deep.equal(['connected', 'suspended'])
    const mute = world.peer
    world.onConnect = peer => peer.accept()
    await world.advance(4200)
    expect(mute.closed).to.equal(true)
    expect(subject.states).to.deep.equal(['connected', 'suspended', 'connected'])
  })

  it('B4 does not include a frame that arrived in many reads while the event loop was blocked', async () => {
    const subject = await new Subject().connected()
    const { world } = subject
    world.peer.alive = false
    await world.advance(1500)
    const frame = replyFrame(Xid.notification, -1n, 0, writer => writer.int(1).int(3).ustring('/unwatched'))
    // One read for each turn of the event loop.
    const pieces = Array.from({ length: 8 }, (_, i) =>
      frame.subarray(i * 6, i === 7 ? frame.length : i * 6 + 6),
    )
    world.peer.send(...pieces)
    await world.standStill(4800)
    expect(subject.states).to.deep.equal(['connected'])
    await world.advance(3900)
    expect(world.peers).to.have.lengthOf(1)
  })

  it('B4 B5 pings the server first after the event loop was blocked for twice the timeout', async () => {
    const subject = await new Subject().connected()
    const { world, session } = subject
    world.onConnect = peer => {
      peer.alive = false
      peer.accept()
      if (peer.handshake!.sessionId !== 0n) peer.answerExpired()
      else peer.answerHandshake()
    }
    const seen: string[] = []
    world.setTimer(
      () => seen.push(`timer: ${session.state}, ${session.certain ? 'certain' : 'uncertain'}`),
      11_999,
    )
    session.on('state', state => seen.push(`${state}, ${session.certain ? 'certain' : 'uncertain'}`))
    // The server has expired the session and closed its connection meanwhile.
    setImmediate(() => setImmediate(() => world.peer.close()))
    await world.standStill(12_000)
    await world.advance(1000)
    expect(seen).to.deep.equal([
      'timer: connected, uncertain',
      'suspended, uncertain',
      'expired, uncertain',
      'connecting, uncertain',
      'connected, certain',
    ])
  })

  it('B5 ends certainty before every callback that runs after the event loop was blocked: continuations, watchers, timers', async () => {
    const subject = await new Subject().connected()
    const { world, session } = subject
    const seen: string[] = []
    const note = (what: string) => (): void => void seen.push(`${what} ${session.certain}`)
    const armed = session.request(op.getData, { path: '/x', watch: true }, { watcher: note('watcher') })
    await world.settle()
    world.peer.replyData(1, 'x')
    await armed
    const asked = subject.getData().then(note('continuation'))
    await world.settle()
    world.setTimer(note('timer'), 6100)
    note('before')()
    // What the kernel holds came long ago.
    world.peer.event(EventType.nodeDataChanged, '/x')
    world.peer.replyData(2, 'x')
    await world.standStill(6100)
    await asked
    expect(seen).to.deep.equal(['before true', 'timer false', 'watcher false', 'continuation false'])
    echo(world.peer)
    await subject.getData()
    await world.settle()
    expect(session.certain).to.equal(true)
  })

  it('B7 includes a server that sends but reads nothing: it is given up', async () => {
    const subject = await new Subject({ maxQueuedBytes: 10, whenFull: 'reject' }).connected()
    const { world } = subject
    const { peer } = world
    peer.reads = false
    peer.alive = false
    const sent = outcomeOf(subject.getData('/sent'))
    await world.settle()
    const queued = subject.getData('/queued')
    expect(await outcomeOf(subject.getData('/too-much'))).to.include({
      code: 'QUEUE_FULL',
      outcome: 'not-sent',
    })
    world.onConnect = peer => {
      echo(peer)
      peer.accept()
    }
    for (let i = 0; i < 6; i++) {
      peer.event(EventType.nodeCreated, '/unwatched')
      await world.advance(700)
    }
    const error = await sent
    expect(error).to.include({ code: 'CONNECTION_LOSS', outcome: 'unknown' })
    expect((error as { cause: Error }).cause.message).to.contain('has read nothing')
    await world.advance(300)
    expect(await queued).to.have.property('data')
    expect(peer.requests).to.have.lengthOf(0)
  })

  it('B7 is over when the server reads again in time', async () => {
    const subject = await new Subject().connected()
    const { world } = subject
    const { peer } = world
    peer.reads = false
    const asked = [subject.getData('/sent')]
    await world.settle()
    asked.push(subject.getData('/queued'))
    await world.advance(3900)
    expect(peer.requests).to.have.lengthOf(1)
    echo(peer)
    peer.replyData(1, 'x')
    peer.drain()
    await Promise.all(asked)
    await world.advance(20_000)
    expect(subject.states).to.deep.equal(['connected'])
  })

  it('E1 T8 of all servers ends the session after four thirds of its timeout, counted from the last frame', async () => {
    const subject = await new Subject({ renew: false }).connected()
    const { world } = subject
    world.onConnect = staySilent
    world.peer.alive = false
    const queued = outcomeOf(subject.getData())
    await world.advance(7999)
    expect(subject.states).to.deep.equal(['connected', 'suspended'])
    await world.advance(1)
    expect(subject.states).to.deep.equal(['connected', 'suspended', 'expired'])
    expect(await queued).to.include({ code: 'CONNECTION_LOSS' })
    expect([world.timers.size, world.open_]).to.deep.equal([0, 0])
  })

  it('E1 is counted from the last frame, not from connections that were accepted and never answered', async () => {
    const subject = await new Subject({ renew: false }).connected()
    const { world } = subject
    await world.advance(500)
    world.peer.event(EventType.nodeCreated, '/unwatched')
    await world.advance(500)
    world.onConnect = closeUnanswered
    world.peer.close()
    await world.advance(7499)
    expect(subject.states).to.deep.equal(['connected', 'suspended'])
    expect(world.peers.length).to.be.greaterThan(3)
    await world.advance(1)
    expect(subject.states).to.deep.equal(['connected', 'suspended', 'expired'])
  })

  it('does not end a session that was never established: the first server may take any time', async () => {
    const subject = new Subject()
    const { world } = subject
    world.onConnect = staySilent
    const asked = subject.getData()
    await world.advance(120_000)
    expect(subject.states).to.deep.equal([])
    world.onConnect = peer => {
      echo(peer)
      peer.accept()
    }
    await world.advance(15_000)
    expect(await asked).to.have.property('data')
  })
})
