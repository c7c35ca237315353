import { expect } from 'chai'
import { BackgroundDeleter } from '../src/core/background-deleter.ts'
import { Mutex } from '../src/index.ts'
import { TestBed, until } from './support/test-bed.ts'

/** More deletions than are retried at a time. */
const COUNT = 20
const CONNECTION_LOSS = -4

describe('A deletion in the background', () => {
  it('finds znodes by their prefix and deletes them, although the search and the deletions fail', async () => {
    const names = Array.from({ length: COUNT }, (_, index) => `n${index}-`)
    const locks = Object.fromEntries(names.map(name => [`${name}0000000000`, '']))
    await using bed = await TestBed.start({ seed: { locks } })
    const zk = await bed.client()
    const deleter = BackgroundDeleter.of(zk)
    bed.server.answerWith('getChildren2', CONNECTION_LOSS, COUNT)
    bed.server.answerWith('delete', CONNECTION_LOSS, COUNT)
    await Promise.all(names.map(name => deleter.removeByPrefix('/locks', name, zk.session.id)))
    expect(bed.names('/locks')).to.deep.equal([])
    expect(deleter.pending).to.equal(0)
  })

  it('leaves nothing on a flapping link, and later releases end', async () => {
    const locks = Object.fromEntries(Array.from({ length: COUNT }, (_, index) => [`l${index}`, '']))
    await using bed = await TestBed.start({ seed: { locks } })
    const zk = await bed.client()
    const abort = new AbortController()
    const { signal } = abort
    bed.server.holdReplies()
    const acquiring = Object.keys(locks).map(name => new Mutex(zk, `/locks/${name}`).acquire({ signal }))
    const given = Promise.allSettled(acquiring)
    const contenders = (): string[] => bed.names('/locks').filter(name => name.includes('/'))
    await until('all have come', () => contenders().length === COUNT)
    abort.abort()
    await given
    const drop = (operation: string): Promise<void> => {
      bed.server.clearRequests()
      bed.server.holdReplies()
      bed.server.dropConnections()
      bed.server.releaseReplies()
      bed.server.holdNextReply(operation)
      return until(`${operation} has come`, () => bed.operations(zk).includes(operation))
    }
    await drop('getChildren2')
    await drop('getChildren2')
    await drop('delete')
    bed.server.releaseReplies()
    bed.server.dropConnections()
    await until('nothing is left', () => contenders().length === 0)
    await (await new Mutex(zk, '/locks/l0').acquire()).release()
  })
})
