import { AddWatchMode, op, WatcherType } from '@zookit/jute'
import { expect } from 'chai'
import { removeWatches, type Session, type Watcher } from '../src/index.ts'
import {
  addressOf,
  connect,
  create,
  describeReal,
  failure,
  freshPath,
  getData,
  isThere,
  recorder,
  remove,
  setData,
  standalone,
  until,
  untilState,
} from './support/real.ts'
import { TcpProxy } from './support/real-proxy.ts'

/** The requests that leave watches. */
const arm = {
  getData: (session: Session, path: string, watcher: Watcher) =>
    session.request(op.getData, { path, watch: true }, { watcher }),
  exists: (session: Session, path: string, watcher: Watcher) =>
    session.request(op.exists, { path, watch: true }, { watcher }),
  getChildren: (session: Session, path: string, watcher: Watcher) =>
    session.request(op.getChildren, { path, watch: true }, { watcher }),
  getChildren2: (session: Session, path: string, watcher: Watcher) =>
    session.request(op.getChildren2, { path, watch: true }, { watcher }),
  persistent: (session: Session, path: string, watcher: Watcher) =>
    session.request(op.addWatch, { path, mode: AddWatchMode.persistent }, { watcher }),
  recursive: (session: Session, path: string, watcher: Watcher) =>
    session.request(op.addWatch, { path, mode: AddWatchMode.persistentRecursive }, { watcher }),
}

/** Changes that a watch can tell of; each can be made twice. */
const change = {
  data: (session: Session, path: string) => setData(session, path, 'changed'),
  child: (session: Session, path: string) => create(session, `${path}/`, 'persistent-sequential'),
  end: (session: Session, path: string) => remove(session, path),
  begin: (session: Session, path: string) => create(session, path),
}

/** A round trip: the server sends every event before the reply to what is asked after it. */
const settled = (session: Session): Promise<boolean> => isThere(session, '/')

