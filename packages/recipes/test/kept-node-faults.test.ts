import type { ZooKeeper } from '@zookit/client'
import { expect } from 'chai'
import { WatchWaiter } from '../src/core/watch-waiter.ts'
import { Group, PersistentNode, type PersistentNodeMode } from '../src/index.ts'
import { pick, seeded } from './contention/random.ts'
import { countListeners } from './support/listeners.ts'
import { settle, TestBed, until } from './support/test-bed.ts'

const PATH = '/kept/node'
const STEPS = 60

/** A kept znode, and the faults that it meets. */
interface Scenario {
  bed: TestBed
  zk: ZooKeeper
  /** The rival. */
  other: ZooKeeper
  /** A client that meets no fault. */
  observer: ZooKeeper
  node: PersistentNode
  mode: PersistentNodeMode
  random(): number
}

type Strike = (scenario: Scenario) => Promise<unknown> | unknown

/** Resolves whatever the result. */
function attempt(promise: Promise<unknown>): Promise<unknown> {
  return promise.catch(() => {})
}

function cut({ server }: TestBed, { session: { id } }: ZooKeeper): void {
  if (id !== 0n && server.connections().some(({ sessionId }) => sessionId === id)) server.dropConnection(id)
}

function expire({ server }: TestBed, { session: { id } }: ZooKeeper): void {
  if (server.sessions().some(session => session.id === id)) server.expireSession(id)
}

const REPLIES = ['create', 'multi', 'exists', 'setData', 'getChildren', 'sync']

const remove: Strike = ({ node, other }) => node.current && attempt(other.delete(node.current.path))

/** Lets another client take the same name, and keep it. */
const displace: Strike = ({ node, other }) => {
  const path = node.current?.path
  const options = { mode: 'ephemeral' } as const
  return path && attempt(other.transaction().delete(path).create(path, 'theirs', options).commit())
}

const lasting: readonly Strike[] = [
  ({ bed, zk }) => cut(bed, zk),
  ({ bed, zk }) => expire(bed, zk),
  remove,
  displace,
  async scenario => {
    await displace(scenario)
    expire(scenario.bed, scenario.zk)
  },
]

const strikes: readonly Strike[] = [
  ...lasting,
  ({ bed, random }) => void bed.server.loseNextReply(pick(random, REPLIES)),
  ({ bed, random }) => void bed.server.dropNextRequest(pick(random, REPLIES)),
  ({ bed, other }) => expire(bed, other),
  ({ node, other }) => node.current && attempt(other.setData(node.current.path, 'theirs')),
  () => settle(),
]

/** Returns whether the server has the znode; an ephemeral one must belong to the session. */
function isAsItSays({ bed, mode, node, zk }: Scenario): boolean {
  const { current } = node
  if (current === null) return true
  const session = bed.server.sessions().find(({ id }) => id === zk.session.id)
  const isEphemeral = bed.server.sessions().some(({ ephemerals }) => ephemerals.includes(current.path))
  if (mode.startsWith('ephemeral')) return session?.ephemerals.includes(current.path) ?? false
  return !isEphemeral && current.path in bed.server.dump()
}

/** Makes faults again and again. Returns the data that the znode must have in the end. */
async function storm(scenario: Scenario): Promise<string> {
  const { bed, node, observer, other, random, zk } = scenario
  let data = 'at first'
  const writing: Promise<void>[] = []
  for (let step = 0; step < STEPS; step++) {
    await pick(random, strikes)(scenario)
    if (random() < 0.3) {
      data = `${step}`
      writing.push(node.setData(data))
    }
    // Otherwise the next fault would meet a client without a connection.
    if (random() < 0.7) await until('there is a connection', () => zk.state === 'connected')
    if (random() < 0.5) await settle()
    await until('it is as it says', () => node.stale || isAsItSays(scenario))
  }
  bed.server.clearFaults()
  // The rival leaves; what it has written into the znode is deleted with it.
  await until('the rival has a connection', () => other.state === 'connected')
  await attempt(other.delete(PATH))
  expire(bed, other)
  await Promise.all(writing)
  await until('it is there', () => node.current !== null && !node.stale)
  await attempt(observer.delete(node.current!.path))
  return data
}

describe('A kept znode, with many lost connections, expired sessions and rivals', function () {
  this.timeout(60_000)

  const modes: PersistentNodeMode[] = [
    'ephemeral',
    'persistent',
    'ephemeral-sequential',
    'persistent-sequential',
  ]
  for (const [index, mode] of modes.entries()) {
    it(`Z9 exists at the end, once, ours and with the newest data: ${mode}`, async () => {
      for (const seed of [1, 2, 3]) {
        await using bed = await TestBed.start({ seed: { kept: '' } })
        const random = seeded(seed * 100 + index)
        const [zk, other, observer] = [await bed.client(), await bed.client(), await bed.client()]
        const node = new PersistentNode(zk, PATH, { mode, jitter: 2, data: 'at first' })
        if (random() < 0.5) bed.server.loseNextReply('create')
        await node.start()
        const scenario = { bed, zk, other, observer, node, mode, random }
        const data = await storm(scenario)
        const isThere = (): boolean => Object.values(bed.server.dump()).includes(data) && !node.stale
        await until(`it is there with ${data}, with seed ${seed}`, isThere)
        for (const strike of [0, 1]) {
          await pick(random, lasting)(scenario)
          await settle()
          if (strike === 1) expire(bed, other)
        }
        await until('there is a connection', () => zk.state === 'connected' && other.state === 'connected')
        await until(`it is there again, with seed ${seed}`, async () => {
          const stat = node.current && (await observer.exists(node.current.path))
          return isThere() && stat && stat.czxid === node.current?.czxid
        })
        const { path } = node.current!
        expect(bed.names('/kept').map(name => `/kept/${name}`)).to.deep.equal([path])
        const owner = mode.startsWith('ephemeral') ? zk.session.id : 0n
        expect((await observer.exists(path))!.ephemeralOwner, `seed ${seed}`).to.equal(owner)
        await node.close()
        expect(bed.names('/kept')).to.deep.equal([])
        await settle()
        expect(WatchWaiter.count(zk)).to.be.lessThan(3)
      }
    })
  }
})

describe('Members of a group', () => {
  it('L2 leave nothing behind after a thousand cycles', async function () {
    this.timeout(60_000)
    await using bed = await TestBed.start({ seed: { group: '' }, recordRequests: false })
    const zk = await bed.client()
    const listeners = countListeners(zk)
    const group = new Group(zk, '/group')
    for (let cycle = 0; cycle < 1000; cycle++) await (await group.join({ name: `m${cycle % 10}` })).leave()
    await settle()
    expect(bed.names('/group')).to.deep.equal([])
    expect(bed.server.watches()).to.deep.equal([])
    expect({ watches: WatchWaiter.count(zk), listeners: listeners() }).to.deep.equal({
      watches: 0,
      listeners: 0,
    })
  })
})
