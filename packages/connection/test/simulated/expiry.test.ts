import { op } from '@zookit/jute'
import { expect } from 'chai'
import { outcomeOf, type Peer, Subject, staySilent } from '../support/simulation.ts'

function renewing(peer: Peer): void {
  peer.sessionId = 0x99n
  peer.onRequest = ({ xid, code }) => {
    if (code === op.closeSession.code) return false
    peer.replyData(xid, 'new')
    return true
  }
  peer.accept()
}

describe('An expiry', () => {
  it('E1 told by an error number leaves nothing behind that harms the new session', async () => {
    const subject = await new Subject().connected()
    const { world, session } = subject
    const asked = outcomeOf(subject.getData())
    await world.settle()
    const old = world.peer
    world.onConnect = renewing
    old.reply(1, -112)
    expect(await asked).to.include({ code: 'SESSION_EXPIRED', errno: -112 })
    const between = [subject.getData(), subject.getData()]
    await world.advance(500)
    expect(await Promise.all(between)).to.have.lengthOf(2)
    expect(old.requests).to.have.lengthOf(1)
    expect(session.id).to.equal(0x99n)
    expect(subject.states).to.deep.equal(['connected', 'expired', 'connecting', 'connected'])
  })

  it('E1 is told once though client and server tell it in the same moment', async () => {
    const { world, states } = await awaitingAnAnswer()
    world.peer.answerExpired()
    await world.standStill(20)
    expect(states).to.deep.equal(['connected', 'suspended', 'expired', 'connecting'])
  })

  it('E1 is not declared if the answer of a server that knows the session waits in the kernel', async () => {
    const { world, states, session } = await awaitingAnAnswer()
    world.peer.alive = true
    world.peer.answerHandshake()
    await world.standStill(20)
    expect(states).to.deep.equal(['connected', 'suspended', 'connected'])
    expect(session.id).to.equal(0x1234n)
  })
})

/** Returns a session whose reconnect waits for the answer to its handshake, 10 ms before it counts as expired. */
async function awaitingAnAnswer(): Promise<Subject> {
  const subject = await new Subject().connected()
  const { world } = subject
  world.onConnect = staySilent
  world.peer.close()
  await world.advance(7990)
  expect(world.peer.handshake).to.not.equal(null)
  return subject
}
