import { connect, type ZooKeeper, ZooKeeperError } from '@zookit/client'
import { errorTable } from '@zookit/jute'
import { expect } from 'chai'
import {
  AtomicCounter,
  Barrier,
  type Codec,
  Config,
  GuaranteedDelete,
  Mutex,
  Queue,
  SharedValue,
} from '../src/index.ts'
import { TestBed } from './support/test-bed.ts'

type Call = (zk: ZooKeeper) => Promise<unknown>

/** Calls through every layer that makes errors: one request, several steps, multi, retries, recipes. */
const CALLS: Readonly<Record<string, Call>> = {
  getData: zk => zk.getData('/a'),
  'getData, sent again': zk => zk.getData('/a', { retry: 2 }),
  'setData, sent again': zk => zk.setData('/a', 'x', { retry: 2 }),
  create: zk => zk.create('/new/znode'),
  getMany: zk => zk.getMany(['/a', '/b']),
  getJson: zk => zk.getJson('/a'),
  multi: zk => zk.transaction().check('/a', 0).setData('/a', 'x').commit(),
  'multi, sent again': zk => zk.transaction().setData('/a', 'x').commit({ retry: 2 }),
  'multi, refused': zk => zk.transaction().setData('/a', 'x').create('/none/znode').commit(),
  multiRead: zk => zk.multiRead([{ type: 'getData', path: '/a' }]),
  ensurePath: zk => zk.ensurePath('/x/y/z'),
  removeTree: zk => zk.removeTree('/tree'),
  watch: async zk => {
    for await (const _ of zk.watch('/a')) return
  },
  'Mutex.acquire': async zk => {
    await using lock = await new Mutex(zk, '/lock').acquire()
    await lock.guard(zk.transaction().setData('/a', 'x')).commit()
  },
  'Queue.put': zk => new Queue(zk, '/queue').put('item'),
  'AtomicCounter.add': zk => new AtomicCounter(zk, '/counter').add(1n),
  'SharedValue.update': zk => new SharedValue<unknown>(zk, '/value').update(() => 'x'),
  'Config.set': zk => new Config(zk, '/config', { codec: refusing }).set('x'),
  'Config.start': zk => new Config(zk, '/config', {}).start(),
  'Barrier.set': zk => new Barrier(zk, '/gate').set(),
  'GuaranteedDelete.delete': zk => new GuaranteedDelete(zk).delete('/b'),
}

const SEED = { a: '1', b: '', tree: { c: '' }, counter: '1', value: '1', config: '1' }
/** A codec that fails with an error of this library, as one that reads another znode's data would. */
const refusing: Codec<unknown> = {
  encode: () => {
    throw new ZooKeeperError('INVALID_DATA', { message: 'the text is no number' })
  },
  decode: data => data,
}

/** Operations that keep a session going: a fault in one of them would be about the connection, not about the call. */
const OF_THE_SESSION = new Set(['connect', 'ping', 'closeSession', 'setWatches', 'setWatches2'])

/** Errors of calls, told by the call. */
type Failures = [call: string, error: unknown][]

/** Makes each call on a client of its own, after `strike` has arranged what goes wrong. */
async function failuresOf(strike: (bed: TestBed, zk: ZooKeeper) => unknown): Promise<Failures> {
  const failures: Failures = []
  for (const [name, call] of Object.entries(CALLS)) {
    await using bed = await TestBed.start({ seed: SEED })
    const zk = await connect(bed.server.hosts, { renew: false, backoff: { initial: 5, max: 20 } })
    await strike(bed, zk)
    // A watch that nothing goes wrong with ends with its client, and so does a recipe that repeats.
    const enough = setTimeout(() => zk.close(), 300)
    await call(zk).catch(error => failures.push([name, error]))
    clearTimeout(enough)
    await zk.close()
  }
  return failures
}

/** Returns the messages, of an error and of the causes behind it, that name their code more than once. */
function doubled(error: unknown): string[] {
  if (!ZooKeeperError.is(error)) return []
  const count = error.message.match(new RegExp(`\\b${error.code}\\b`, 'g'))?.length
  return [...(count === 1 ? [] : [error.message]), ...doubled(error.cause)]
}

describe('The message of an error', function () {
  this.timeout(60_000)

  async function expectOnce(wanted: number, strike: (bed: TestBed, zk: ZooKeeper) => unknown): Promise<void> {
    const failures = await failuresOf(strike)
    const faults = failures.flatMap(([name, error]) => doubled(error).map(message => `${name}: ${message}`))
    expect(faults).to.deep.equal([])
    expect(failures.map(([name]) => name)).to.have.lengthOf.at.least(wanted)
  }

  for (const { code, number, scope } of errorTable.filter(row => row.scope !== 'client')) {
    it(`has its code once, whatever the call: ${code} of the server (${scope})`, async () => {
      // Some calls go on after some errors.
      await expectOnce(1, ({ server }) =>
        server.answerWith(({ operation }) => !OF_THE_SESSION.has(operation), number),
      )
    })
  }

  it('has its code once, whatever the call: nothing else goes wrong', async () => {
    await expectOnce(3, () => {})
  })

  it('has its code once, whatever the call: the session has expired', async () => {
    await expectOnce(15, async ({ server }, zk) => {
      server.expireSession(zk.session.id)
      await new Promise<void>(resolve => zk.on('state', state => state === 'expired' && resolve()))
    })
  })

  it('has its code once, whatever the call: the session expires while it is made', async () => {
    await expectOnce(10, ({ server }, zk) =>
      server.answerWith(({ operation }) => {
        const { id } = zk.session
        if (!OF_THE_SESSION.has(operation) && server.sessions().some(session => session.id === id)) {
          server.expireSession(id)
        }
        return false
      }, 'NO_NODE'),
    )
  })

  it('has its code once, whatever the call: the connection is lost', async () => {
    await expectOnce(5, ({ server }) =>
      server.dropNextRequest(({ operation }) => !OF_THE_SESSION.has(operation)),
    )
  })

  it('has its code once, whatever the call: the client is closed', async () => {
    await expectOnce(15, (_, zk) => zk.close())
  })
})
