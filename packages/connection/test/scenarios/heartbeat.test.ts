import { op } from '@zookit/jute'
import { expect } from 'chai'
import { ZooKeeperError } from '../../src/index.ts'
import { replyFrame } from '../support/frames.ts'
import { outcomeOf, Simulation, Subject } from '../support/simulation.ts'

// The session timeout is 6000 ms throughout: pings are due after 2000 ms, silence is fatal after 4000 ms, the session
// is given up after 8000 ms.

describe('Heartbeats', () => {
  it('B1 pings once for each third of the session timeout in which nothing was sent', async () => {
    const { world } = await new Subject().connected()
    await world.advance(20_100)
    expect(world.peer.pings).to.equal(10)
  })

  it('B1 pings every 10 s at most, however long the session timeout is', async () => {
    const subject = new Subject({ sessionTimeout: 120_000 })
    subject.world.onConnect = peer => {
      peer.timeout = 120_000
      peer.accept()
    }
    await subject.connected()
    await subject.world.advance(60_100)
    expect(subject.world.peer.pings).to.equal(6)
  })

  it('B1 pings for sessions that connected at different moments at the same one, a hundredth early at most', async () => {
    const world = new Simulation()
    const begun: number[] = []
    const pinged: number[] = []
    world.onConnect = peer => {
      begun.push(world.time)
      peer.onFrame = () => pinged.push(world.time) < 0
      peer.accept()
    }
    for (const pause of [3, 7, 8, 100]) {
      await world.advance(pause)
      await new Subject({}, world).connected()
    }
    await world.advance(2000)
    expect(pinged).to.have.lengthOf(4)
    expect(new Set(pinged.slice(0, 3)).size).to.equal(1)
    for (const [i, time] of pinged.entries()) expect(time).to.be.within(begun[i]! + 1980, begun[i]! + 2000)
  })

  it('B1 sets one timer for each ping where timers count whole milliseconds, as those of Node', async () => {
    const world = new Simulation()
    const setTimer = world.setTimer.bind(world)
    let timers = 0
    world.setTimer = (callback, delay) => {
      timers++
      return setTimer(callback, Math.trunc(delay))
    }
    world.time += 0.7
    await new Subject({}, world).connected()
    const before = timers
    await world.advance(20_100)
    expect(world.peer.pings).to.equal(10)
    expect(timers - before).to.equal(10)
  })

  it('B1 does not ping while requests flow', async () => {
    const subject = await new Subject().connected()
    const { world } = subject
    world.peer.onRequest = ({ xid }) => {
      world.peer.replyData(xid, 'x')
      return true
    }
    for (let i = 0; i < 30; i++) {
      await subject.getData()
      await world.advance(500)
    }
    expect(world.peer.pings).to.equal(0)
  })

  it('B2 pings even while the server sends without being asked', async () => {
    const { world } = await new Subject().connected()
    for (let i = 0; i < 20; i++) {
      world.peer.event(3, '/nobody-watches')
      await world.advance(500)
    }
    expect(world.peer.pings).to.equal(5)
  })

  it('B3 gives a silent connection up after two thirds of the session timeout, though it keeps writing', async () => {
    const subject = await new Subject().connected()
    const { world } = subject
    world.peer.alive = false
    const asked = outcomeOf(subject.getData())
    for (let i = 0; i < 39; i++) {
      void outcomeOf(subject.getData())
      await world.advance(100)
    }
    expect(subject.session.state).to.equal('connected')
    await world.advance(200)
    expect(subject.states).to.include('suspended')
    expect(await asked)
      .to.be.instanceOf(ZooKeeperError)
      .and.include({ code: 'CONNECTION_LOSS', outcome: 'unknown' })
  })

  it('B4 reads what has arrived before it judges the server dead', async () => {
    const subject = await new Subject().connected()
    const { world } = subject
    // The event loop was blocked: the timer runs first, the pong comes in the same turn of the loop.
    world.peer.alive = false
    await world.advance(2100)
    world.time += 3000
    world.peer.send(replyFrame(-2, -1n, 0))
    for (const timer of [...world.timers].filter(({ at }) => at <= world.time)) {
      world.timers.delete(timer)
      timer.callback()
    }
    await world.settle()
    expect(subject.session.state).to.equal('connected')
    expect(world.peers).to.have.lengthOf(1)
  })

  it('B5 is not certain of the session after the process was stopped for longer than the session timeout', async () => {
    const subject = await new Subject().connected()
    expect(subject.session.certain).to.equal(true)
    subject.world.time += 6001
    expect(subject.session.certain).to.equal(false)
  })

  it('B5 counts certainty from when the newest answered request was sent, not from its reply', async () => {
    const subject = await new Subject().connected()
    const { world, session } = subject
    const sentAt = world.time
    const reading = subject.getData()
    await world.advance(1500)
    world.peer.replyData(world.peer.requests[0]!.xid, 'x')
    await reading
    await world.settle()
    expect(session.certainUntil).to.equal(sentAt + 6000)
  })

  it('B6 keeps the connection alive under a hundred thousand queued writes', async () => {
    const subject = await new Subject().connected()
    const { world } = subject
    world.peer.onRequest = ({ xid }) => {
      if (xid <= 1000) return true
      world.peer.replyData(xid, 'x')
      return true
    }
    const all = Array.from({ length: 100_000 }, () => outcomeOf(subject.getData()))
    await world.advance(2100)
    expect(world.peer.requests).to.have.lengthOf(1000)
    expect(world.peer.pings).to.equal(1)
    for (let xid = 1; xid <= 1000; xid++) world.peer.replyData(xid, 'x')
    const results = await Promise.all(all)
    expect(results.filter(result => result instanceof Error)).to.have.lengthOf(0)
    expect(subject.states).to.deep.equal(['connected'])
  })

  it('B7 gives up a server that does not read, and keeps what was not sent for the next', async () => {
    const subject = await new Subject().connected()
    const { world } = subject
    const first = world.peer
    first.reads = false
    first.alive = false
    const sent = outcomeOf(subject.getData('/sent'))
    await world.settle()
    const queued = subject.getData('/queued')
    await world.settle()
    expect(first.requests).to.have.lengthOf(0)
    world.onConnect = peer => {
      peer.onRequest = ({ xid }) => {
        peer.replyData(xid, 'second server')
        return true
      }
      peer.accept()
    }
    await world.advance(4500)
    expect(await sent).to.include({ code: 'CONNECTION_LOSS', outcome: 'unknown' })
    expect(String((await queued).data)).to.equal('second server')
  })

  it('S3 does not take single bytes of an unfinished frame for a sign of life', async () => {
    const subject = await new Subject().connected()
    const { world } = subject
    const { peer } = world
    peer.alive = false
    const frame = replyFrame(1, 1n, 0, writer => writer.buffer(Buffer.alloc(500_000)))
    for (let at = 0; at < 60 && !peer.closed; at++) {
      peer.send(frame.subarray(at, at + 1))
      await world.advance(100)
    }
    expect(peer.closed).to.equal(true)
    expect(subject.states).to.include('suspended')
  })

  it('closes nothing while the server answers, however long', async () => {
    const subject = await new Subject().connected()
    await subject.world.advance(600_000)
    expect(subject.states).to.deep.equal(['connected'])
    expect(subject.world.peer.codes.every(code => code === op.ping.code)).to.equal(true)
  })
})
