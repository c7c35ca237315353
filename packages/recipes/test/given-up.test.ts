import type { ZooKeeper } from '@zookit/client'
import { expect } from 'chai'
import { Bell } from '../src/core/bell.ts'
import { Sweeper } from '../src/core/sweeper.ts'
import { Lock } from '../src/index.ts'
import { mutexOf } from './support/contenders.ts'
import { failure, Ground, settle, until } from './support/ground.ts'

const PATH = '/locks/job'

describe('A contender that is given up', () => {
  interface Stage {
    ground: Ground
    zk: ZooKeeper
    abort: AbortController
  }

  /** Runs `strike` at one request of an acquisition. False: there are not so many. */
  async function strikeAt(at: number, isHeld: boolean, strike: (stage: Stage) => void): Promise<boolean> {
    await using ground = await Ground.lay()
    const [holder, zk] = [await ground.client(), await ground.client()]
    const held = isHeld ? await mutexOf(holder).acquire() : undefined
    const abort = new AbortController()
    let requests = 0
    const counting = ground.server.answerWith(({ sessionId, operation }) => {
      if (sessionId !== zk.session.id || operation === 'connect' || abort.signal.aborted) return false
      if (++requests === at) strike({ ground, zk, abort })
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
    await until(`its node is gone, struck at request ${at}`, async () => {
      await settle()
      return zk.state === 'connected' && ground.names(PATH).length === 0
    })
    await until('its session is idle', () => Sweeper.of(zk).pending === 0 && Bell.count(zk) === 0)
    await settle()
    expect(ground.names(PATH), `struck at request ${at}`).to.deep.equal([])
    return true
  }

  /** Strikes at each request in turn. Returns how many there were. */
  async function strikeAll(isHeld: boolean, strike: (stage: Stage) => void): Promise<number> {
    let at = 1
    while (await strikeAt(at, isHeld, strike)) at++
    return at - 1
  }

  // Where nothing is: create, list, ask for both parents, create both, create, list. Where somebody is: create, list,
  // read the one ahead, list.
  const REQUESTS = { free: 8, held: 4 }

  it('Z4 leaves no node behind, whatever it was waiting for', async () => {
    const abort = (stage: Stage): void => stage.abort.abort()
    expect(await strikeAll(false, abort)).to.equal(REQUESTS.free)
    expect(await strikeAll(true, abort)).to.equal(REQUESTS.held)
  })

  it('Z4 leaves no node behind when the connection is lost at the same time', async () => {
    const abort = ({ ground, zk, abort }: Stage): void => {
      abort.abort()
      ground.server.dropConnection(zk.session.id)
    }
    expect(await strikeAll(false, abort)).to.equal(REQUESTS.free)
    expect(await strikeAll(true, abort)).to.equal(REQUESTS.held)
  })

  it('Z4 leaves no node behind when it is given up in the turn after an answer', async () => {
    const abort = ({ abort }: Stage): void => void setImmediate(() => setImmediate(() => abort.abort()))
    // After the last answer it may be granted already.
    expect(await strikeAll(true, abort)).to.be.within(REQUESTS.held - 1, REQUESTS.held)
  })

  it('Z4 leaves no node behind when its create is answered only afterwards', async () => {
    await using ground = await Ground.lay()
    const zk = await ground.client()
    ground.server.seed({ locks: { job: '' } })
    ground.server.holdReplies()
    const error = await failure(mutexOf(zk).acquire({ timeout: 5 }))
    expect(error).to.include({ code: 'REQUEST_TIMEOUT', operation: 'acquire', path: PATH })
    expect(ground.names(PATH)).to.have.length(1)
    ground.server.releaseReplies()
    await until('its node is gone', () => ground.names(PATH).length === 0)
  })

  it('Z4 leaves no node behind when nobody knows whether there was one', async () => {
    await using ground = await Ground.lay({ seed: { locks: { job: '' } } })
    const zk = await ground.client()
    await ground.server.refuseConnections(true)
    ground.server.loseNextReply('create2')
    expect(await failure(mutexOf(zk).acquire({ timeout: 20 }))).to.include({ code: 'REQUEST_TIMEOUT' })
    expect(ground.names(PATH)).to.have.length(1)
    await ground.server.refuseConnections(false)
    await until('its node is gone', () => ground.names(PATH).length === 0)
  })

  it('is not sent at all when it was given up before', async () => {
    await using ground = await Ground.lay()
    const zk = await ground.client()
    ground.server.clearRequests()
    const error = await failure(mutexOf(zk).acquire({ signal: AbortSignal.abort('enough') }))
    expect(error).to.include({ code: 'ABORTED', cause: 'enough' })
    expect(ground.operations()).to.deep.equal([])
  })

  it('leaves one watch at most on the one it waited for, however often it comes', async () => {
    await using ground = await Ground.lay()
    const [holder, zk] = [await ground.client(), await ground.client()]
    const lock = await mutexOf(holder).acquire()
    for (let times = 0; times < 5; times++) {
      expect(await failure(mutexOf(zk).acquire({ timeout: 10 }))).to.include({ code: 'REQUEST_TIMEOUT' })
    }
    expect(Bell.count(zk)).to.equal(1)
    expect(ground.server.watches()).to.have.length(1)
    await lock.release()
    await until('it is told', () => Bell.count(zk) === 0)
    expect(ground.server.watches()).to.deep.equal([])
  })
})
