import { op } from '@zookit/jute'
import { expect } from 'chai'
import { closeUnanswered, outcomeOf, Simulation, Subject, staySilent } from '../support/simulation.ts'

describe('The handshake', () => {
  it('H1 asks for a new session with the exact request, and takes the timeout that the server grants', async () => {
    const subject = new Subject({ sessionTimeout: 9000 })
    await subject.connected()
    expect(subject.world.peer.handshake).to.deep.equal({
      protocolVersion: 0,
      lastZxidSeen: 0n,
      timeOut: 9000,
      sessionId: 0n,
      passwd: Buffer.alloc(16),
      readOnly: false,
    })
    expect(subject.session.timeout).to.equal(6000)
    await subject.world.advance(2100)
    expect(subject.world.peer.pings).to.equal(1)
  })

  it('H3 takes a timeout of zero for an expired session, once', async () => {
    const session = { id: 77n, password: Buffer.alloc(16, 1) }
    const subject = new Subject({ session, renew: false })
    subject.world.onConnect = peer => {
      peer.alive = false
      peer.accept()
      peer.answerExpired()
      peer.answerExpired()
    }
    await subject.world.settle()
    expect(subject.world.peer.handshake).to.include({ sessionId: 77n })
    expect(subject.states).to.deep.equal(['expired'])
    expect(await outcomeOf(subject.getData())).to.include({ code: 'SESSION_EXPIRED', outcome: 'not-sent' })
    expect(subject.world.timers.size).to.equal(0)
  })

  it('H4 leaves a server that takes the connection and says nothing, and the expiry clock runs on', async () => {
    const servers = [
      { host: 'a', port: 1 },
      { host: 'b', port: 2 },
      { host: 'c', port: 3 },
    ]
    const subject = new Subject({ servers })
    await subject.connected()
    const { world } = subject
    world.onConnect = staySilent
    world.peer.close()
    await world.advance(7900)
    expect(new Set(world.peers.map(({ target }) => target.host)).size).to.equal(3)
    expect(subject.failures.map(({ code }) => code)).to.include('CONNECT_FAILED')
    expect(subject.states).to.deep.equal(['connected', 'suspended'])
    await world.advance(200)
    expect(subject.states.slice(0, 4)).to.deep.equal(['connected', 'suspended', 'expired', 'connecting'])
  })

  it('H5 takes another session id than the one it asked for as an expiry', async () => {
    const subject = await new Subject({ renew: false }).connected()
    const { world } = subject
    world.onConnect = peer => {
      peer.sessionId = 0x9999n
      peer.accept()
    }
    world.peer.close()
    await world.advance(500)
    expect(subject.states).to.deep.equal(['connected', 'suspended', 'expired'])
  })

  it('H6 sends nothing behind the handshake before it is answered', async () => {
    const subject = new Subject()
    const { world } = subject
    world.onConnect = staySilent
    const asked = subject.getData()
    await world.settle()
    expect(world.peer.handshake).not.to.equal(null)
    expect(world.peer.codes).to.deep.equal([])
    world.peer.alive = true
    world.peer.onRequest = ({ xid }) => {
      world.peer.replyData(xid, 'x')
      return true
    }
    world.peer.answerHandshake()
    expect(String((await asked).data)).to.equal('x')
  })

  it('H7 resumes a session by its id and password', async () => {
    const session = { id: 0x1234n, password: Buffer.alloc(16, 9) }
    const subject = await new Subject({ session }).connected()
    expect(subject.world.peer.handshake).to.deep.include({ sessionId: 0x1234n, passwd: session.password })
    expect(subject.session.id).to.equal(0x1234n)
  })

  it('H8 sends the newest zxid in each handshake, and reports HANDSHAKE_REFUSED when every server closes instead of answering', async () => {
    const subject = await new Subject().connected()
    const { world } = subject
    await subject.readOnce()
    world.onConnect = closeUnanswered
    world.peer.close()
    await world.advance(3000)
    expect(world.newestHandshake).to.include({ lastZxidSeen: 101n })
    expect(subject.failures.length).to.be.greaterThan(2)
    expect(subject.failures.every(({ code }) => code === 'HANDSHAKE_REFUSED')).to.equal(true)
  })

  it('E3 carries the newest zxid into a renewed session too, and forgets it only after the grace', async () => {
    const subject = await new Subject({ zxidGrace: 30_000 }).connected()
    const { world } = subject
    await subject.readOnce()
    world.onConnect = closeUnanswered
    world.peer.close()
    await world.advance(20_000)
    expect(subject.states).to.deep.equal(['connected', 'suspended', 'expired', 'connecting'])
    expect(world.newestHandshake).to.include({ sessionId: 0n, lastZxidSeen: 101n })
    await world.advance(40_000)
    expect(world.newestHandshake).to.include({ lastZxidSeen: 0n })
  })

  it('S5 survives what no server should grant: 1 ms, 2^31-1 ms, no password, a megabyte of one', async () => {
    const cases: [number, Buffer | null][] = [
      [1, Buffer.alloc(16)],
      [0x7fffffff, Buffer.alloc(16)],
      [6000, null],
    ]
    for (const [timeout, password] of cases) {
      const subject = new Subject()
      subject.world.onConnect = peer => {
        Object.assign(peer, { timeout, password })
        peer.accept()
      }
      await subject.connected()
      await subject.world.advance(1000)
      expect(subject.world.peer.pings).to.be.lessThan(101)
      expect(subject.session.state).to.equal('connected')
      await subject.session.close()
    }
    const subject = new Subject()
    subject.world.onConnect = peer => {
      peer.password = Buffer.alloc(1_000_000)
      peer.accept()
    }
    await subject.world.settle()
    expect(subject.session.state).to.equal('connecting')
    expect(subject.failures[0]).to.include({ code: 'HANDSHAKE_REFUSED' })
  })

  it('D2 asks the resolver at every attempt and follows a changed address', async () => {
    const world = new Simulation()
    let address = '10.0.0.1'
    world.resolve = async () => [address]
    const subject = await new Subject({}, world).connected()
    expect(world.peer.target.address).to.equal('10.0.0.1')
    address = '10.0.0.2'
    world.peer.close()
    await world.advance(500)
    expect(world.peer.target.address).to.equal('10.0.0.2')
    expect(subject.session.state).to.equal('connected')
  })

  it('D2 tries every address of a name, and the next name when one does not resolve', async () => {
    const world = new Simulation()
    const servers = [
      { host: 'broken', port: 1 },
      { host: 'many', port: 2 },
    ]
    world.resolve = async host => {
      if (host === 'broken') throw new Error('ENOTFOUND')
      return ['::1', '10.0.0.3']
    }
    world.onConnect = peer =>
      peer.target.address === '::1' ? peer.close(new Error('refused')) : peer.accept()
    const subject = new Subject({ servers }, world)
    await world.advance(1000)
    expect(subject.session.state).to.equal('connected')
    expect(world.peers.map(({ target }) => target.address)).to.deep.equal(['::1', '10.0.0.3'])
    expect(subject.failures[0]!.message).to.contain('ENOTFOUND')
  })

  it('D3 does not wait for a resolver that hangs', async () => {
    const world = new Simulation()
    world.resolve = host => (host === 'hangs' ? new Promise(() => {}) : Promise.resolve([host]))
    const servers = [
      { host: 'hangs', port: 1 },
      { host: 'b', port: 2 },
    ]
    const subject = new Subject({ servers }, world)
    await world.advance(3500)
    expect(subject.session.state).to.equal('connected')
    expect(subject.failures[0]).to.include({ code: 'CONNECT_FAILED' })
  })

  it('D3 finds its servers by an SRV record, and looks it up again after a minute', async () => {
    const world = new Simulation()
    let records = [{ host: 'one', port: 1 }]
    let lookUps = 0
    world.resolveSrv = async () => {
      lookUps++
      return records
    }
    const subject = await new Subject({ servers: [], srv: '_zk._tcp.example' }, world).connected()
    // TLS verifies the name that was configured, not what DNS has answered.
    expect(world.peer.target).to.include({ host: 'example', port: 1 })
    records = [{ host: 'two', port: 2 }]
    world.peer.close()
    await world.advance(1000)
    expect([lookUps, world.peer.target.port]).to.deep.equal([1, 1])
    await world.advance(61_000)
    world.peer.close()
    await world.advance(1000)
    expect([lookUps, world.peer.target.port]).to.deep.equal([2, 2])
    expect(subject.session.state).to.equal('connected')
  })

  it('sends credentials before watches, watches before requests, and says connected last', async () => {
    const subject = await new Subject({ servers: [{ host: '127.0.0.1', port: 1 }] }).connected()
    const { world, session } = subject
    await session.addAuth('digest', Buffer.from('a:b'))
    await session.addAuth('digest', Buffer.from('c:d'))
    const armed = session.request(op.exists, { path: '/w', watch: true }, { watcher: () => {} })
    await world.settle()
    world.peer.reply(world.peer.requests[0]!.xid, -101)
    expect(await armed).to.equal(null)
    const seen: (number | string)[] = []
    session.on('state', state => seen.push(state, world.peer.codes.length))
    world.peer.close()
    void outcomeOf(subject.getData())
    await world.advance(500)
    expect(world.peer.codes).to.deep.equal([op.auth.code, op.auth.code, op.setWatches.code, op.getData.code])
    expect(seen).to.deep.equal(['suspended', 3, 'connected', 3])
  })
})
