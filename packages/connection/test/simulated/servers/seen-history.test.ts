import { EventType, op } from '@zookit/jute'
import { expect } from 'chai'
import type { SessionOptions } from '../../../src/index.ts'
import { type Peer, Simulation, Subject } from '../../support/simulation.ts'

// The session timeout is 6000 ms throughout: the session is given up after 8000 ms.

const three = ['a', 'b', 'c'].map(host => ({ host, port: 1 }))

/** Returns the answer of a server to `srvr`. */
function srvr(mode: string, zxid: number): string {
  return `Zookeeper version: 3.9\nConnections: 1\nZxid: 0x${zxid.toString(16)}\nMode: ${mode}\nNode count: 5\n`
}

/** Returns a server that closes every handshake that has seen something, and answers `srvr`. */
function behind(answer: string | null): (peer: Peer) => void {
  return peer => {
    peer.srvr = answer
    peer.alive = false
    peer.onFrame = () => true
    peer.accept()
    if (peer.handshake === null) return
    if (peer.handshake.lastZxidSeen > 0n) setImmediate(() => peer.close())
    else {
      peer.alive = true
      peer.onFrame = () => false
      if (peer.handshake.sessionId === 0n) peer.answerHandshake(0x77n)
      else peer.answerExpired()
    }
  }
}

/** Returns a session that has seen zxid 0x65. */
async function seasoned(options: Partial<SessionOptions> = {}): Promise<Subject> {
  const subject = await new Subject({ servers: three, ...options }, new Simulation()).connected()
  const { world } = subject
  const asked = subject.getData()
  await world.settle()
  world.peer.replyData(1, 'x')
  await asked
  return subject
}

describe('A server that is behind an event', () => {
  const watched = async (): Promise<Subject> => {
    const subject = await seasoned()
    const asked = subject.session.request(op.getData, { path: '/w', watch: true }, { watcher: () => {} })
    await subject.world.settle()
    subject.world.peer.replyData(2, 'x')
    await asked
    subject.world.peer.event(EventType.nodeDataChanged, '/other', 0x70n)
    await subject.world.settle()
    return subject
  }

  it('H8 is told so by the handshake, though the SetWatches asks for all since the newest reply', async () => {
    const { world, session } = await watched()
    expect(session.lastZxid).to.equal(0x66n)
    world.peer.close()
    await world.advance(1000)
    expect(world.newestHandshake).to.include({ lastZxidSeen: 0x70n })
    const [setWatches] = world.peer.requests
    expect(setWatches).to.include({ code: op.setWatches.code })
    expect(setWatches!.body.readBigInt64BE(0)).to.equal(0x66n)
  })

  it('E3 is rejoined like one that is behind a reply', async () => {
    const { world, session } = await watched()
    world.onConnect = behind(srvr('leader', 5))
    world.peer.close()
    await world.advance(27_000)
    expect(session.id).to.equal(0x77n)
    expect(world.newestHandshake).to.include({ lastZxidSeen: 0n })
  })
})

describe('A server that came back empty', () => {
  for (const mode of ['standalone', 'leader']) {
    it(`E3 is rejoined after 15 s, and the failures say the reason and the time: ${mode}`, async () => {
      const subject = await seasoned()
      const { world, failures } = subject
      world.onConnect = behind(srvr(mode, 5))
      world.peer.close()
      await world.advance(14_900)
      expect(world.newestHandshake).to.include({ lastZxidSeen: 101n })
      for (const error of failures) expect(error.code).to.equal('HANDSHAKE_REFUSED')
      expect(failures[0]!.message).to.match(/zxid 0x5, seen 0x65.*data was lost.* in 15000 ms/)
      expect(failures.at(-1)!.message).to.match(/ in \d{1,5} ms$/)
      await world.advance(12_000)
      expect(subject.states).to.deep.equal(['connected', 'suspended', 'expired', 'connecting', 'connected'])
      expect(subject.session.id).to.equal(0x77n)
    })
  }

  it('E3 is not forgotten by a host that is down beside it', async () => {
    const subject = await seasoned()
    const { world } = subject
    const isBehind = behind(srvr('leader', 5))
    world.onConnect = peer => (peer.target.host === 'b' ? peer.close(new Error('down')) : isBehind(peer))
    world.peer.close()
    await world.advance(27_000)
    expect(subject.session.state).to.equal('connected')
  })

  it('E3 is not what a quorum outage, a read-only server or a lagging follower looks like, however long', async () => {
    const answers = {
      'not serving': 'This ZooKeeper instance is not currently serving requests',
      'read-only': srvr('read-only', 5),
      'may catch up': srvr('follower', 5),
    }
    for (const [reason, answer] of Object.entries(answers)) {
      const subject = await seasoned({ backoff: { initial: 1000, max: 20_000 } })
      const { world } = subject
      world.onConnect = behind(answer)
      world.peer.close()
      await world.advance(400_000)
      expect(subject.session.state, reason).to.equal('connecting')
      expect(world.newestHandshake, reason).to.include({ lastZxidSeen: 101n })
      expect(subject.failures.at(-1)!.message).to.contain(reason)
      await subject.session.close()
    }
  })

  it('E3 is not assumed while another member has what this client has seen', async () => {
    const subject = await seasoned({ backoff: { initial: 1000, max: 20_000 } })
    const { world } = subject
    const isBehind = behind(srvr('leader', 5))
    const isAhead = behind(srvr('leader', 0x65))
    world.onConnect = peer => (peer.target.host === 'b' ? isAhead(peer) : isBehind(peer))
    world.peer.close()
    await world.advance(400_000)
    expect(world.newestHandshake).to.include({ lastZxidSeen: 101n })
  })

  it('E3 that gives no reason is rejoined after the long grace period, which a host that is down does not reset', async () => {
    const subject = await seasoned()
    const { world } = subject
    const isBehind = behind(null)
    world.onConnect = peer => (peer.target.host === 'b' ? peer.close(new Error('down')) : isBehind(peer))
    world.peer.close()
    await world.advance(60_000)
    expect(subject.session.state).to.equal('connecting')
    await world.advance(20_000)
    expect(subject.session.state).to.equal('connected')
  })

  it('X2 leaves nothing behind when the session is closed while it is asked', async () => {
    const subject = await seasoned()
    const { world } = subject
    world.onConnect = peer => {
      peer.alive = false
      // The second connection asks `srvr`, and is never open.
      if (world.peers.length % 2 === 1) return
      peer.accept()
      setImmediate(() => peer.close())
    }
    world.peer.close()
    await world.advance(300)
    expect(world.open_).to.equal(1)
    world.onConnect = peer => peer.close(new Error('refused'))
    await subject.session.close()
    expect([world.timers.size, world.open_]).to.deep.equal([0, 0])
  })
})
