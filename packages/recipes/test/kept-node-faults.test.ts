import type { ZooKeeper } from '@zookit/client'
import { expect } from 'chai'
import { Bell } from '../src/core/bell.ts'
import { Group, PersistentNode, type PersistentNodeMode } from '../src/index.ts'
import { pick, seeded } from './contention/random.ts'
import { Ground, settle, until } from './support/ground.ts'

const PATH = '/kept/node'
const STEPS = 60

/** A node that is kept, and what is done to it. */
interface Scene {
  ground: Ground
  zk: ZooKeeper
  other: ZooKeeper
  node: PersistentNode
  random(): number
}

type Strike = (scene: Scene) => Promise<unknown>

/** Resolves whatever comes of it. */
function attempt(promise: Promise<unknown>): Promise<unknown> {
  return promise.catch(() => {})
}

const REPLIES = ['create', 'multi', 'exists', 'setData', 'getChildren', 'sync']

const strikes: readonly Strike[] = [
  async ({ ground, random }) => {
    ground.server.loseNextReply(pick(random, REPLIES))
  },
  async ({ ground, random }) => {
    ground.server.dropNextRequest(pick(random, REPLIES))
  },
  async ({ ground, zk }) => {
    const { id } = zk.session
    if (ground.server.connections().some(({ sessionId }) => sessionId === id))
      ground.server.dropConnection(id)
  },
  async ({ ground, zk }) => {
    const { id } = zk.session
    if (ground.server.sessions().some(session => session.id === id)) ground.server.expireSession(id)
  },
  async ({ node, other }) => node.current && (await attempt(other.delete(node.current.path))),
  async ({ node, other }) => node.current && (await attempt(other.setData(node.current.path, 'theirs'))),
  async ({ node, other }) => {
    // Somebody with the same name comes, and goes again.
    const path = node.current?.path
    if (path === undefined) return
    const options = { mode: 'ephemeral' } as const
    await attempt(other.transaction().delete(path).create(path, 'theirs', options).commit())
    await settle()
    await attempt(other.delete(path))
  },
  async () => settle(),
]

/** Strikes again and again, and calms down. */
async function storm(scene: Scene): Promise<void> {
  const { node, random, zk } = scene
  const writing: Promise<void>[] = []
  for (let step = 0; step < STEPS; step++) {
    await pick(random, strikes)(scene)
    if (random() < 0.3) writing.push(node.setData(`${step}`))
    // Else the next strike would meet a client that is still without a connection.
    if (random() < 0.7) await until('there is a connection', () => zk.state === 'connected')
    if (random() < 0.5) await settle()
  }
  scene.ground.server.clearFaults()
  writing.push(node.setData('at last'))
  await Promise.all(writing)
}

describe('A node that is kept, in a storm of lost connections, expired sessions and rivals', function () {
  this.timeout(60_000)

  const modes: PersistentNodeMode[] = [
    'ephemeral',
    'persistent',
    'ephemeral-sequential',
    'persistent-sequential',
  ]
  for (const [index, mode] of modes.entries()) {
    it(`Z9 is there at the end, once, ours and with the newest data: ${mode}`, async () => {
      for (const seed of [1, 2, 3]) {
        await using ground = await Ground.lay({ seed: { kept: '' } })
        const random = seeded(seed * 100 + index)
        const [zk, other] = [await ground.client(), await ground.client()]
        const node = new PersistentNode(zk, PATH, { mode, jitter: 2 })
        await node.start()
        await storm({ ground, zk, other, node, random })
        await until(`it is there again, with seed ${seed}`, () => !node.stale)
        const { path } = node.current!
        expect(ground.names('/kept').map(name => `/kept/${name}`)).to.deep.equal([path])
        const { data, stat } = await other.getData(path)
        expect(data!.toString(), `seed ${seed}`).to.equal('at last')
        expect(stat.czxid).to.equal(node.current!.czxid)
        expect(stat.ephemeralOwner).to.equal(mode.startsWith('ephemeral') ? zk.session.id : 0n)
        await node.close()
        expect(ground.names('/kept')).to.deep.equal([])
        await settle()
        expect(Bell.count(zk)).to.be.lessThan(3)
      }
    })
  }
})

describe('Members of a group', () => {
  it('L2 leave nothing behind after a thousand cycles', async function () {
    this.timeout(60_000)
    await using ground = await Ground.lay({ seed: { group: '' }, recordRequests: false })
    const zk = await ground.client()
    const listeners = countListeners(zk)
    const group = new Group(zk, '/group')
    for (let cycle = 0; cycle < 1000; cycle++) await (await group.join({ name: `m${cycle % 10}` })).leave()
    await settle()
    expect(ground.names('/group')).to.deep.equal([])
    expect(ground.server.watches()).to.deep.equal([])
    expect({ bells: Bell.count(zk), listeners: listeners() }).to.deep.equal({ bells: 0, listeners: 0 })
  })
})

/** How many listeners of the state have been added since, and not taken off. */
function countListeners(zk: ZooKeeper): () => number {
  const present = new Set<unknown>()
  const [on, off] = [zk.on.bind(zk), zk.off.bind(zk)]
  zk.on = (name, listener) => {
    present.add(listener)
    return on(name, listener)
  }
  zk.off = (name, listener) => {
    present.delete(listener)
    return off(name, listener)
  }
  return () => present.size
}
