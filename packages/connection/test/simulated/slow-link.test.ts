import { op } from '@zookit/jute'
import { expect } from 'chai'
import { replyFrame } from '../support/frames.ts'
import { type Peer, STAT, Subject } from '../support/simulation.ts'

// The session timeout is 6000 ms throughout: silence is fatal after 4000 ms.

const MB = 1024 * 1024

/** Returns a peer whose kernel takes little of what is written, and which answers nothing. */
async function clogged(): Promise<{ subject: Subject; peer: Peer }> {
  const subject = await new Subject().connected()
  const { peer } = subject.world
  peer.alive = false
  peer.reads = false
  for (let i = 0; i < 3; i++) void subject.getData().catch(() => {})
  await subject.world.settle()
  return { subject, peer }
}

describe('A slow link', () => {
  it('B7 is not given up while the kernel takes bytes, however long the server answers nothing', async () => {
    const { subject, peer } = await clogged()
    for (let i = 20; i > 0; i--) {
      await subject.world.advance(3900)
      peer.drain(2 * MB * i)
    }
    expect(subject.states).to.deep.equal(['connected'])
  })

  it('B7 is given up after two thirds of the session timeout in which the kernel took nothing', async () => {
    const { subject, peer } = await clogged()
    await subject.world.advance(3000)
    peer.drain(2 * MB)
    await subject.world.advance(3999)
    expect(peer.closed).to.equal(false)
    await subject.world.advance(1)
    expect(peer.closed).to.equal(true)
  })

  it('B7 is not given up for bytes that the kernel took while the event loop was blocked', async () => {
    const { subject, peer } = await clogged()
    await subject.world.advance(1000)
    setImmediate(() => peer.drain(2 * MB))
    await subject.world.standStill(3900)
    expect(subject.states).to.deep.equal(['connected'])
  })

  it('B7 is written to again when the kernel holds little, not only when it holds nothing', async () => {
    const { subject, peer } = await clogged()
    const queued = subject.getData('/queued')
    await subject.world.settle()
    const before = peer.codes.length
    peer.drain(1000)
    await subject.world.settle()
    expect(peer.codes.length).to.equal(before + 1)
    peer.close()
    await queued.catch(() => {})
  })

  it('S3 is not given up while a long reply comes along, and is when it does not', async () => {
    const subject = await new Subject().connected()
    const { world } = subject
    const { peer } = world
    const read = subject.getData()
    await world.settle()
    peer.alive = false
    const reply = replyFrame(1, 5n, 0, writer => {
      op.getData.writeResponse(writer, { data: Buffer.alloc(600_000), stat: STAT })
    })
    for (let at = 0; at < reply.length; at += 30_000) {
      peer.send(reply.subarray(at, at + 30_000))
      await world.advance(500)
    }
    expect((await read).data).to.have.lengthOf(600_000)
    expect(subject.states).to.deep.equal(['connected'])
    peer.send(reply.subarray(0, 100_000))
    await world.advance(8000)
    expect(subject.states.slice(0, 2)).to.deep.equal(['connected', 'suspended'])
    expect(peer.closed).to.equal(true)
  })
})

describe('An event loop that was blocked', () => {
  it('B4 for more than two thirds of the timeout pings before the server counts as silent', async () => {
    for (const still of [4001, 4500, 5900, 20_000]) {
      const subject = await new Subject().connected()
      const { world } = subject
      await world.standStill(still)
      expect(world.peer.pings, `${still} ms`).to.equal(1)
      await world.advance(10_000)
      expect(subject.states, `${still} ms`).to.deep.equal(['connected'])
      expect(world.peers).to.have.lengthOf(1)
    }
  })

  it('B4 gives a server up that does not answer this ping within a third of the timeout', async () => {
    const subject = await new Subject().connected()
    const { world } = subject
    world.peer.alive = false
    await world.standStill(5000)
    await world.advance(1999)
    expect(world.peer.closed).to.equal(false)
    await world.advance(1)
    expect(world.peers[0]!.closed).to.equal(true)
  })
})
