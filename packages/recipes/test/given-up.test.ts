import type { ZooKeeper } from '@zookit/client'
import { expect } from 'chai'
import { BackgroundDeleter } from '../src/core/background-deleter.ts'
import { WatchWaiter } from '../src/core/watch-waiter.ts'
import { Lock } from '../src/index.ts'
import { mutexOf } from './support/contenders.ts'
import { failure, settle, TestBed, until } from './support/test-bed.ts'

const PATH = '/locks/job'

describe('A contender that is given up', () => {
  interface Stage {
    bed: TestBed
    zk: ZooKeeper
    abort: AbortController
  }

  /** Calls `strike` at one request of an acquisition. Returns false if there are fewer requests. */
  async function strikeAt(at: number, isHeld: boolean, strike: (stage: Stage) => void): Promise<boolean> {
    await using bed = await TestBed.start()
    const [holder, zk] = [await bed.client(), await bed.client()]
    const held = isHeld ? await mutexOf(holder).acquire() : undefined
    const abort = new AbortController()
    let requests = 0
    const counting = bed.server.answerWith(({ sessionId, operation }) => {
      if (sessionId !== zk.session.id || operation === 'connect' || abort.signal.aborted) return false
      if (++requests === at) strike({ bed, zk, abort })
      return false
    }, -4)
    const acquiring = mutexOf(zk).acquire({ signal: abort.signal })
    const result = acquiring.then(
      lock => lock,
      (error: unknown) => error,
    )
    if (held) {
      await until('it waits, or not any more', () => abort.signal.aborted || requests === 3)
      await settle()
      if (!abort.signal.aborted) await held.release()
    }
    const error = await result
    counting.cancel()
    if (error instanceof Lock) {
      await error.release()
      return false
    }
    expect(error, `at request ${at}`).to.include({ code: 'ABORTED', name: 'AbortError' })
    await held?.release()
    await until(`its znode is gone, struck at request ${at}`, async () => {
      await settle()
      return zk.state === 'connected' && bed.names(PATH).length === 0
    })
    await until(
      'its session is idle',
      () => BackgroundDeleter.of(zk).pending === 0 && WatchWaiter.count(zk) === 0,
    )
    await settle()
    expect(bed.names(PATH), `struck at request ${at}`).to.deep.equal([])
    return true
  }

  /** Calls `strike` at each request in turn. Returns their number. */
  async function strikeAll(isHeld: boolean, strike: (stage: Stage) => void): Promise<number> {
    let at = 1
    while (await strikeAt(at, isHeld, strike)) at++
    return at - 1
  }

  // If nothing exists: create, list, ask for both parents, create both, create, list. With a holder: create, list,
  // read the one ahead, list.
  const REQUESTS = { free: 8, held: 4 }

  it('Z4 leaves no znode behind, whatever it was waiting for', async () => {
    const abort = (stage: Stage): void => stage.abort.abort()
    expect(await strikeAll(false, abort)).to.equal(REQUESTS.free)
    expect(await strikeAll(true, abort)).to.equal(REQUESTS.held)
  })

  it('Z4 leaves no znode behind when the connection is lost at the same time', async () => {
    const abort = ({ bed, zk, abort }: Stage): void => {
      abort.abort()
      bed.server.dropConnection(zk.session.id)
    }
    expect(await strikeAll(false, abort)).to.equal(REQUESTS.free)
    expect(await strikeAll(true, abort)).to.equal(REQUESTS.held)
  })

  it('Z4 leaves no znode behind when it is given up in the turn after an answer', async () => {
    const abort = ({ abort }: Stage): void => void setImmediate(() => setImmediate(() => abort.abort()))
    // After the last answer it may be granted already.
    expect(await strikeAll(true, abort)).to.be.within(REQUESTS.held - 1, REQUESTS.held)
  })

  it('Z4 leaves no znode behind when its create is answered only afterwards', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    bed.server.seed({ locks: { job: '' } })
    bed.server.holdReplies()
    const given = new AbortController()
    const acquiring = failure(mutexOf(zk).acquire({ signal: given.signal }))
    await until('its znode is there', () => bed.names(PATH).length === 1)
    given.abort()
    expect(await acquiring).to.include({ code: 'ABORTED', operation: 'acquire', path: PATH })
    expect(bed.names(PATH)).to.have.length(1)
    bed.server.releaseReplies()
    await until('its znode is gone', () => bed.names(PATH).length === 0)
  })

  it('Z4 leaves no znode behind when it is not known whether one was created', async () => {
    await using bed = await TestBed.start({ seed: { locks: { job: '' } } })
    const zk = await bed.client()
    await bed.server.refuseConnections(true)
    bed.server.loseNextReply('create2')
    const given = new AbortController()
    const acquiring = failure(mutexOf(zk).acquire({ signal: given.signal }))
    await until('the connection is lost', () => zk.state === 'suspended')
    given.abort()
    expect(await acquiring).to.include({ code: 'ABORTED' })
    expect(bed.names(PATH)).to.have.length(1)
    await bed.server.refuseConnections(false)
    await until('its znode is gone', () => bed.names(PATH).length === 0)
  })

  it('is not sent at all if it was given up before', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    bed.server.clearRequests()
    const error = await failure(mutexOf(zk).acquire({ signal: AbortSignal.abort('enough') }))
    expect(error).to.include({ code: 'ABORTED', cause: 'enough' })
    expect(bed.operations()).to.deep.equal([])
  })

  it('leaves one watch at most on the one ahead, however often it arrives', async () => {
    await using bed = await TestBed.start()
    const [holder, zk] = [await bed.client(), await bed.client()]
    const lock = await mutexOf(holder).acquire()
    for (let times = 0; times < 5; times++) {
      const stop = new AbortController()
      const acquiring = failure(mutexOf(zk).acquire({ signal: stop.signal }))
      await until('it waits', () => bed.names(PATH).length === 2 && WatchWaiter.count(zk) === 1)
      stop.abort()
      expect(await acquiring).to.include({ code: 'ABORTED' })
      await until('its znode is gone', () => bed.names(PATH).length === 1)
    }
    expect(WatchWaiter.count(zk)).to.equal(1)
    expect(bed.server.watches()).to.have.length(1)
    await lock.release()
    await until('it is told', () => WatchWaiter.count(zk) === 0)
    expect(bed.server.watches()).to.deep.equal([])
  })
})
