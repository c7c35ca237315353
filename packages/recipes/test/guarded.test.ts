import { connect, type Environment, nodeEnvironment, type ZooKeeper } from '@zookit/client'
import { TestEnsemble } from '@zookit/testing'
import { expect } from 'chai'
import { Bell } from '../src/core/bell.ts'
import { Sweeper } from '../src/core/sweeper.ts'
import { Lock, Mutex } from '../src/index.ts'
import { failure, Ground, settle, until } from './support/ground.ts'
import { RoundTrips } from './support/round-trips.ts'

const PATH = '/locks/job'
const brisk = { sessionTimeout: 60_000, backoff: { initial: 5, max: 20 }, closeTimeout: 1000 }

function mutexOf(zk: ZooKeeper): Mutex {
  return new Mutex(zk, PATH, { jitter: 0 })
}

/** As many locks as clients, each waiting for the one before; all but the first are still to be awaited. */
async function queueUp(ground: Ground, mutexes: readonly Mutex[]): Promise<Promise<Lock>[]> {
  const acquiring: Promise<Lock>[] = []
  for (const mutex of mutexes) {
    const come = ground.names(PATH).length + 1
    acquiring.push(mutex.acquire())
    await until('it has come', () => ground.names(PATH).length === come)
    await settle()
  }
  return acquiring
}

describe('A contender whose create is not answered', () => {
  it('Z1 is found by its name, and is the only one', async () => {
    await using ground = await Ground.lay({ seed: { locks: { job: '' } } })
    const zk = await ground.client()
    const { server } = ground
    server.loseNextReply('create2')
    const acquiring = mutexOf(zk).acquire()
    await until('it was sent', () => zk.state === 'suspended' || ground.names(PATH).length === 1)
    await server.refuseConnections(true)
    await settle()
    await server.refuseConnections(false)
    const lock = await acquiring
    expect(ground.names(PATH)).to.have.length(1)
    const stat = await zk.exists(lock.path)
    expect(stat).to.include({ czxid: lock.token, ephemeralOwner: zk.session.id })
    expect(ground.operations().filter(name => name === 'create2')).to.have.length(1)
    await lock.release()
    expect(ground.names(PATH)).to.deep.equal([])
  })

  it('Z2 is looked for after a sync: a follower that is behind does not hide it', async () => {
    await using ensemble = await TestEnsemble.start({ tickTime: 100, seed: { locks: { job: '' } } })
    const [first, second] = ensemble.members
    await using zk = await connect(`${first!.hosts},${second!.hosts}`, { ...brisk, shuffle: false })
    await using reader = await connect(ensemble.leader!.hosts, brisk)
    second!.stall()
    first!.loseNextReply('create2')
    await first!.refuseConnections(true)
    let lock: Lock | undefined
    const acquiring = mutexOf(zk)
      .acquire()
      .then(acquired => {
        lock = acquired
      })
    const asked = (): string[] => second!.requests().map(({ operation }) => operation)
    await until('it asks the follower', () => asked().some(name => name !== 'connect' && name !== 'ping'))
    await settle()
    expect(lock, 'acquired from a stale follower').to.equal(undefined)
    second!.catchUp()
    await acquiring
    const { children } = await reader.getChildren(PATH)
    expect(children).to.deep.equal([lock!.path.slice(PATH.length + 1)])
    expect(asked()).not.to.include('create2')
  })

  it('is not taken for one’s own when another session has it', async () => {
    await using ground = await Ground.lay({ seed: { locks: { job: '' } } })
    const { server } = ground
    const zk = await ground.client()
    const other = await ground.client()
    let impostor = ''
    server.dropNextRequest(({ operation, body }) => {
      if (operation !== 'create2') return false
      impostor = `${(body as { path: string }).path}0000000000`
      return true
    })
    await server.refuseConnections(true)
    const acquiring = mutexOf(zk).acquire()
    await until('it was sent', () => impostor !== '')
    await other.create(impostor, null, { mode: 'ephemeral' })
    await server.refuseConnections(false)
    const lock = await acquiring
    expect(lock.path).not.to.equal(impostor)
    await until('the other is gone', () => ground.names(PATH).length === 1)
    expect((await zk.exists(lock.path))?.ephemeralOwner).to.equal(zk.session.id)
  })
})

