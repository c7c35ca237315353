import { op, Xid } from '@zookit/jute'
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
