import { op } from '@zookit/jute'
import { expect } from 'chai'
import { arm, change, settled } from '../support/server-watches.ts'
import {
  addressOf,
  connect,
  create,
  describeServers,
  failure,
  freshPath,
  recorder,
  remove,
  setData,
  standalone,
} from '../support/servers.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'

describeServers('A one-shot watch', () => {
  const cases: [keyof typeof arm, keyof typeof change, string | null][] = [
    ['getData', 'data', 'changed'],
    ['getData', 'end', 'deleted'],
    ['getData', 'child', null],
    ['exists', 'data', 'changed'],
    ['exists', 'end', 'deleted'],
    ['exists', 'child', null],
    ['getChildren', 'child', 'children'],
    ['getChildren', 'end', 'deleted'],
    ['getChildren', 'data', null],
    ['getChildren2', 'child', 'children'],
    ['getChildren2', 'end', 'deleted'],
    ['getChildren2', 'data', null],
  ]
  for (const [request, what, event] of cases) {
    it(`W1 of ${request} tells ${event === null ? 'nothing' : `${event}, once,`} of a change: ${what}`, async () => {
      const { hosts } = await standalone()
      const [session, other] = await Promise.all([connect(hosts), connect(hosts)])
      const path = freshPath()
      await create(other, path)
      const { events, watcher } = recorder()
      await arm[request](session, path, watcher)
      await change[what](other, path)
      if (what === 'end') await change.begin(other, path)
      await change[what](other, path)
      await settled(session)
      expect(events).to.deep.equal(event === null ? [] : [`${event} ${path}`])
      expect(session.watches.size).to.equal(event === null ? 1 : 0)
    })
  }

  it('W1 of exists waits for a znode that is not there; getData and getChildren wait for nothing', async () => {
    const { hosts } = await standalone()
    const [session, other] = await Promise.all([connect(hosts), connect(hosts)])
    const path = freshPath()
    const { events, watcher } = recorder()
    for (const request of ['getData', 'getChildren', 'getChildren2'] as const) {
      expect(await failure(arm[request](session, path, watcher))).to.include({ code: 'NO_NODE', path })
    }
    expect(session.watches.size).to.equal(0)
    expect(await arm.exists(session, path, watcher)).to.equal(null)
    await change.begin(other, path)
    await change.data(other, path)
    await settled(session)
    expect(events).to.deep.equal([`created ${path}`])
  })

  it('W1 is not left by a request that is refused', async () => {
    const { hosts } = await standalone()
    const [session, other] = await Promise.all([connect(hosts), connect(hosts)])
    await other.addAuth('digest', Buffer.from('bob:builder'))
    const path = freshPath()
    const acl = [{ perms: 31, id: { scheme: 'auth', id: '' } }]
    await other.request(op.create, { path, data: null, acl, flags: 0 })
    const { events, watcher } = recorder()
    for (const request of ['getData', 'getChildren', 'getChildren2'] as const) {
      expect(await failure(arm[request](session, path, watcher))).to.include({ code: 'NO_AUTH', errno: -102 })
    }
    expect(session.watches.size).to.equal(0)
    await change.data(other, path)
    await settled(session)
    expect(events).to.deep.equal([])
  })
})

