import { op, WatcherType } from '@zookit/jute'
import { expect } from 'chai'
import { arm, settled } from '../support/server-watches.ts'
import {
  addressOf,
  connect,
  create,
  describeServers,
  failure,
  freshPath,
  getData,
  OPEN,
  recorder,
  remove,
  setData,
  standalone,
  until,
  untilState,
} from '../support/servers.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'

describeServers('Watches after a reconnect', () => {
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

  it('W3 are set again, 10 000 of them in frames that the server takes, when the server was restarted', async () => {
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
    await server.kill()
    await untilState(session, 'suspended')
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
          acl: OPEN,
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

describeServers('Removing watches', () => {
  it('W7 removes those of one type, at the server too', async () => {
    const server = await standalone()
    const proxy = await TcpProxy.before(addressOf(server))
    const [session, other] = await Promise.all([connect(proxy.hosts), connect(server.hosts)])
    const path = freshPath()
    await create(other, path)
    for (const kind of ['data', 'children', 'any'] as const) {
      const [data, children] = [recorder(), recorder()]
      await arm.getData(session, path, data.watcher)
      await arm.getChildren(session, path, children.watcher)
      await session.watches.remove(path, kind)
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
    expect(await failure(session.watches.remove(path, 'any'))).to.include({ code: 'NO_WATCHER', path })
  })

  it('W7 removes persistent and recursive watches, and leaves what still needs them', async () => {
    const { hosts } = await standalone()
    const [session, other] = await Promise.all([connect(hosts), connect(hosts)])
    const path = freshPath()
    await create(other, path)
    const [persistent, recursive, second] = [recorder(), recorder(), recorder()]
    await arm.persistent(session, path, persistent.watcher)
    await arm.recursive(session, path, recursive.watcher)
    await arm.recursive(session, path, second.watcher)
    await session.watches.remove(path, 'persistent')
    await session.watches.remove(path, 'recursive', { watcher: second.watcher })
    await create(other, `${path}/a`)
    await settled(session)
    expect(persistent.events).to.deep.equal([`removed ${path}`])
    expect(second.events).to.deep.equal([`removed ${path}`])
    expect(recursive.events.filter(event => !event.startsWith('resync'))).to.deep.equal([`created ${path}/a`])
    await session.watches.remove(path, 'recursive')
    await create(other, `${path}/b`)
    await settled(session)
    expect(recursive.events.at(-1)).to.equal(`removed ${path}`)
    expect(session.watches.size).to.equal(0)
  })

  it('W7 removes a watch that served one-shot ones, and leaves those at the server, whatever comes in between', async () => {
    const { hosts } = await standalone()
    const [session, other] = await Promise.all([connect(hosts), connect(hosts)])
    for (const lasting of ['persistent', 'recursive'] as const) {
      const path = freshPath()
      await create(other, path)
      const [served, children] = [recorder(), recorder()]
      await arm[lasting](session, path, () => {})
      await arm.getData(session, path, served.watcher)
      await arm.getChildren(session, path, children.watcher)
      await Promise.all([session.watches.remove(path, lasting), setData(other, path, 'x')])
      await settled(session)
      await settled(session)
      expect(served.events).to.deep.equal([`changed ${path}`])
      await create(other, `${path}/a`)
      await settled(session)
      expect(children.events).to.deep.equal([`children ${path}`])
    }
  })

  it('W7 removes a recursive watch, and leaves the persistent one on the same path whole', async () => {
    const { hosts } = await standalone()
    const [session, other] = await Promise.all([connect(hosts), connect(hosts)])
    const path = freshPath()
    await create(other, path)
    const { events, watcher } = recorder()
    await arm.persistent(session, path, watcher)
    await arm.recursive(session, path, () => {})
    await session.watches.remove(path, 'recursive')
    await settled(session)
    await create(other, `${path}/a`)
    await setData(other, path, 'x')
    await settled(session)
    expect(events).to.deep.equal([`children ${path}`, `changed ${path}`])
  })

  it('W7 keeps the watch that a later request has set', async () => {
    const { hosts } = await standalone()
    const [session, other] = await Promise.all([connect(hosts), connect(hosts)])
    const path = freshPath()
    await create(other, path)
    const [old, live] = [recorder(), recorder()]
    await arm.getData(session, path, old.watcher)
    const removal = session.watches.remove(path, 'data')
    await arm.getData(session, path, live.watcher)
    await removal
    await setData(other, path, 'x')
    await settled(session)
    expect(old.events).to.deep.equal([`removed ${path}`])
    expect(live.events).to.deep.equal([`changed ${path}`])
  })

  it('W7 succeeds if the watch has fired meanwhile', async () => {
    const server = await standalone()
    const [session, other] = await Promise.all([connect(server.hosts), connect(server.hosts)])
    const path = freshPath()
    await create(other, path)
    const { events, watcher } = recorder()
    await arm.getData(session, path, watcher)
    // One after the other on one connection: the event is on its way before the removal arrives.
    const write = setData(session, path, 'x')
    const removal = session.watches.remove(path, 'data')
    await Promise.all([write, removal])
    expect(events).to.deep.equal([`changed ${path}`])
    expect(session.watches.size).to.equal(0)
  })

  it('W7 is done in the client alone while the server cannot be told, with local', async () => {
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
    await session.watches.remove(gone, 'data', { local: true })
    const refused = await failure(session.watches.remove(stays, 'data'))
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
    const removal = session.watches.remove(path, 'data')
    proxy.mend()
    await removal
    expect(events).to.deep.equal([`removed ${path}`])
    await until(
      'the server has no watch',
      async () => !(await server.fourLetter('wchp')).includes(`${path}\n`),
    )
  })
})