describeReal('A one-shot watch', () => {
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
    it(`W1 of ${request} tells ${event ?? 'nothing'}, once, of a change: ${what}`, async () => {
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

describeReal('A lasting watch', () => {
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

describeReal('Watches asked for at once', () => {
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
      expect(events).to.deep.equal([`resync ${path}`, ...lives, ...lives])
    })
  }
})

describeReal('Watches after a reconnect', () => {
  it('W2 W5 tell what changed while the client was away, and say where that cannot be known', async () => {
    const server = await standalone()
    const proxy = await TcpProxy.before(addressOf(server))
    const [session, other] = await Promise.all([connect(proxy.hosts), connect(server.hosts)])
    const path = freshPath()
    await create(other, path)
    const names = [
      'data-gone',
      'data-changed',
      'data-same',
      'child-gone',
      'child-changed',
      'child-same',
      'exist-gone',
    ]
    for (const name of names) await create(other, `${path}/${name}`)
    const { events, watcher } = recorder()
    for (const name of names) {
      const request = name.startsWith('data')
        ? 'getData'
        : name.startsWith('child')
          ? 'getChildren'
          : 'exists'
      await arm[request](session, `${path}/${name}`, watcher)
    }
    for (const name of ['comes', 'comes-not', 'comes-and-goes']) {
      await arm.exists(session, `${path}/${name}`, watcher)
    }
    await arm.persistent(session, `${path}/persistent`, watcher)
    await arm.recursive(session, `${path}/recursive`, watcher)
    proxy.refuse()
    await untilState(session, 'suspended')
    await remove(other, `${path}/data-gone`)
    await setData(other, `${path}/data-changed`, 'x')
    await remove(other, `${path}/child-gone`)
    await create(other, `${path}/child-changed/child`)
    await remove(other, `${path}/exist-gone`)
    await create(other, `${path}/comes`)
    await create(other, `${path}/comes-and-goes`)
    await remove(other, `${path}/comes-and-goes`)
    await create(other, `${path}/persistent`)
    await create(other, `${path}/recursive`)
    expect(events).to.deep.equal([])
    proxy.mend()
    await session.ready()
    await settled(session)
    const caughtUp = [
      `deleted ${path}/data-gone`,
      `changed ${path}/data-changed`,
      `deleted ${path}/child-gone`,
      `children ${path}/child-changed`,
      `deleted ${path}/exist-gone`,
      `created ${path}/comes`,
      `resync ${path}/persistent`,
      `resync ${path}/recursive`,
    ]
    expect(events).to.have.members(caughtUp)

    // What did not fire stands, here and at the server.
    expect(session.watches.size).to.equal(6)
    events.length = 0
    await setData(other, `${path}/data-same`, 'x')
    await create(other, `${path}/child-same/child`)
    await create(other, `${path}/comes-not`)
    await create(other, `${path}/comes-and-goes`)
    await setData(other, `${path}/persistent`, 'x')
    await create(other, `${path}/recursive/child`)
    await settled(session)
    expect(events).to.deep.equal([
      `changed ${path}/data-same`,
      `children ${path}/child-same`,
      `created ${path}/comes-not`,
      `created ${path}/comes-and-goes`,
      `changed ${path}/persistent`,
      `created ${path}/recursive/child`,
    ])
  })

  it('W2 are caught up before the session is said to be connected, and before requests that waited', async () => {
    const server = await standalone()
    const proxy = await TcpProxy.before(addressOf(server))
    const [session, other] = await Promise.all([connect(proxy.hosts), connect(server.hosts)])
    const path = freshPath()
    await create(other, path)
    const log: string[] = []
    await arm.getData(session, path, event => log.push(event.type))
    await arm.recursive(session, freshPath(), event => log.push(event.type))
    session.on('state', state => log.push(state))
    proxy.refuse()
    await untilState(session, 'suspended')
    const waiting = getData(session, path).then(data => log.push(`read ${data}`))
    await setData(other, path, 'x')
    proxy.mend()
    await waiting
    expect(log).to.deep.equal(['suspended', 'changed', 'resync', 'connected', 'read x'])
    const [setWatches, read] = proxy.opcodes(proxy.connections)
    expect([setWatches, read]).to.deep.equal([op.setWatches2.code, op.getData.code])
  })

  it('W3 stand again, 10 000 of them in frames that the server takes, when the server was restarted', async () => {
    const server = await standalone()
    const proxy = await TcpProxy.before(addressOf(server))
    const session = await connect(proxy.hosts, { sessionTimeout: 30_000 })
    const path = freshPath()
    await create(session, path)
    const paths = Array.from({ length: 10_000 }, (_, i) => `${path}/${'long-'.repeat(8)}${i}`)
    let fired = 0
    const count = (): void => {
      fired++
    }
    await Promise.all(paths.map(each => arm.exists(session, each, count)))
    await Promise.all(paths.slice(0, 100).map(each => arm.recursive(session, `${each}/tree`, count)))
    fired = 0
    await server.restart()
    await session.ready()
    expect(session.watches.size).to.equal(10_100)
    const sent = proxy.frames.filter(frame => frame.connection === proxy.connections && frame.xid === -8)
    expect(sent.length).to.be.greaterThan(4)
    for (const frame of sent) expect(frame.body.length).to.be.lessThan(128 * 1024)
    expect(fired).to.equal(100)

    fired = 0
    for (let from = 0; from < paths.length; from += 1000) {
      const operations = paths.slice(from, from + 1000).map(each => {
        const request = {
          path: each,
          data: null,
          acl: [{ perms: 31, id: { scheme: 'world', id: 'anyone' } }],
          flags: 0,
        }
        return { type: 1, request } as const
      })
      await session.request(op.multi, { operations })
    }
    await settled(session)
    expect(fired).to.equal(10_000)
    expect(session.watches.size).to.equal(100)
  })
})

describeReal('Removing watches', () => {
  it('W7 takes off those of one type, at the server too', async () => {
    const server = await standalone()
    const proxy = await TcpProxy.before(addressOf(server))
    const [session, other] = await Promise.all([connect(proxy.hosts), connect(server.hosts)])
    const path = freshPath()
    await create(other, path)
    for (const kind of ['data', 'children', 'any'] as const) {
      const [data, children] = [recorder(), recorder()]
      await arm.getData(session, path, data.watcher)
      await arm.getChildren(session, path, children.watcher)
      await removeWatches(session, path, kind, path)
      expect(data.events).to.deep.equal(kind === 'children' ? [] : [`removed ${path}`])
      expect(children.events).to.deep.equal(kind === 'data' ? [] : [`removed ${path}`])
      expect(session.watches.size).to.equal(kind === 'any' ? 0 : 1)
      for (const type of [WatcherType.children, WatcherType.data]) {
        const stays = kind !== 'any' && (kind === 'children') === (type === WatcherType.data)
        const check = session.request(op.checkWatches, { path, type }).then(
          () => true,
          () => false,
        )
        expect(await check).to.equal(stays)
      }
      await setData(other, path, 'x')
      await create(other, `${path}/`, 'persistent-sequential')
      await settled(session)
      expect(data.events).to.deep.equal([kind === 'children' ? `changed ${path}` : `removed ${path}`])
      expect(children.events).to.deep.equal([kind === 'data' ? `children ${path}` : `removed ${path}`])
    }
    expect(await failure(removeWatches(session, path, 'any', path))).to.include({ code: 'NO_WATCHER', path })
  })

  it('W7 takes off lasting ones, and leaves what still needs them', async () => {
    const { hosts } = await standalone()
    const [session, other] = await Promise.all([connect(hosts), connect(hosts)])
    const path = freshPath()
    await create(other, path)
    const [persistent, recursive, second] = [recorder(), recorder(), recorder()]
    await arm.persistent(session, path, persistent.watcher)
    await arm.recursive(session, path, recursive.watcher)
    await arm.recursive(session, path, second.watcher)
    await removeWatches(session, path, 'persistent', path)
    await removeWatches(session, path, 'recursive', path, { watcher: second.watcher })
    await create(other, `${path}/a`)
    await settled(session)
    expect(persistent.events).to.deep.equal([`removed ${path}`])
    expect(second.events).to.deep.equal([`removed ${path}`])
    expect(recursive.events.filter(event => !event.startsWith('resync'))).to.deep.equal([`created ${path}/a`])
    await removeWatches(session, path, 'recursive', path)
    await create(other, `${path}/b`)
    await settled(session)
    expect(recursive.events.at(-1)).to.equal(`removed ${path}`)
    expect(session.watches.size).to.equal(0)
  })

  it('W7 takes a recursive one off, and leaves the persistent one on the same path whole', async () => {
    const { hosts } = await standalone()
    const [session, other] = await Promise.all([connect(hosts), connect(hosts)])
    const path = freshPath()
    await create(other, path)
    const { events, watcher } = recorder()
    await arm.persistent(session, path, watcher)
    await arm.recursive(session, path, () => {})
    await removeWatches(session, path, 'recursive', path)
    await settled(session)
    await create(other, `${path}/a`)
    await setData(other, path, 'x')
    await settled(session)
    expect(events).to.deep.equal([`resync ${path}`, `children ${path}`, `changed ${path}`])
  })

  it('W7 keeps the watch that a later request has left', async () => {
    const { hosts } = await standalone()
    const [session, other] = await Promise.all([connect(hosts), connect(hosts)])
    const path = freshPath()
    await create(other, path)
    const [old, live] = [recorder(), recorder()]
    await arm.getData(session, path, old.watcher)
    const removal = removeWatches(session, path, 'data', path)
    await arm.getData(session, path, live.watcher)
    await removal
    await setData(other, path, 'x')
    await settled(session)
    expect(old.events).to.deep.equal([`removed ${path}`])
    expect(live.events).to.deep.equal([`changed ${path}`])
  })

  it('W7 succeeds where the watch has fired on the way', async () => {
    const server = await standalone()
    const [session, other] = await Promise.all([connect(server.hosts), connect(server.hosts)])
    const path = freshPath()
    await create(other, path)
    const { events, watcher } = recorder()
    await arm.getData(session, path, watcher)
    // One after the other on one connection: the event is on its way before the removal arrives.
    const write = setData(session, path, 'x')
    const removal = removeWatches(session, path, 'data', path)
    await Promise.all([write, removal])
    expect(events).to.deep.equal([`changed ${path}`])
    expect(session.watches.size).to.equal(0)
  })

  it('W7 is done here alone while the server cannot be told, if that will do', async () => {
    const server = await standalone()
    const proxy = await TcpProxy.before(addressOf(server))
    const session = await connect(proxy.hosts, { whenDisconnected: 'reject' })
    const other = await connect(server.hosts)
    const [gone, stays] = [freshPath(), freshPath()]
    const { events, watcher } = recorder()
    await arm.exists(session, gone, watcher)
    await arm.exists(session, stays, watcher)
    proxy.refuse()
    await untilState(session, 'suspended')
    await removeWatches(session, gone, 'data', gone, { local: true })
    const refused = await failure(removeWatches(session, stays, 'data', stays))
    expect(refused).to.include({ code: 'NOT_CONNECTED', outcome: 'not-sent', path: stays })
    expect(events).to.deep.equal([`removed ${gone}`])
    proxy.mend()
    await session.ready()
    await create(other, gone)
    await create(other, stays)
    await settled(session)
    expect(events).to.deep.equal([`removed ${gone}`, `created ${stays}`])
  })

  it('W7 waits for the next connection where requests do', async () => {
    const server = await standalone()
    const proxy = await TcpProxy.before(addressOf(server))
    const session = await connect(proxy.hosts)
    const path = freshPath()
    const { events, watcher } = recorder()
    await arm.exists(session, path, watcher)
    proxy.refuse()
    await untilState(session, 'suspended')
    const removal = removeWatches(session, path, 'data', path)
    proxy.mend()
    await removal
    expect(events).to.deep.equal([`removed ${path}`])
    await until(
      'the server has no watch',
      async () => !(await server.fourLetter('wchp')).includes(`${path}\n`),
    )
  })
})
