import { expect } from 'chai'
import { failure } from '../../support/servers.ts'
import { Subject } from '../../support/simulation.ts'

const ANSWER =
  'Zookeeper version: 3.8.4-9316c2a7a97e1666d8f4593f34dd6fc36ecc436c, built on 2024-02-12\nMode: follower\n'

/** A session whose server's answer to `srvr` is set; null for a server that closes the connection without one. */
async function connected(srvr: string | null): Promise<Subject> {
  const subject = new Subject()
  subject.world.onConnect = peer => {
    peer.srvr = srvr
    peer.accept()
  }
  return subject.connected()
}

describe('The release of the connected server, over time', () => {
  it('is asked for once for each connection', async () => {
    const subject = await connected(ANSWER)
    const { world, session } = subject
    const asked = [session.serverRelease(), session.serverRelease()]
    await world.settle()
    expect(await Promise.all([...asked, session.serverRelease()])).to.deep.equal(['3.8.4', '3.8.4', '3.8.4'])
    expect(world.peers).to.have.length(2)
    world.peers[0]!.close()
    await world.settle()
    expect(await session.serverRelease()).to.equal(null)
    await world.advance(1000)
    const again = session.serverRelease()
    await world.settle()
    expect(await again).to.equal('3.8.4')
    expect(world.peers).to.have.length(4)
  })

  it('is not known of a server that answers something else, nothing, or not in time', async () => {
    for (const srvr of ['srvr is not executed because it is not in the whitelist.', null]) {
      const { world, session } = await connected(srvr)
      const asked = session.serverRelease()
      await world.settle()
      expect(await asked).to.equal(null)
    }
    const { world, session } = await connected(ANSWER)
    world.onConnect = () => {}
    const asked = session.serverRelease()
    await world.advance(1100)
    expect(await asked).to.equal(null)
    expect(session.state).to.equal('connected')
  })

  it('is not waited for once the connection is lost or the session is closed', async () => {
    for (const end of [
      (subject: Subject) => subject.world.peers[0]!.close(),
      ({ session }: Subject) => session.close(),
    ]) {
      const subject = await connected(ANSWER)
      subject.world.onConnect = () => {}
      const asked = subject.session.serverRelease()
      await subject.world.settle()
      const ended = end(subject)
      await subject.world.settle()
      expect(await asked).to.equal(null)
      expect(subject.world.peers[1]!.closed).to.equal(true)
      await Promise.all([ended, subject.world.advance(10_000)])
    }
  })

  it('takes no arguments', async () => {
    const { session } = await connected(ANSWER)
    const surplus = session.serverRelease as (...args: unknown[]) => Promise<unknown>
    expect(await failure(surplus.call(session, 1))).to.include({ code: 'BAD_ARGUMENTS' })
  })
})
