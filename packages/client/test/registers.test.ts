import { TestEnsemble } from '@zookit/testing'
import { expect } from 'chai'
import { type ConnectOptions, connect, type ZooKeeper, ZooKeeperError } from '../src/index.ts'
import { RegisterHistory } from './support/register-history.ts'

const OPTIONS: ConnectOptions = {
  sessionTimeout: 60_000,
  backoff: { initial: 2, max: 10 },
  closeTimeout: 1000,
}
const CLIENTS = 4
const REGISTERS = ['/r/a', '/r/b', '/r/c']
const STEPS = 120

/** Makes a generator of whole numbers below a bound, the same for the same seed. */
function chance(seed: number): (below: number) => number {
  return below => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) | 0
    return (seed >>> 8) % below
  }
}

/** Makes a fault in an ensemble. */
async function disturb(random: (below: number) => number, ensemble: TestEnsemble): Promise<void> {
  const member = ensemble.members[random(3)]!
  const kind = random(6)
  if (kind < 3) member.dropConnections({ reset: kind === 0 })
  else if (kind === 3) member.becomeLeader()
  else if (kind === 4) await member.restart()
  else {
    ensemble.partition([1, 2], [3])
    await new Promise(resolve => setTimeout(resolve, 5))
    ensemble.heal()
  }
}

/** Runs work of several clients on an ensemble that is disturbed until they are done, then heals it. */
async function underFaults(
  seed: number,
  work: (zk: ZooKeeper, client: number, random: (below: number) => number) => Promise<void>,
  check: (zk: ZooKeeper) => Promise<void>,
): Promise<void> {
  const random = chance(seed)
  await using ensemble = await TestEnsemble.start({ tickTime: 100, recordRequests: false })
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => connect(ensemble.hosts, OPTIONS)))
  try {
    for (const path of [...REGISTERS, '/w']) await clients[0]!.ensurePath(path)
    await Promise.all(clients.map(zk => zk.sync('/')))
    let done = false
    const working = Promise.all(clients.map((zk, client) => work(zk, client, chance(seed * 31 + client))))
    const worked = working.finally(() => (done = true))
    while (!done) {
      await disturb(random, ensemble)
      await new Promise(resolve => setTimeout(resolve, random(15)))
    }
    await worked
    await clients[0]!.sync('/')
    await check(clients[0]!)
  } finally {
    await Promise.all(clients.map(zk => zk.close()))
  }
}

/** Returns a failed call's error, which must be of ZooKeeper's. */
function typed(error: unknown): ZooKeeperError {
  if (error instanceof ZooKeeperError) return error
  throw error
}

describe('An ensemble whose connections are lost and whose leaders are replaced', function () {
  this.timeout(60_000)
  const first = Number(process.env.ZOOKIT_SEED ?? 1)
  const runs = Number(process.env.ZOOKIT_RUNS ?? 2)

  for (let seed = first; seed < first + runs; seed++) {
    it(`T3 has linearizable compare-and-set, and reads that never go back, seed ${seed}`, async () => {
      const history = new RegisterHistory()
      await underFaults(
        seed,
        async (zk, client, random) => {
          for (let step = 0; step < STEPS; step++) {
            const path = REGISTERS[random(REGISTERS.length)]!
            const read = await zk.getData(path).catch(typed)
            if (read instanceof ZooKeeperError) continue
            history.read(client, path, { version: read.stat.version, value: String(read.data) })
            const version = random(4) === 0 ? Math.max(0, read.stat.version - 1) : read.stat.version
            const write = history.begin(path, version, `${client}-${step}`)
            await zk.setData(path, write.value, { version }).then(
              stat => write.acknowledge(stat.version),
              error => write.fail(typed(error)),
            )
          }
        },
        async zk => {
          for (const path of REGISTERS) {
            const { data, stat } = await zk.getData(path)
            history.end(path, { version: stat.version, value: String(data) })
          }
        },
      )
      history.check()
      expect(history.acknowledged).to.be.greaterThan(20)
      expect(history.refused).to.be.greaterThan(20)
    })

    it(`T4 keeps every write that was acknowledged, and makes none twice, seed ${seed}`, async () => {
      const told = new Map<string, 'acknowledged' | ZooKeeperError['outcome']>()
      await underFaults(
        seed,
        async (zk, client) => {
          for (let step = 0; step < STEPS; step++) {
            const value = `${client}-${step}`
            await zk.create('/w/w-', value, { mode: 'persistent-sequential' }).then(
              () => void told.set(value, 'acknowledged'),
              error => void told.set(value, typed(error).outcome),
            )
          }
        },
        async zk => {
          const { children } = await zk.getChildren('/w')
          const values = await Promise.all(
            children.map(async name => String((await zk.getData(`/w/${name}`)).data)),
          )
          const kept = new Set(values)
          expect(kept.size, 'each write is there once').to.equal(values.length)
          const outcomes = (wanted: string): string[] =>
            [...told].filter(([, outcome]) => outcome === wanted).map(([value]) => value)
          expect(outcomes('acknowledged').filter(value => !kept.has(value))).to.deep.equal([])
          expect(
            [...outcomes('not-sent'), ...outcomes('rejected')].filter(each => kept.has(each)),
          ).to.deep.equal([])
          expect(told.size).to.equal(CLIENTS * STEPS)
          expect(outcomes('acknowledged')).to.have.lengthOf.above(100)
          expect(outcomes('unknown')).to.not.have.lengthOf(0)
        },
      )
    })
  }
})
