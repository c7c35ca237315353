import { op } from '@zookit/jute'
import { expect } from 'chai'
import { outcomeOf, Subject } from '../support/simulation.ts'

describe('Closing under way', () => {
  it('X1 sends closeSession behind every request, even if the queue is full', async () => {
    for (const whenFull of ['wait', 'reject'] as const) {
      const subject = await new Subject({ maxInFlight: 1, maxQueuedBytes: 1, whenFull }).connected()
      const { world, session } = subject
      const asked = [subject.getData('/sent')]
      await world.settle()
      asked.push(subject.getData('/queued'))
      const closed = session.close()
      for (const xid of [1, 2]) {
        await world.settle()
        world.peer.replyData(xid, 'x')
      }
      await Promise.all([...asked, closed])
      const { getData, closeSession } = op
      expect(world.peer.requests.map(({ code }) => code)).to.deep.equal([
        getData.code,
        getData.code,
        closeSession.code,
      ])
    }
  })

  it('X1 ends at once when the connection is lost, though closeSession was still queued', async () => {
    const subject = await new Subject({ maxInFlight: 1 }).connected()
    const { world, session, states } = subject
    const asked = [outcomeOf(subject.getData()), outcomeOf(subject.getData())]
    await world.settle()
    const closed = session.close()
    world.peer.close()
    await closed
    expect(await asked[0]).to.include({ code: 'CONNECTION_LOSS', outcome: 'unknown' })
    expect(await asked[1]).to.include({ code: 'CLOSED', outcome: 'not-sent' })
    expect(states).to.deep.equal(['connected', 'suspended', 'closed'])
    expect(world.timers.size).to.equal(0)
    expect(world.peers).to.have.lengthOf(1)
  })

  it('X1 leaves no server that is not in the list any more: requests are answered, and then it is told of the end', async () => {
    const subject = await new Subject({ servers: [{ host: 'a', port: 1 }], maxInFlight: 1 }).connected()
    const { world, session } = subject
    session.on('closing', () => session.updateServers([{ host: 'b', port: 1 }]))
    const asked = [subject.getData('/sent'), subject.getData('/queued')]
    await world.settle()
    const closed = session.close()
    for (const xid of [1, 2]) {
      await world.settle()
      world.peer.replyData(xid, 'x')
    }
    await Promise.all([...asked, closed])
    expect(world.peer.codes.at(-1)).to.equal(op.closeSession.code)
  })
})