describe('A contender whose create is answered', () => {
  it('trap 3: is not granted by a node that another session owns', async () => {
    await using ground = await Ground.lay({ seed: { locks: { job: '' } } })
    const zk = await ground.client()
    const create = zk.createWithStat.bind(zk)
    const paths: string[] = []
    zk.createWithStat = async (...args) => {
      const { path, stat } = await create(...args)
      paths.push(path)
      return { path, stat: paths.length === 1 ? { ...stat, ephemeralOwner: 1n } : stat }
    }
    const lock = await mutexOf(zk).acquire()
    expect(paths).to.have.length(2)
    expect(lock.path).to.equal(paths[1])
  })
})

describe('A contender whose session is replaced', () => {
  it('Z8 never holds by the node of the session that is dying (CURATOR-620, CURATOR-653, CURATOR-696)', async () => {
    await using ground = await Ground.lay()
    const { server } = ground
    const [holder, zk] = [await ground.client(), await ground.client({ sessionTimeout: 1000 })]
    server.freezeTime()
    const held = await mutexOf(holder).acquire()
    const [acquiring] = await queueUp(ground, [mutexOf(zk)])
    const old = zk.session.id
    // The new session begins while the old one, and its node, still live at the server.
    server.swapSessionIds(true)
    server.dropConnection(old)
    await until('there is a new session', () => zk.state === 'connected' && zk.session.id !== old)
    server.swapSessionIds(false)
    await until('it stands in line again', () => ground.names(PATH).length === 3)
    await held.release()
    let lock: Lock | undefined
    void acquiring!.then(acquired => {
      lock = acquired
    })
    await until('it waits for its own old node', () =>
      server.watches().some(({ sessionId }) => sessionId === zk.session.id),
    )
    await settle()
    expect(lock, 'acquired by the dying node').to.equal(undefined)
    expect(ground.names(PATH)).to.have.length(2)
    server.advance(1500)
    await acquiring
    expect((await zk.exists(lock!.path))?.ephemeralOwner).to.equal(zk.session.id)
  })

  it('Z9 takes its place when the old one dies, with no time in which nobody is there', async () => {
    await using ground = await Ground.lay()
    const { server } = ground
    server.freezeTime()
    const before = await ground.client({ sessionTimeout: 1000 })
    await mutexOf(before).acquire()
    await before.close({ keepSession: true })
    const after = await ground.client()
    const [acquiring] = await queueUp(ground, [mutexOf(after)])
    server.clearRequests()
    server.advance(1500)
    const lock = await acquiring!
    expect(ground.names(PATH)).to.deep.equal([lock.path.slice(PATH.length + 1)])
    expect(ground.operations()).to.deep.equal(['getChildren2'])
  })

  it('begins anew at the end of the line when it has expired while waiting', async () => {
    await using ground = await Ground.lay()
    const clients = [await ground.client(), await ground.client(), await ground.client()]
    const [first, second, third] = await queueUp(ground, clients.map(mutexOf))
    ground.server.expireSession(clients[1]!.session.id)
    await until('it stands in line again', () => ground.names(PATH).length === 3)
    await (await first)!.release()
    await (await third)!.release()
    const lock = await second!
    expect(lock.held).to.equal(true)
    expect(ground.names(PATH)).to.have.length(1)
  })
})

describe('A release', () => {
  it('Z3 goes on until the node is gone', async () => {
    await using ground = await Ground.lay()
    const zk = await ground.client()
    const lock = await mutexOf(zk).acquire()
    for (let times = 0; times < 3; times++) ground.server.dropNextRequest('delete')
    ground.server.answerWith('delete', -127)
    await lock.release()
    expect(ground.names(PATH)).to.deep.equal([])
    expect(lock.held).to.equal(false)
  })

  it('Z3 goes on in the background when its caller does not wait', async () => {
    await using ground = await Ground.lay()
    const zk = await ground.client()
    const lock = await mutexOf(zk).acquire()
    ground.server.holdReplies()
    const error = await failure(lock.release({ timeout: 5 }))
    expect(error).to.include({ code: 'REQUEST_TIMEOUT', name: 'ZooKeeperError' })
    expect(lock.held).to.equal(false)
    ground.server.dropConnections()
    ground.server.releaseReplies()
    await until('the node is gone', () => ground.names(PATH).length === 0)
    await lock.release()
  })

  it('Z3 takes a deletion whose answer was lost for done', async () => {
    await using ground = await Ground.lay()
    const zk = await ground.client()
    const lock = await mutexOf(zk).acquire()
    ground.server.loseNextReply('delete')
    await lock.release()
    expect(ground.names(PATH)).to.deep.equal([])
  })

  it('Z3 ends with the session', async () => {
    await using ground = await Ground.lay()
    const zk = await ground.client()
    const lock = await mutexOf(zk).acquire()
    await ground.server.refuseConnections(true)
    ground.server.dropConnections()
    const releasing = lock.release()
    ground.server.expireSession(zk.session.id)
    await ground.server.refuseConnections(false)
    await releasing
    await until('nothing is left to do', () => Sweeper.of(zk).pending === 0)
  })

  it('says when the node must not be deleted', async () => {
    await using ground = await Ground.lay({ seed: { locks: { job: '' } } })
    const zk = await ground.client()
    const lock = await mutexOf(zk).acquire()
    ground.server.answerWith('delete', -102)
    expect(await failure(lock.release())).to.include({ code: 'NO_AUTH' })
  })
})

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

