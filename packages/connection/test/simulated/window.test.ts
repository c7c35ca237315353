import { op } from '@zookit/jute'
import { expect } from 'chai'
import { outcomeOf, type Peer, Subject } from '../support/simulation.ts'

function echo(peer: Peer): void {
  peer.onRequest = ({ xid, code }) => {
    if (code === op.closeSession.code) return false
    peer.replyData(xid, String(xid))
    return true
  }
}

/** Makes requests and takes them back before they are sent. */
function takenBack(subject: Subject, count: number): Promise<unknown>[] {
  const { signal, abort } = withAbort()
  const asked = Array.from({ length: count }, () => outcomeOf(subject.getData('/x', { signal })))
  abort()
  return asked
}

function withAbort(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController()
  return { signal: controller.signal, abort: () => controller.abort() }
}

describe('The window', () => {
  it('P8 keeps no place for a cancelled request behind one that was sent', async () => {
    const subject = await new Subject({ maxInFlight: 2 }).connected()
    echo(subject.world.peer)
    const kept = subject.getData()
    for (const error of await Promise.all(takenBack(subject, 9))) {
      expect(error).to.include({ code: 'ABORTED', outcome: 'not-sent' })
    }
    await kept
    const later = [subject.getData(), subject.getData(), subject.getData()]
    await subject.world.settle()
    expect(subject.world.peer.requests).to.have.lengthOf(4)
    await Promise.all(later)
    expect(subject.session.outstanding).to.equal(0)
  })

  it('P8 lets a session move whose last request was cancelled', async () => {
    const subject = await new Subject().connected()
    const { world, session } = subject
    echo(world.peer)
    const kept = subject.getData()
    await Promise.all(takenBack(subject, 1))
    await kept
    session.updateServers([{ host: 'b', port: 1 }])
    await world.advance(300)
    expect(session.server).to.deep.equal({ host: 'b', port: 1 })
  })

  it('sends requests that wait for room in the queue at once while the window has room', async () => {
    const subject = await new Subject({ maxQueuedBytes: 1, whenFull: 'wait', maxInFlight: 15 }).connected()
    const { peer } = subject.world
    const all = Promise.all(Array.from({ length: 20 }, () => subject.getData()))
    await subject.world.settle()
    expect(peer.requests.map(({ xid }) => xid)).to.deep.equal(Array.from({ length: 15 }, (_, i) => i + 1))
    echo(peer)
    for (let xid = 1; xid <= 15; xid++) peer.replyData(xid, 'x')
    await all
  })

  it('sends no more requests from the queue to a server that does not read', async () => {
    const subject = await new Subject({ maxQueuedBytes: 1, whenFull: 'wait' }).connected()
    const { world } = subject
    world.peer.reads = false
    const all = Array.from({ length: 20 }, () => outcomeOf(subject.getData()))
    await world.settle()
    expect(world.peer.requests).to.have.lengthOf(1)
    echo(world.peer)
    world.peer.drain()
    world.peer.replyData(1, 'x')
    await Promise.all(all)
    expect(world.peer.requests).to.have.lengthOf(20)
  })
})
