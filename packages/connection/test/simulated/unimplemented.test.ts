import { type MultiOperation, op, Xid } from '@zookit/jute'
import { expect } from 'chai'
import { outcomeOf, type Peer, Subject } from '../support/simulation.ts'

const UNIMPLEMENTED = -6

/** Answers every getData with its xid. */
function echo(peer: Peer): void {
  peer.onRequest = ({ xid, code }) => {
    if (code === op.getData.code) peer.replyData(xid, String(xid))
    return code === op.getData.code
  }
}

/** A session whose server has refused an operation and said nothing more yet, and a request made right after that. */
async function refused(): Promise<{ subject: Subject; next: Promise<unknown> }> {
  const subject = await new Subject().connected()
  const { world, session } = subject
  world.onConnect = peer => {
    peer.accept()
    echo(peer)
  }
  const asked = outcomeOf(session.request(op.whoAmI, null))
  await world.settle()
  const { peer } = world
  peer.onFrame = ({ code }) => code === op.ping.code
  peer.reply(1, UNIMPLEMENTED)
  expect(await asked).to.include({ code: 'UNIMPLEMENTED', outcome: 'rejected' })
  const next = outcomeOf(subject.getData())
  await world.settle()
  expect(peer.codes).to.deep.equal([op.whoAmI.code, op.ping.code])
  return { subject, next }
}

describe('Requests behind an operation that the server does not know', () => {
  it('wait for the next connection when the server closes this one', async () => {
    const { subject, next } = await refused()
    subject.world.peer.close()
    await subject.world.advance(1000)
    expect(await next).to.have.property('data')
    expect(subject.states).to.deep.equal(['connected', 'suspended', 'connected'])
  })

  it('are refused with it where they ask for the same, and wait for the next connection where they do not', async () => {
    const subject = await new Subject({ maxInFlight: 1, maxQueuedBytes: 80, whenFull: 'wait' }).connected()
    const { world, session } = subject
    const { peer } = world
    const refused = outcomeOf(session.request(op.whoAmI, null))
    const asking = [{}, { timeout: 5000 }, {}, {}, {}, {}, {}, {}, { timeout: 5000 }]
    const same = asking.map(options => outcomeOf(session.request(op.whoAmI, null, options)))
    const others = [
      outcomeOf(subject.getData('/other')),
      outcomeOf(session.request(op.getEphemerals, { prefixPath: '/' })),
    ]
    await world.settle()
    expect(session.queuedBytes).to.be.within(80, 99)
    peer.onFrame = () => true
    peer.reply(1, UNIMPLEMENTED)
    expect(await refused).to.include({ code: 'UNIMPLEMENTED', outcome: 'rejected' })
    peer.close()
    await world.advance(1000)
    for (const each of same)
      expect(await each).to.include({ code: 'UNIMPLEMENTED', operation: 'whoAmI', outcome: 'not-sent' })
    expect(world.peer).not.to.equal(peer)
    world.peer.replyData(world.peer.requests[0]!.xid, 'x')
    expect(await others[0]).to.have.property('data')
    await world.settle()
    expect(world.peer.codes).to.deep.equal([op.getData.code, op.getEphemerals.code])
    expect(session.outstanding).to.equal(1)
    world.peer.reply(world.peer.requests[1]!.xid, UNIMPLEMENTED)
    expect(await others[1]).to.include({ code: 'UNIMPLEMENTED', outcome: 'rejected' })
  })

  it('are not refused with it when the server has kept the connection and it is lost later', async () => {
    const { subject, next } = await refused()
    const { world, session } = subject
    echo(world.peer)
    world.peer.reply(Xid.ping)
    await next
    const { peer } = world
    world.onConnect = peer => peer.accept()
    const waiting = outcomeOf(session.request(op.whoAmI, null))
    peer.close()
    await world.advance(1000)
    expect(world.peer.codes).to.deep.equal([op.whoAmI.code])
    world.peer.reply(world.peer.requests[0]!.xid, UNIMPLEMENTED)
    await waiting
  })

  it('are not refused with a multi, which may have other parts', async () => {
    const subject = await new Subject({ maxInFlight: 1 }).connected()
    const { world, session } = subject
    const { peer } = world
    const operations: MultiOperation[] = [{ type: 13, request: { path: '/a', version: 1 } }]
    const [first, second] = [1, 2].map(() => outcomeOf(session.request(op.multi, { operations })))
    await world.settle()
    peer.onFrame = () => true
    peer.reply(1, UNIMPLEMENTED)
    expect(await first).to.include({ code: 'UNIMPLEMENTED' })
    peer.close()
    await world.advance(1000)
    expect(world.peer.codes).to.deep.equal([op.multi.code])
    world.peer.reply(world.peer.requests[0]!.xid, -101)
    expect(await second).to.include({ code: 'NO_NODE' })
  })

  it('are sent as soon as the server answers a ping, which shows that it keeps the connection', async () => {
    const { subject, next } = await refused()
    const { peer } = subject.world
    echo(peer)
    peer.reply(Xid.ping)
    expect(await next).to.have.property('data')
    expect(subject.states).to.deep.equal(['connected'])
  })

  it('are not sent for the answer to an earlier ping', async () => {
    const subject = await new Subject().connected()
    const { world, session } = subject
    const { peer } = world
    peer.onFrame = ({ code }) => code === op.ping.code
    await world.advance(2500)
    expect(peer.codes).to.deep.equal([op.ping.code])
    const asked = outcomeOf(session.request(op.whoAmI, null))
    await world.settle()
    peer.reply(1, UNIMPLEMENTED)
    await asked
    const next = outcomeOf(subject.getData())
    echo(peer)
    peer.reply(Xid.ping)
    await world.settle()
    expect(peer.codes).to.deep.equal([op.ping.code, op.whoAmI.code, op.ping.code])
    peer.reply(Xid.ping)
    expect(await next).to.have.property('data')
  })

  it('are not lost when the refusal overtakes the answers to what was sent before', async () => {
    const subject = await new Subject().connected()
    const { world, session } = subject
    const { peer } = world
    const before = outcomeOf(subject.getData('/a'))
    const asked = outcomeOf(session.request(op.whoAmI, null))
    const behind = outcomeOf(subject.getData('/b'))
    await world.settle()
    peer.reply(2, UNIMPLEMENTED)
    expect(await asked).to.include({ code: 'UNIMPLEMENTED', outcome: 'rejected' })
    peer.replyData(1, 'a')
    expect(await before).to.have.property('data')
    peer.replyData(3, 'b')
    expect(await behind).to.have.property('data')
    expect(session.outstanding).to.equal(0)
    expect(subject.states).to.deep.equal(['connected'])
  })
})
