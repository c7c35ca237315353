import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { connect, digestId, type OneShotEvent, type WatchListener, type ZooKeeper } from '../src/index.ts'
import { describeTargets, expire, failureOf, stateOf, type Target } from './support/targets.ts'

/** Returns a listener that records the type and the path of each event. */
function recorder(): { listener: WatchListener; told: string[]; events: OneShotEvent[] } {
  const told: string[] = []
  const events: OneShotEvent[] = []
  const listener = (event: OneShotEvent): void => {
    events.push(event)
    told.push(`${event.type} ${event.path}`)
  }
  return { listener, told, events }
}

describeTargets('A one-shot watch', target => {
  describe('without a chroot', () => {
    watches(target, async () => {
      const base = await target.freshPath()
      return { zk: await target.client(), base, root: base }
    })
  })

  describe('C1 under a chroot', () => {
    watches(target, async () => {
      const root = await target.freshPath()
      return { zk: await target.client(root), base: '', root }
    })
  })
})

/** A client, its path for an empty place in the tree, and the server's path for that. */
type Start = () => Promise<{ zk: ZooKeeper; base: string; root: string }>

function watches(target: Target, start: Start): void {
  it('W1 of exists is called once, for the creation, the change or the deletion', async () => {
    const { zk, base } = await start()
    const { listener, told } = recorder()
    expect(await zk.exists(`${base}/a`, { watch: listener })).to.equal(null)
    await zk.create(`${base}/a`)
    await zk.setData(`${base}/a`, 'unseen')
    expect((await zk.exists(`${base}/a`, { watch: listener }))?.version).to.equal(1)
    await zk.setData(`${base}/a`, 'seen')
    await zk.exists(`${base}/a`, { watch: listener })
    await zk.delete(`${base}/a`)
    await zk.sync()
    expect(told).to.deep.equal([`created ${base}/a`, `changed ${base}/a`, `deleted ${base}/a`])
  })

  it('W1 of getData and getChildren is called for its own kind of change, and is not set where they fail', async () => {
    const { zk, base } = await start()
    const data = recorder()
    const children = recorder()
    const nothing = recorder()
    await failureOf(zk.getData(`${base}/a`, { watch: nothing.listener }))
    await failureOf(zk.getChildren(`${base}/a`, { watch: nothing.listener }))
    await zk.create(`${base}/a`)
    await zk.getData(`${base}/a`, { watch: data.listener })
    await zk.getChildren(`${base}/a`, { watch: children.listener })
    await zk.create(`${base}/a/b`)
    await zk.setData(`${base}/a`, 'x')
    await zk.sync()
    expect(children.told).to.deep.equal([`children ${base}/a`])
    expect(data.told).to.deep.equal([`changed ${base}/a`])
    expect(nothing.told).to.deep.equal([])
  })

  it('W8 calls a listener once for a path on which it was set twice, and calls other listeners too', async () => {
    const { zk, base, root } = await start()
    const one = recorder()
    const two = recorder()
    await zk.create(`${base}/a`)
    for (const watch of [one.listener, one.listener, two.listener]) await zk.getData(`${base}/a`, { watch })
    await zk.exists(`${base}/a`, { watch: one.listener })
    await (await target.client()).setData(`${root}/a`, 'x')
    await zk.sync()
    expect(one.told).to.deep.equal([`changed ${base}/a`])
    expect(two.told).to.deep.equal([`changed ${base}/a`])
  })

  it('W2 reports after a lost connection what happened meanwhile', async () => {
    const { zk, base, root } = await start()
    const other = await target.client()
    await zk.create(`${base}/a`)
    const { listener, told } = recorder()
    await zk.getData(`${base}/a`, { watch: listener })
    await zk.exists(`${base}/b`, { watch: listener })
    const cable = target.cableOf(zk)
    cable.pull()
    await other.setData(`${root}/a`, 'x')
    await other.create(`${root}/b`)
    cable.plug()
    await zk.sync()
    expect(told).to.have.members([`changed ${base}/a`, `created ${base}/b`])
  })

  it('is called when it is removed, by listener or by kind', async () => {
    const { zk, base } = await start()
    await zk.create(`${base}/a`)
    const one = recorder()
    const two = recorder()
    for (const { listener } of [one, two]) await zk.getData(`${base}/a`, { watch: listener })
    await zk.removeWatches(`${base}/a`, 'data', { watch: one.listener })
    expect(one.told).to.deep.equal([`removed ${base}/a`])
    expect(two.told).to.deep.equal([])
    const again = failureOf(zk.removeWatches(`${base}/a`, 'data', { watch: one.listener }))
    expect(await again).to.include({ code: 'NO_WATCHER', path: `${base}/a` })
    await zk.removeWatches(`${base}/a`)
    expect(two.told).to.deep.equal([`removed ${base}/a`])
    await zk.setData(`${base}/a`, 'x')
    await zk.sync()
    expect(one.told.length + two.told.length).to.equal(2)
  })

  it('is lost with its session, and its listener is called', async () => {
    const { zk, base } = await start()
    const { listener, events } = recorder()
    await zk.exists(`${base}/a`, { watch: listener })
    await expire(target, zk)
    await stateOf(zk, 'connecting')
    const [event, ...others] = events
    expect(others).to.deep.equal([])
    expect(event).to.include({ type: 'lost', path: `${base}/a` })
    if (event?.type === 'lost') expect(event.error.code).to.equal('SESSION_EXPIRED')
  })
}

describe('A one-shot watch under a chroot', () => {
  it('C1 is set again and removed by the server’s path', async () => {
    await using server = await TestServer.start({ seed: { app: { a: 'x' } } })
    await using zk = await connect(`${server.hosts}/app`, { backoff: { initial: 1, max: 2 } })
    await zk.getData('/a', { watch: () => {} })
    server.dropConnections()
    await stateOf(zk, 'suspended')
    await zk.sync()
    expect(server.watches().map(({ path }) => path)).to.deep.equal(['/app/a'])
    const setAgain = server.requests().find(({ operation }) => operation === 'setWatches')
    expect(setAgain?.body).to.deep.include({ dataWatches: ['/app/a'] })
    await zk.removeWatches('/a', 'data')
    expect(server.watches()).to.deep.equal([])
  })

  it('C1 keeps the whole path of the configuration, which is outside', async () => {
    await using server = await TestServer.start({
      seed: { app: {} },
      superDigest: digestId('super', 'wizard'),
    })
    await using zk = await connect(`${server.hosts}/app`)
    await using admin = await connect(server.hosts, { auth: [{ scheme: 'digest', auth: 'super:wizard' }] })
    const { listener, told } = recorder()
    await zk.getConfig({ watch: listener })
    await admin.setData('/zookeeper/config', 'version=1')
    await zk.sync()
    expect(told).to.deep.equal(['changed /zookeeper/config'])
  })

  it('C1 is set on the chroot’s own /zookeeper/config by every method but getConfig', async () => {
    await using server = await TestServer.start({ seed: { app: { zookeeper: { config: 'mine' } } } })
    await using zk = await connect(`${server.hosts}/app`)
    const { listener, told } = recorder()
    expect(String((await zk.getData('/zookeeper/config', { watch: listener })).data)).to.equal('mine')
    await zk.setData('/zookeeper/config', 'new')
    expect(told).to.deep.equal(['changed /zookeeper/config'])
    expect(server.watches()).to.deep.equal([])
    expect((await zk.getConfig()).members).to.deep.equal([])
  })
})