describe('Contenders in a line', () => {
  it('Z5 are 100, and one release makes only the next one read', async function () {
    this.timeout(20_000)
    await using ground = await Ground.lay()
    const clients = await Promise.all(Array.from({ length: 101 }, () => ground.client()))
    const acquiring = await queueUp(ground, clients.map(mutexOf))
    const [first, second] = acquiring
    const watches = ground.server.watches()
    expect(watches).to.have.length(100)
    expect(new Set(watches.map(({ path }) => path)).size).to.equal(100)
    ground.server.clearRequests()
    await (await first!).release()
    const next = await second!
    await settle()
    expect(ground.operations()).to.deep.equal(['delete', 'getChildren2'])
    expect(ground.operations(clients[1])).to.deep.equal(['getChildren2'])
    expect(next.held).to.equal(true)
    for (const later of acquiring.slice(2)) later.catch(() => {})
  })

  it('hand over in one round trip, in two when the next one has gone as well', async () => {
    await using ground = await Ground.lay()
    const trips = new RoundTrips()
    const clients = [
      await ground.client(),
      await ground.client(),
      await ground.client({ environment: trips.environment }),
    ]
    const abort = new AbortController()
    const first = await mutexOf(clients[0]!).acquire()
    const second = mutexOf(clients[1]!).acquire({ signal: abort.signal })
    second.catch(() => {})
    await until('the second has come', () => ground.names(PATH).length === 2)
    const [third] = await queueUp(ground, [mutexOf(clients[2]!)])
    trips.take()
    abort.abort()
    await until('the third waits for the first', () => ground.server.watches().some(isOn(first)))
    await settle()
    expect(trips.take()).to.equal(2)
    await first.release()
    await third
    expect(trips.take()).to.equal(1)
  })

  it('trap 6: are not woken by a lost connection', async () => {
    await using ground = await Ground.lay()
    const clients = await Promise.all(Array.from({ length: 5 }, () => ground.client()))
    const [first, second, ...others] = await queueUp(ground, clients.map(mutexOf))
    for (const other of others) other.catch(() => {})
    const lock = await first!
    ground.server.clearRequests()
    ground.server.dropConnections()
    await until('all are back', () => clients.every(zk => zk.state === 'connected'))
    await settle()
    const waiting = clients.slice(1).flatMap(zk => ground.operations(zk))
    expect(waiting.filter(name => name !== 'connect' && name !== 'setWatches')).to.deep.equal([])
    await lock.release()
    expect((await second!).held).to.equal(true)
  })

  it('trap 6: come back at a random moment each after a lost connection', async () => {
    await using ground = await Ground.lay({ seed: { locks: { job: '' } } })
    const delays: number[] = []
    const environment: Environment = {
      ...nodeEnvironment,
      random: () => 0.25,
      setTimer: (callback, delay) => {
        delays.push(delay)
        return nodeEnvironment.setTimer(callback, Math.min(delay, 40))
      },
    }
    const zk = await ground.client({ environment })
    ground.server.loseNextReply('create2')
    const lock = await new Mutex(zk, PATH, { jitter: 4444 }).acquire()
    expect(delays).to.include(1111)
    expect(lock.held).to.equal(true)
  })

  it('trap 6: leave no watch for a node that has gone before they could watch it', async () => {
    await using ground = await Ground.lay()
    const [holder, zk] = [await ground.client(), await ground.client()]
    const lock = await mutexOf(holder).acquire()
    ground.server.holdNextReply(
      ({ operation, sessionId }) => operation === 'getChildren2' && sessionId === zk.session.id,
    )
    const acquiring = mutexOf(zk).acquire()
    await until('it has come', () => ground.names(PATH).length === 2)
    await settle()
    const releasing = lock.release()
    await until('the first has gone', () => ground.names(PATH).length === 1)
    ground.server.releaseReplies()
    await releasing
    expect((await acquiring).held).to.equal(true)
    expect(ground.server.watches()).to.deep.equal([])
    expect(ground.operations(zk)).to.include('getData')
  })

  it('Z7 keep their order where the counter wraps around', async () => {
    await using ground = await Ground.lay({ seed: { locks: { job: '' } } })
    ground.server.setSequence(PATH, 2 ** 31 - 2)
    const clients = await Promise.all(Array.from({ length: 4 }, () => ground.client()))
    const order: number[] = []
    const warnings = captureWarnings()
    const acquiring = await queueUp(ground, clients.map(mutexOf))
    process.emitWarning = warnings.original
    expect(warnings.messages).to.have.length(4)
    for (const message of warnings.messages) expect(message).to.include(PATH)
    const names = ground.names(PATH).map(name => name.slice(name.lastIndexOf('lock-') + 5))
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
    await using ground = await Ground.lay({ seed: { locks: { job: { 'config-0000000000': '', lock: '' } } } })
    const [foreign, zk] = [await ground.client(), await ground.client()]
    const uuid = 'c2a1c3f4-6f1f-4e35-9d3b-2b8e8b8a5f10'
    const mode = 'ephemeral-sequential'
    const curator = await foreign.create(`${PATH}/_c_${uuid}-lock-`, null, { mode })
    const kazoo = await foreign.create(`${PATH}/${uuid.replaceAll('-', '')}__lock__`, null, { mode })
    await foreign.create(`${PATH}/other-`, null, { mode })
    const acquiring = mutexOf(zk).acquire()
    await until('it waits for kazoo’s', () => ground.server.watches().some(({ path }) => path === kazoo))
    await foreign.delete(kazoo)
    await until('it waits for Curator’s', () => ground.server.watches().some(({ path }) => path === curator))
    await foreign.delete(curator)
    expect((await acquiring).held).to.equal(true)
    expect(ground.names(PATH)).to.have.length(4)
  })

  it('come again when somebody has deleted their node', async () => {
    await using ground = await Ground.lay()
    const [holder, zk] = [await ground.client(), await ground.client()]
    const lock = await mutexOf(holder).acquire()
    const [acquiring] = await queueUp(ground, [mutexOf(zk)])
    const [mine] = ground.names(PATH).filter(name => !lock.path.endsWith(name))
    await holder.delete(`${PATH}/${mine}`)
    await lock.release()
    const again = await acquiring!
    expect(again.held).to.equal(true)
    expect(ground.names(PATH)).to.deep.equal([again.path.slice(PATH.length + 1)])
  })
})

