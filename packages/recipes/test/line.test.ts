import { type Environment, nodeEnvironment } from '@zookit/client'
import { expect } from 'chai'
import { type Lock, Mutex } from '../src/index.ts'
import { mutexOf, queueUp } from './support/contenders.ts'
import { RoundTrips } from './support/round-trips.ts'
import { settle, TestBed, until } from './support/test-bed.ts'

const PATH = '/locks/job'

function isOn(lock: Lock): (watch: { path: string }) => boolean {
  return ({ path }) => path === lock.path
}

/** Collects warnings instead of printing them, until the original is restored. */
function captureWarnings(): { messages: string[]; original: typeof process.emitWarning } {
  const messages: string[] = []
  const original = process.emitWarning
  process.emitWarning = message => void messages.push(String(message))
  return { messages, original }
}

describe('Contenders in a line', () => {
  it('Z5 are 100, and one release wakes only the next one', async function () {
    this.timeout(60_000)
    await using bed = await TestBed.start()
    const clients = await Promise.all(Array.from({ length: 101 }, () => bed.client()))
    const acquiring = await queueUp(bed, clients.map(mutexOf))
    const [first, second] = acquiring
    const watches = bed.server.watches()
    expect(watches).to.have.length(100)
    expect(new Set(watches.map(({ path }) => path)).size).to.equal(100)
    bed.server.clearRequests()
    await (await first!).release()
    const next = await second!
    await settle()
    expect(bed.operations()).to.deep.equal(['delete', 'getChildren2'])
    expect(bed.operations(clients[1])).to.deep.equal(['getChildren2'])
    expect(next.held).to.equal(true)
    for (const later of acquiring.slice(2)) later.catch(() => {})
  })

  it('hand over in one round trip, in two if the next one is gone as well', async () => {
    await using bed = await TestBed.start()
    const trips = new RoundTrips()
    const clients = [
      await bed.client(),
      await bed.client(),
      await bed.client({ environment: trips.environment }),
    ]
    const abort = new AbortController()
    const first = await mutexOf(clients[0]!).acquire()
    const second = mutexOf(clients[1]!).acquire({ signal: abort.signal })
    second.catch(() => {})
    await until('the second has come', () => bed.names(PATH).length === 2)
    const [third] = await queueUp(bed, [mutexOf(clients[2]!)])
    trips.take()
    abort.abort()
    await until('the third waits for the first', () => bed.server.watches().some(isOn(first)))
    await settle()
    expect(trips.take()).to.equal(2)
    await first.release()
    await third
    expect(trips.take()).to.equal(1)
  })

  it('are not woken by a lost connection', async () => {
    await using bed = await TestBed.start()
    const clients = await Promise.all(Array.from({ length: 5 }, () => bed.client()))
    // A holder that outlasts the connection: one that lost it would hand the lock over.
    const holding = new Mutex(clients[0]!, PATH, { whenSuspended: 'keep' })
    const waiters = clients.slice(1).map(mutexOf)
    const [first, second, ...others] = await queueUp(bed, [holding, ...waiters])
    for (const other of others) other.catch(() => {})
    const lock = await first!
    bed.server.clearRequests()
    bed.server.dropConnections()
    await until('all are back', () => clients.every(zk => zk.state === 'connected'))
    await settle()
    const waiting = clients.slice(1).flatMap(zk => bed.operations(zk))
    expect(waiting.filter(name => name !== 'connect' && name !== 'setWatches')).to.deep.equal([])
    await lock.release()
    expect((await second!).held).to.equal(true)
  })

  it('each return after a random delay when the connection was lost', async () => {
    await using bed = await TestBed.start({ seed: { locks: { job: '' } } })
    const delays: number[] = []
    const environment: Environment = {
      ...nodeEnvironment,
      random: () => 0.25,
      setTimer: (callback, delay) => {
        delays.push(delay)
        return nodeEnvironment.setTimer(callback, Math.min(delay, 40))
      },
    }
    const zk = await bed.client({ environment })
    bed.server.loseNextReply('create2')
    const lock = await new Mutex(zk, PATH, { jitter: 4444 }).acquire()
    expect(delays).to.include(1111)
    expect(lock.held).to.equal(true)
  })

  it('leave no watch for a znode that was deleted before they could watch it', async () => {
    await using bed = await TestBed.start()
    const [holder, zk] = [await bed.client(), await bed.client()]
    const lock = await mutexOf(holder).acquire()
    bed.server.holdNextReply(
      ({ operation, sessionId }) => operation === 'getChildren2' && sessionId === zk.session.id,
    )
    const acquiring = mutexOf(zk).acquire()
    await until('it has come', () => bed.names(PATH).length === 2)
    await settle()
    const releasing = lock.release()
    await until('the first has gone', () => bed.names(PATH).length === 1)
    bed.server.releaseReplies()
    await releasing
    expect((await acquiring).held).to.equal(true)
    expect(bed.server.watches()).to.deep.equal([])
    expect(bed.operations(zk)).to.include('getData')
  })

  it('Z7 keep their order when the counter wraps around', async () => {
    await using bed = await TestBed.start({ seed: { locks: { job: '' } } })
    bed.server.setSequence(PATH, 2 ** 31 - 2)
    const clients = await Promise.all(Array.from({ length: 4 }, () => bed.client()))
    const order: number[] = []
    const warnings = captureWarnings()
    const acquiring = await queueUp(bed, clients.map(mutexOf))
    process.emitWarning = warnings.original
    expect(warnings.messages).to.have.length(4)
    for (const message of warnings.messages) expect(message).to.include(PATH)
    const names = bed.names(PATH).map(name => name.slice(name.lastIndexOf('lock-') + 5))
    expect(names).to.have.members(['2147483646', '2147483647', '-2147483648', '-2147483647'])
    await Promise.all(
      acquiring.map(async (one, index) => {
        await using lock = await one
        order.push(index)
        await settle()
        expect(lock.held).to.equal(true)
      }),
    )
    expect(order).to.deep.equal([0, 1, 2, 3])
  })

  it('understand those of Curator and kazoo, and ignore all other children', async () => {
    await using bed = await TestBed.start({ seed: { locks: { job: { 'config-0000000000': '', lock: '' } } } })
    const [foreign, zk] = [await bed.client(), await bed.client()]
    const uuid = 'c2a1c3f4-6f1f-4e35-9d3b-2b8e8b8a5f10'
    const mode = 'ephemeral-sequential'
    const curator = await foreign.create(`${PATH}/_c_${uuid}-lock-`, null, { mode })
    const kazoo = await foreign.create(`${PATH}/${uuid.replaceAll('-', '')}__lock__`, null, { mode })
    await foreign.create(`${PATH}/other-`, null, { mode })
    const acquiring = mutexOf(zk).acquire()
    await until('it waits for kazoo’s', () => bed.server.watches().some(({ path }) => path === kazoo))
    await foreign.delete(kazoo)
    await until('it waits for Curator’s', () => bed.server.watches().some(({ path }) => path === curator))
    await foreign.delete(curator)
    expect((await acquiring).held).to.equal(true)
    expect(bed.names(PATH)).to.have.length(4)
  })

  it('arrive again when somebody has deleted their znode', async () => {
    await using bed = await TestBed.start()
    const [holder, zk] = [await bed.client(), await bed.client()]
    const lock = await mutexOf(holder).acquire()
    const [acquiring] = await queueUp(bed, [mutexOf(zk)])
    const [mine] = bed.names(PATH).filter(name => !lock.path.endsWith(name))
    await holder.delete(`${PATH}/${mine}`)
    await lock.release()
    const again = await acquiring!
    expect(again.held).to.equal(true)
    expect(bed.names(PATH)).to.deep.equal([again.path.slice(PATH.length + 1)])
  })
})
