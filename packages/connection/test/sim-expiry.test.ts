import { op } from '@zookit/jute'
import { expect } from 'chai'
import { outcomeOf, type Peer, Subject } from './support/simulation.ts'

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
  it('E1 told by an error number leaves nothing behind that the new session trips over', async () => {
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
})