describeServers('A persistent or recursive watch', () => {
  it('W1 W6 persistent tells everything of its znode, also when it comes and goes', async () => {
    const { hosts } = await standalone()
    const [session, other] = await Promise.all([connect(hosts), connect(hosts)])
    const path = freshPath()
    const { events, watcher } = recorder()
    await arm.persistent(session, path, watcher)
    for (let round = 0; round < 2; round++) {
      await create(other, path)
      await setData(other, path, 'x')
      await create(other, `${path}/child`)
      await setData(other, `${path}/child`, 'x')
      await remove(other, `${path}/child`)
      await remove(other, path)
    }
    await settled(session)
    const expected = ['created', 'changed', 'children', 'children', 'deleted'].map(type => `${type} ${path}`)
    expect(events).to.deep.equal([...expected, ...expected])
  })

  it('W1 W6 recursive tells of every znode below, and of no children', async () => {
    const { hosts } = await standalone()
    const [session, other] = await Promise.all([connect(hosts), connect(hosts)])
    const path = freshPath()
    const { events, watcher } = recorder()
    await arm.recursive(session, path, watcher)
    for (let round = 0; round < 2; round++) {
      await create(other, path)
      await create(other, `${path}/a`)
      await create(other, `${path}/a/b`)
      await setData(other, `${path}/a/b`, 'x')
      await remove(other, `${path}/a/b`)
      await remove(other, `${path}/a`)
      await remove(other, path)
    }
    await create(other, `${path}-sibling`)
    await settled(session)
    const expected = [
      `created ${path}`,
      `created ${path}/a`,
      `created ${path}/a/b`,
      `changed ${path}/a/b`,
      `deleted ${path}/a/b`,
      `deleted ${path}/a`,
      `deleted ${path}`,
    ]
    expect(events).to.deep.equal([...expected, ...expected])
  })

  it('W6 recursive below another one, with one-shot watches between, tells each watcher what is its own', async () => {
    const { hosts } = await standalone()
    const [session, other] = await Promise.all([connect(hosts), connect(hosts)])
    const path = freshPath()
    await create(other, path)
    await create(other, `${path}/a`)
    const [high, low, data, children] = [recorder(), recorder(), recorder(), recorder()]
    await arm.recursive(session, path, high.watcher)
    await arm.recursive(session, `${path}/a`, low.watcher)
    await arm.getData(session, `${path}/a`, data.watcher)
    await arm.getChildren(session, `${path}/a`, children.watcher)
    await create(other, `${path}/a/b`)
    await setData(other, `${path}/a`, 'x')
    await create(other, `${path}/c`)
    await settled(session)
    expect(high.events).to.deep.equal([`created ${path}/a/b`, `changed ${path}/a`, `created ${path}/c`])
    expect(low.events).to.deep.equal([`created ${path}/a/b`, `changed ${path}/a`])
    expect(data.events).to.deep.equal([`changed ${path}/a`])
    expect(children.events).to.deep.equal([`children ${path}/a`])
  })

  // Before 3.9.0 a server keeps one mode for a path (ZOOKEEPER-4466), whichever came last.
  const kinds = ['persistent', 'recursive', 'getData', 'getChildren'] as const
  const orders = [
    ['persistent', 'recursive', 'getData', 'getChildren'],
    ['recursive', 'persistent', 'getChildren', 'getData'],
    ['getData', 'getChildren', 'recursive', 'persistent'],
    ['getChildren', 'persistent', 'getData', 'recursive'],
  ] as const
  for (const order of orders) {
    it(`W6 modes coexist on one path: ${order.join(', ')}`, async () => {
      const { hosts } = await standalone()
      const proxy = await TcpProxy.before(addressOf(await standalone()))
      const [session, other] = await Promise.all([connect(proxy.hosts), connect(hosts)])
      const path = freshPath()
      await create(other, path)
      const told = new Map(kinds.map(kind => [kind, recorder()]))
      const eventsOf = (kind: (typeof kinds)[number]): string[] =>
        told
          .get(kind)!
          .events.splice(0)
          .filter(event => !event.startsWith('resync'))
      for (const kind of order) await arm[kind](session, path, told.get(kind)!.watcher)
      await settled(session)

      await create(other, `${path}/a`)
      await setData(other, path, 'x')
      await create(other, `${path}/b`)
      await setData(other, `${path}/b`, 'x')
      await settled(session)
      const changes = [`created ${path}/a`, `changed ${path}`, `created ${path}/b`, `changed ${path}/b`]
      expect(eventsOf('recursive')).to.deep.equal(changes)
      expect(eventsOf('persistent')).to.deep.equal([
        `children ${path}`,
        `changed ${path}`,
        `children ${path}`,
      ])
      expect(eventsOf('getData')).to.deep.equal([`changed ${path}`])
      expect(eventsOf('getChildren')).to.deep.equal([`children ${path}`])

      // So they do after a reconnect, with new one-shot watches.
      for (const kind of ['getChildren', 'getData'] as const) {
        await arm[kind](session, path, told.get(kind)!.watcher)
      }
      await proxy.interrupt(session)
      await create(other, `${path}/c`)
      await setData(other, path, 'y')
      await settled(session)
      expect(eventsOf('recursive')).to.deep.equal([`created ${path}/c`, `changed ${path}`])
      expect(eventsOf('persistent')).to.deep.equal([`children ${path}`, `changed ${path}`])
      expect(eventsOf('getData')).to.deep.equal([`changed ${path}`])
      expect(eventsOf('getChildren')).to.deep.equal([`children ${path}`])
    })
  }
})

describeServers('Watches that are set at the same time', () => {
  for (const lasting of ['persistent', 'recursive'] as const) {
    it(`W6 do not cost a ${lasting} one its place`, async () => {
      const { hosts } = await standalone()
      const [session, other] = await Promise.all([connect(hosts), connect(hosts)])
      const path = freshPath()
      const { events, watcher } = recorder()
      const once = recorder()
      await Promise.all([arm[lasting](session, path, watcher), arm.exists(session, path, once.watcher)])
      await settled(session)
      for (let round = 0; round < 2; round++) {
        await create(other, path)
        await remove(other, path)
      }
      await settled(session)
      expect(once.events).to.deep.equal([`created ${path}`])
      const lives = [`created ${path}`, `deleted ${path}`]
      expect(events).to.deep.equal([...lives, ...lives])
    })
  }
})
