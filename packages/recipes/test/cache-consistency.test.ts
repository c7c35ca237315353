import { type ConnectOptions, connect, type ZooKeeper } from '@zookit/client'
import { TestEnsemble, type TestEnsembleOptions } from '@zookit/testing'
import { expect } from 'chai'
import { ChildrenCache, NodeCache, TreeCache } from '../src/index.ts'
import { pick, seeded } from './contention/random.ts'
import { dataOf, part, Replica } from './support/replica.ts'
import { settle, until } from './support/test-bed.ts'

const CLIENT: ConnectOptions = {
  sessionTimeout: 60_000,
  backoff: { initial: 2, max: 10 },
  closeTimeout: 1000,
}

/** A few names, so that the same znodes are created and deleted again and again. */
const PATHS = ['/t', '/t/a', '/t/b', '/t/a/x', '/t/a/y', '/t/b/x', '/t/a/x/1', '/t/a/x/2', '/t/b/x/1']

/** Makes one change by one client, whatever its result. */
async function change(random: () => number, writers: readonly ZooKeeper[], value: string): Promise<void> {
  const [zk, path] = [pick(random, writers), pick(random, PATHS)]
  const kind = random()
  const changing: Promise<unknown> =
    kind < 0.45
      ? zk.create(path, value)
      : kind < 0.75
        ? zk.setData(path, value)
        : kind < 0.95
          ? zk.delete(path)
          : zk.removeTree(path)
  await changing.catch(() => {})
}

/** Makes a fault in an ensemble, for the followers of the tree or for everybody. */
async function disturb(random: () => number, ensemble: TestEnsemble, zk: ZooKeeper): Promise<void> {
  const member = pick(random, ensemble.members)
  const kind = random()
  if (kind < 0.35) member.dropConnections({ reset: random() < 0.5 })
  else if (kind < 0.5) member.becomeLeader()
  else if (kind < 0.65) await member.restart()
  else if (kind < 0.75) expire(ensemble, zk)
  else if (kind < 0.85) {
    ensemble.partition([1, 2], [3])
    await settle()
    ensemble.heal()
  } else if (member.role === 'follower') {
    member.stall()
    await settle()
    member.catchUp()
  }
}

/** Ends the client's session, if it has one. */
function expire({ leader }: TestEnsemble, { session }: ZooKeeper): void {
  if (leader?.sessions().some(({ id }) => id === session.id)) leader.expireSession(session.id)
}

async function run(seed: number, version: NonNullable<TestEnsembleOptions['version']>): Promise<void> {
  const random = seeded(seed)
  await using ensemble = await TestEnsemble.start({ tickTime: 100, version, recordRequests: false })
  const clients = await Promise.all(Array.from({ length: 4 }, () => connect(ensemble.hosts, CLIENT)))
  const [zk, ...writers] = clients as [ZooKeeper, ...ZooKeeper[]]
  const caches = [
    new TreeCache(zk, '/t', { jitter: 0, window: 3 }),
    new ChildrenCache(zk, '/t', { jitter: 2 }),
    new NodeCache(zk, '/t/a/x', { jitter: 0 }),
  ] as const
  const replicas = caches.map(cache => new Replica(cache, 1 << 20))
  try {
    const starts = caches.map(cache => cache.start())
    const changes: Promise<void>[] = []
    for (let step = 0; step < 400; step++) {
      changes.push(change(random, writers, `${seed}-${step}`))
      if (random() < 0.2) await settle()
      if (random() < 0.03) await disturb(random, ensemble, zk)
    }
    await Promise.all([...changes, ...starts])
    const [tree, children, node] = caches
    const wanted = part(ensemble.leader!.dump(), '/t')
    const isSame = (): boolean =>
      JSON.stringify(sorted(dataOf(tree.current))) === JSON.stringify(sorted(wanted))
    await until('the tree is followed', () => caches.every(cache => !cache.stale) && isSame()).catch(() => {})
    await until('the others too', () => children.current.size === tree.children().length).catch(() => {})
    await settle()
    expect(dataOf(tree.current), `seed ${seed}`).to.deep.equal(wanted)
    expect(dataOf(children.current), `seed ${seed}`).to.deep.equal(
      Object.fromEntries(Object.entries(wanted).filter(([path]) => path.split('/').length === 3)),
    )
    expect(node.current?.data?.toString(), `seed ${seed}`).to.equal(wanted['/t/a/x'])
    const reader = await connect(ensemble.hosts, CLIENT)
    clients.push(reader)
    await reader.sync()
    for (const [path, { stat }] of tree.current) {
      expect(stat.mzxid).to.equal((await reader.exists(path))?.mzxid)
    }
    for (const cache of caches) await cache.close()
    for (const replica of replicas) await replica.ended
    expect(replicas[0]!.data).to.deep.equal(wanted)
    expect(replicas[1]!.data).to.deep.equal(dataOf(children.current))
    expect([...replicas[2]!.nodes.values()]).to.deep.equal(node.current === null ? [] : [node.current])
  } finally {
    await Promise.all(clients.map(client => client.close()))
  }
}

function sorted(data: Record<string, string | null>): [string, string | null][] {
  return Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1))
}

describe('Z10 T6 Caches in an ensemble where connections are lost, leaders replaced and sessions expired', function () {
  this.timeout(60_000)
  const first = Number(process.env.ZOOKIT_SEED ?? 1)
  const runs = Number(process.env.ZOOKIT_RUNS ?? 3)
  for (const version of ['3.9', '3.8.0', '3.5'] as const) {
    it(`are equal to the tree when it is quiet, and so are their events, on ${version}`, async () => {
      for (let seed = first; seed < first + runs; seed++) await run(seed, version)
    })
  }
})
