import { inspect } from 'node:util'
import { type Environment, nodeEnvironment, type ZooKeeper } from '@zookit/client'
import { expect } from 'chai'
import { LeaderElection, type Lock, Mutex } from '../src/index.ts'
import { abortOf, failure, settle, TestBed, until } from './support/test-bed.ts'

const PATH = '/lock'

function revocable(zk: ZooKeeper, whenSuspended: 'lose' | 'keep' = 'lose'): Promise<Lock> {
  return new Mutex(zk, PATH, { revocable: true, jitter: 0, whenSuspended }).acquire()
}

/** Lets the reads of a client by `getData` come to what is given, the last of it again and again. */
function answering(zk: ZooKeeper, ...codes: readonly string[]): { reads: number } {
  const original = zk.getData.bind(zk)
  const counted = { reads: 0 }
  Object.assign(zk, {
    getData: async (path: string, options: object) => {
      counted.reads++
      const code = codes[Math.min(counted.reads, codes.length) - 1]
      if (code === undefined || code === '') return original(path, options)
      return Promise.reject(await failureWith(code))
    },
  })
  return counted
}

async function failureWith(code: string): Promise<Error> {
  const { ZooKeeperError } = await import('@zookit/client')
  return new ZooKeeperError(code, { outcome: 'rejected', retryable: code === 'THROTTLED_OP' })
}

/** Node's environment, whose random numbers are a half, and whose pauses take no time. */
function hasty(): { environment: Environment; pauses: number[] } {
  const pauses: number[] = []
  const environment: Environment = {
    ...nodeEnvironment,
    random: () => 0.5,
    setTimer: (callback, milliseconds) => {
      pauses.push(milliseconds)
      return nodeEnvironment.setTimer(callback, milliseconds <= 5000 ? 0 : milliseconds)
    },
  }
  return { environment, pauses }
}

describe('The handle of a lock', () => {
  it('shows its path, its token, and whether it is held', async () => {
    await using bed = await TestBed.start()
    const lock = await revocable(await bed.client())
    expect(inspect(lock)).to.equal(`Lock { ${lock.path}, held, token ${lock.token} }`)
    await lock.release()
  })

  it('names itself where its release ends with its limits', async () => {
    await using bed = await TestBed.start()
    const lock = await revocable(await bed.client())
    bed.server.holdReplies()
    expect(await failure(lock.release({ timeout: 1 }))).to.include({
      code: 'REQUEST_TIMEOUT',
      operation: 'release',
      path: lock.path,
      outcome: 'unknown',
    })
    bed.server.releaseReplies()
  })

  it('sends nothing more when somebody has deleted its znode, or its session has expired', async () => {
    await using bed = await TestBed.start()
    const [zk, other] = [await bed.client(), await bed.client()]
    const deleted = await revocable(zk)
    await settle()
    bed.server.clearRequests()
    await other.delete(deleted.path)
    expect(await abortOf(deleted.signal)).to.include({ reason: 'deleted' })
    await settle()
    expect(bed.operations(zk)).to.deep.equal(['getData'])

    const { id } = zk.session
    const expired = await revocable(zk, 'keep')
    bed.server.clearRequests()
    bed.server.expireSession(id)
    expect(await abortOf(expired.signal)).to.include({ reason: 'expired' })
    await until('there is a new session', () => zk.state === 'connected' && zk.session.id !== id)
    await settle()
    expect(bed.operations(zk)).to.not.include('delete')
  })

  it('reads its znode no more when it was released', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const lock = await revocable(zk)
    await settle()
    bed.server.clearRequests()
    await lock.release()
    await settle()
    expect(bed.operations(zk)).to.deep.equal(['delete'])
  })

  it('reads nothing but its own znode and those that stand for it', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const lock = await revocable(zk)
    const leadership = await new LeaderElection(zk, '/election').campaign()
    await settle()
    const names = bed.names('/election').map(name => `/election/${name}`)
    const read = bed.server.requests().filter(({ operation }) => operation === 'getData')
    const paths = read.map(({ body }) => (body as { path: string }).path)
    expect(new Set(paths)).to.deep.equal(new Set([lock.path, ...names]))
    await leadership.resign()
  })

  it('is read again after pauses that grow, where a read says nothing of the znode', async () => {
    await using bed = await TestBed.start()
    const { environment, pauses } = hasty()
    const zk = await bed.client({ environment })
    answering(zk, 'THROTTLED_OP', 'SYSTEM_ERROR', 'SYSTEM_ERROR', 'SYSTEM_ERROR', 'THROTTLED_OP', '')
    const lock = await revocable(zk)
    await until('it was asked for', async () => {
      await zk.setData(lock.path, '__REVOKE__')
      return lock.revoked.aborted
    })
    expect(pauses.filter(each => each <= 5000 && each >= 50)).to.deep.equal([50, 100, 200, 400, 50])
    expect(lock.held).to.equal(true)
  })

  it('is not read again where it was released during such a pause, or must not be read', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client({ environment: hasty().environment })
    const failing = answering(zk, 'SYSTEM_ERROR')
    const lock = await revocable(zk)
    await lock.release()
    await settle()
    const { reads } = failing
    await new Promise(resolve => setTimeout(resolve, 20))
    expect(failing.reads).to.equal(reads)

    const forbidden = answering(zk, 'NO_AUTH')
    const held = await revocable(zk)
    await new Promise(resolve => setTimeout(resolve, 20))
    expect([forbidden.reads, held.held]).to.deep.equal([1, true])
  })
})
