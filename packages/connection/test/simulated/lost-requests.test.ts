import { expect } from 'chai'
import type { ZooKeeperError } from '../../src/index.ts'
import { outcomeOf, Subject } from '../support/simulation.ts'

function systemError(code: string): Error {
  return Object.assign(new Error(`read ${code}`), { code })
}

/** Loses the connection with three requests in flight. Returns for each how many older ones it is told of. */
async function olderOf(lose: (subject: Subject) => Promise<void> | void): Promise<unknown[]> {
  const subject = await new Subject().connected()
  const asked = ['/a', '/b', '/c'].map(path => outcomeOf(subject.getData(path)))
  await subject.world.settle()
  await lose(subject)
  const errors = (await Promise.all(asked)) as ZooKeeperError[]
  for (const error of errors) expect(error).to.include({ code: 'CONNECTION_LOSS', outcome: 'unknown' })
  return errors.map(({ olderUnanswered }) => olderUnanswered)
}

describe('A request that is lost with its connection', () => {
  it('is told how many older ones were not answered, if the server has closed the connection', async () => {
    for (const reason of [null, systemError('ECONNRESET'), systemError('EPIPE')]) {
      expect(await olderOf(({ world }) => world.peer.close(reason))).to.deep.equal([0, 1, 2])
    }
  })

  it('is not told so if something else has ended the connection', async () => {
    const none = [undefined, undefined, undefined]
    expect(await olderOf(({ world }) => world.peer.close(systemError('ETIMEDOUT')))).to.deep.equal(none)
    const silent = async ({ world }: Subject): Promise<void> => {
      world.peer.alive = false
      await world.advance(5000)
    }
    expect(await olderOf(silent)).to.deep.equal(none)
    expect(await olderOf(({ world }) => world.peer.reply(99))).to.deep.equal(none)
  })

  it('counts one that was given up and is not answered', async () => {
    const subject = await new Subject().connected()
    const given = new AbortController()
    const first = outcomeOf(subject.getData('/a', { signal: given.signal }))
    const second = outcomeOf(subject.getData('/b'))
    await subject.world.settle()
    given.abort()
    subject.world.peer.close()
    expect(await first)
      .to.include({ code: 'ABORTED' })
      .but.not.have.property('olderUnanswered')
    expect(await second).to.include({ code: 'CONNECTION_LOSS', olderUnanswered: 1 })
  })
})
