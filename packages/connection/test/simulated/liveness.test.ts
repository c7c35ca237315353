import { EventType, Xid } from '@zookit/jute'
import { expect } from 'chai'
import { Subject } from '../support/simulation.ts'

/** A server that gives signs of life but answers pings only when told to. */
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

  it('B5 takes no notice of a wall clock that was set back, or corrected by a little', async () => {
    const subject = await new Subject().connected()
    const { world, session } = subject
    const before = session.certainUntil
    for (const jump of [-3_600_000, 40]) {
      world.suspended = jump
      expect(session.certainUntil).to.equal(before)
    }
  })
})
