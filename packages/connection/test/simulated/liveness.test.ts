import { EventType, Xid } from '@zookit/jute'
import { expect } from 'chai'
import { Simulation, Subject } from '../support/simulation.ts'

/** Returns a server that gives signs of life but answers pings only when told to. */
async function lateAnswers(): Promise<Subject> {
  const subject = await new Subject().connected()
  subject.world.peer.alive = false
  return subject
}

async function live(subject: Subject, milliseconds: number): Promise<void> {
  subject.world.peer.event(EventType.nodeCreated, '/unrelated')
  await subject.world.advance(milliseconds)
}

describe('The certainty of a session', () => {
  it('B5 is not prolonged by an answer to an earlier ping than the last', async () => {
    const subject = await lateAnswers()
    const { world, session } = subject
    const start = world.time
    await live(subject, 2000)
    await live(subject, 2000)
    expect(world.peer.pings).to.equal(2)
    expect(session.certainUntil).to.equal(start + 6000)
    world.peer.reply(Xid.ping)
    await world.settle()
    expect(session.certainUntil).to.equal(start + 2000 + 6000)
  })

  it('B5 is not prolonged by answers to no ping', async () => {
    const subject = await lateAnswers()
    const { world, session } = subject
    const start = world.time
    for (let i = 0; i < 3; i++) world.peer.reply(Xid.ping)
    await live(subject, 2000)
    await live(subject, 1000)
    expect(world.peer.pings).to.equal(1)
    expect(session.certainUntil).to.equal(start + 6000)
  })

  it('B5 advances from ping to ping though every answer comes after the next ping', async () => {
    const subject = await lateAnswers()
    const { world, session } = subject
    const start = world.time
    await live(subject, 2000)
    for (let ping = 2; ping <= 9; ping++) {
      await live(subject, 2000)
      expect(world.peer.pings).to.equal(ping)
      world.peer.reply(Xid.ping)
    }
    await world.settle()
    // Answers to pings 1 to 8 have come; one in two of them was awaited.
    expect(session.certainUntil).to.equal(start + 7 * 2000 + 6000)
  })

  it('B5 starts again with each connection: answers to pings of the last one are not awaited', async () => {
    const subject = await lateAnswers()
    const { world, session } = subject
    await live(subject, 2000)
    world.peer.close()
    await world.advance(500)
    const start = world.time
    await live(subject, 2000)
    expect(world.peer.pings).to.equal(1)
    expect(session.certainUntil).to.be.within(start, start + 2000 + 6000)
    await live(subject, 2000)
    expect(session.certain).to.equal(true)
  })

  it('B5 is not certain after the machine was suspended, until the server has answered something new', async () => {
    const subject = await new Subject().connected()
    const { world, session } = subject
    await world.advance(1000)
    expect(session.certain).to.equal(true)
    const before = session.certainUntil
    world.suspended = 4000
    expect(session.certainUntil).to.equal(before - 4000)
    world.suspended = 5500
    expect(session.certain).to.equal(false)
    // The reply to what was sent before the suspension proves nothing about the time after it.
    await world.advance(2000)
    expect(world.peer.pings).to.equal(1)
    expect(session.certain).to.equal(true)
    expect(session.certainUntil - world.time).to.be.greaterThan(3000)
  })

  it('B5 takes no notice of a wall clock that was set, forward or back, or corrected by a little', async () => {
    const subject = await new Subject().connected()
    const { world, session } = subject
    await world.advance(1000)
    const before = session.certainUntil
    for (const step of [-3_600_000, 40, 3_600_000]) {
      world.wallStep = step
      expect(session.certainUntil).to.equal(before)
      expect(session.certain).to.equal(true)
    }
    // Also not when the server has answered since, and somebody sets the clock again.
    await world.advance(2000)
    expect(session.certainUntil).to.be.greaterThan(before)
    const after = session.certainUntil
    world.wallStep = 0
    expect(session.certainUntil).to.equal(after)
  })

  it('B5 knows of a suspension during which, or after which, the wall clock was set', async () => {
    for (const step of [-4000, -3_600_000, 3_600_000]) {
      const subject = await new Subject().connected()
      const { world, session } = subject
      const before = session.certainUntil
      world.suspended = 6500
      world.wallStep = step
      expect(session.certainUntil).to.be.within(before - 7500, before - 6500)
      expect(session.certain).to.equal(false)
    }
  })

  it('B5 is not certain for too long by a boot clock that counts seconds', async () => {
    for (const suspended of [900, 3900]) {
      const world = new Simulation()
      world.bootGrain = 1000
      world.time += 50
      const { session } = await new Subject({}, world).connected()
      const before = session.certainUntil
      world.suspended = suspended
      expect(session.certainUntil).to.equal(before - suspended)
    }
  })

  it('B5 counts one suspension once: not for what was answered after it, whatever the wall clock does', async () => {
    const subject = await new Subject().connected()
    const { world, session } = subject
    world.suspended = 4000
    await world.advance(4500)
    const before = session.certainUntil
    world.wallStep = 3_600_000
    expect(session.certainUntil).to.equal(before)
    expect(session.certain).to.equal(true)
  })

  it('B5 is certain of nothing after a jump of the wall clock where no clock tells whose it was', async () => {
    const world = new Simulation()
    world.hidesBootTime = true
    const { session } = await new Subject({}, world).connected()
    const before = session.certainUntil
    world.wallStep = -8000
    expect(session.certainUntil).to.equal(before)
    world.wallStep = 8000
    expect(session.certainUntil).to.equal(before - 8000)
    expect(session.certain).to.equal(false)
  })

  it('B5 does not trust the answer to a handshake that was sent before a suspension', async () => {
    const world = new Simulation()
    world.onConnect = peer => {
      peer.alive = false
      peer.accept()
    }
    const { session } = new Subject({}, world)
    await world.settle()
    const sentAt = world.time
    world.suspended = 5500
    world.peer.answerHandshake()
    await world.settle()
    expect(session.state).to.equal('connected')
    expect(session.certainUntil).to.equal(sentAt + 6000 - 5500)
  })

  it('B5 reads the costly clock once for a connection, and where the wall clock has moved', async () => {
    const subject = await new Subject().connected()
    const { world, session } = subject
    for (let second = 0; second < 20; second++) {
      await world.advance(1000)
      expect(session.certain).to.equal(true)
    }
    expect(world.bootReads).to.equal(1)
    world.wallStep = 60_000
    expect(session.certain).to.equal(true)
    expect(world.bootReads).to.equal(2)
  })

  it('B5 reads the costly clock for another connection only where the wall clock has moved since', async () => {
    const world = new Simulation()
    await new Subject({}, world).connected()
    await world.advance(1000)
    await new Subject({}, world).connected()
    expect(world.bootReads).to.equal(1)
    world.suspended = 5500
    await world.advance(1)
    const { session } = await new Subject({}, world).connected()
    expect(world.bootReads).to.equal(2)
    const { certainUntil } = session
    world.suspended += 1000
    expect(session.certainUntil).to.equal(certainUntil - 1000)
  })
})