describe('The node above the contenders', () => {
  it('is a container, made where it is missing', async () => {
    await using ground = await Ground.lay()
    const zk = await ground.client()
    const lock = await mutexOf(zk).acquire()
    const created = ground.server.requests().filter(({ operation }) => operation === 'createContainer')
    expect(created.map(({ body }) => (body as { path: string }).path)).to.deep.equal(['/locks', PATH])
    await lock.release()
  })

  it('Z8 is made again when it was reaped while somebody came (CURATOR-724)', async () => {
    await using ground = await Ground.lay({ seed: { locks: { job: '' } } })
    const zk = await ground.client()
    ground.server.answerWith('create2', -101)
    const lock = await mutexOf(zk).acquire()
    await lock.release()
    ground.server.answerWith('getChildren2', -101)
    const another = await mutexOf(zk).acquire()
    await until('the first one is gone', () => ground.names(PATH).length === 1)
    expect(another.held).to.equal(true)
    expect(another.path.endsWith(ground.names(PATH)[0]!)).to.equal(true)
  })

  it('is persistent where the server knows no containers, which is asked once', async () => {
    await using ground = await Ground.lay({ version: '3.4' })
    const zk = await ground.client()
    const lock = await mutexOf(zk).acquire()
    expect(lock.token).to.equal((await zk.exists(lock.path))!.czxid)
    await lock.release()
    ground.server.clearRequests()
    await (await mutexOf(zk).acquire()).release()
    await (await new Mutex(zk, '/others', { jitter: 0 }).acquire()).release()
    const operations = ground.operations()
    expect(operations).not.to.include('create2')
    expect(operations).not.to.include('createContainer')
    expect(operations).not.to.include('connect')
    expect(ground.names('/locks')).to.deep.equal(['job'])
  })
})

function isOn(lock: Lock): (watch: { path: string }) => boolean {
  return ({ path }) => path === lock.path
}

/** Takes warnings instead of printing them, until the original is put back. */
function captureWarnings(): { messages: string[]; original: typeof process.emitWarning } {
  const messages: string[] = []
  const original = process.emitWarning
  process.emitWarning = message => void messages.push(String(message))
  return { messages, original }
}
