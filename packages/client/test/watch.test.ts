import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { connect, type StreamEvent, type Watch, type ZooKeeper } from '../src/index.ts'
import { describeTargets, expire, failureOf, stateOf, type Target, until } from './support/targets.ts'

/** Describes an event in short: type, path, and the reason of a resync. */
function brief(event: StreamEvent): string {
  return `${event.type} ${event.path}${event.type === 'resync' ? ` ${event.reason}` : ''}`
}

/** Returns the next events of a watch, in short. */
async function take(watch: Watch, count: number): Promise<string[]> {
  const taken: string[] = []
  for (let i = 0; i < count; i++) {
    const { value, done } = await watch.next()
    taken.push(done ? 'done' : brief(value))
  }
  return taken
}

describeTargets('A watch', target => {
  describe('without a chroot', () => {
    streams(async () => {
      const base = await target.freshPath()
      return { zk: await target.client(), base }
    })
  })

  describe('C1 under a chroot', () => {
    streams(async () => ({ zk: await target.freshClient(), base: '' }))
  })

  endings(target)
  lostConnections(target)
})

/** A client, and its path for an empty place in the tree. */
type Start = () => Promise<{ zk: ZooKeeper; base: string }>

function streams(start: Start): void {
  it('yields every change of a znode and of its list of children', async () => {
    const { zk, base } = await start()
    await using watch = zk.watch(`${base}/a`)
    await zk.create(`${base}/a`)
    await zk.setData(`${base}/a`, 'x')
    await zk.create(`${base}/a/b`)
    await zk.create(`${base}/a/b/c`)
    await zk.setData(`${base}/a/b`, 'unseen')
    await zk.delete(`${base}/a/b/c`)
    await zk.delete(`${base}/a/b`)
    await zk.delete(`${base}/a`)
    expect(await take(watch, 5)).to.deep.equal([
      `created ${base}/a`,
      `changed ${base}/a`,
      `children ${base}/a`,
      `children ${base}/a`,
      `deleted ${base}/a`,
    ])
  })

  it('W6 yields the events of all znodes below if it is recursive, but no child lists', async () => {
    const { zk, base } = await start()
    await zk.create(`${base}/a`)
    await zk.create(`${base}/ab`)
    await using watch = zk.watch(`${base}/a`, { recursive: true })
    await zk.create(`${base}/a/b`)
    await zk.create(`${base}/a/b/c`)
    await zk.setData(`${base}/ab`, 'a neighbour')
    await zk.setData(`${base}/a/b/c`, 'x')
    await zk.delete(`${base}/a/b/c`)
    expect(await take(watch, 4)).to.deep.equal([
      `created ${base}/a/b`,
      `created ${base}/a/b/c`,
      `changed ${base}/a/b/c`,
      `deleted ${base}/a/b/c`,
    ])
  })

  it('W6 coexists with other watches on the same znode', async () => {
    const { zk, base } = await start()
    await zk.create(`${base}/a`)
    await using once = zk.watch(`${base}/a`)
    await using twice = zk.watch(`${base}/a`)
    await using deep = zk.watch(`${base}/a`, { recursive: true })
    const told: string[] = []
    await deep.ready
    await zk.getData(`${base}/a`, { watch: event => told.push(event.type) })
    await zk.setData(`${base}/a`, 'x')
    await zk.setData(`${base}/a`, 'y')
    for (const watch of [once, twice, deep]) {
      expect(await take(watch, 2)).to.deep.equal([`changed ${base}/a`, `changed ${base}/a`])
    }
    expect(told).to.deep.equal(['changed'])
  })

  it('misses no change after a read that follows it', async () => {
    const { zk, base } = await start()
    await zk.create(`${base}/a`)
    const watch = zk.watch(`${base}/a`)
    const read = zk.getData(`${base}/a`)
    void zk.setData(`${base}/a`, 'x')
    expect((await read).stat.version).to.equal(0)
    for await (const event of watch) {
      expect(brief(event)).to.equal(`changed ${base}/a`)
      break
    }
  })

  it('W9 yields a resync for the events that a slow consumer lost', async () => {
    const { zk, base } = await start()
    await zk.create(`${base}/a`)
    await using watch = zk.watch(`${base}/a`, { buffer: 3 })
    for (let i = 0; i < 5; i++) await zk.setData(`${base}/a`, String(i))
    expect(await take(watch, 2)).to.deep.equal([`resync ${base}/a overflow`, `changed ${base}/a`])
    await zk.setData(`${base}/a`, 'on')
    expect(await take(watch, 1)).to.deep.equal([`changed ${base}/a`])
  })
}

function endings(target: Target): void {
  it('ends when its loop is left, and is removed from the server', async () => {
    const zk = await target.freshClient()
    const watch = zk.watch('/a')
    void zk.create('/a')
    for await (const event of watch) if (event.type === 'created') break
    expect(await watch.next()).to.deep.equal({ value: undefined, done: true })
    await watch.close()
    expect((await failureOf(zk.removeWatches('/a'))).code).to.equal('NO_WATCHER')
  })

  it('ends when its scope is left, also for a pending call of next', async () => {
    const zk = await target.freshClient()
    let waiting: Promise<unknown>
    {
      await using watch = zk.watch('/a')
      await watch.ready
      waiting = watch.next()
    }
    expect(await waiting).to.deep.equal({ value: undefined, done: true })
  })

  it('yields nothing once it is closed, not even waiting events', async () => {
    const zk = await target.freshClient()
    const watch = zk.watch('/a')
    await zk.create('/a')
    await zk.setData('/a', 'x')
    expect(await take(watch, 1)).to.deep.equal(['created /a'])
    const closed = watch.close()
    expect(await take(watch, 1)).to.deep.equal(['done'])
    await closed
  })

  it('stays at the server for another watch that needs it', async () => {
    const zk = await target.freshClient()
    await using stays = zk.watch('/a')
    const goes = zk.watch('/a')
    await goes.ready
    await goes.close()
    await zk.create('/a')
    expect(await take(stays, 1)).to.deep.equal(['created /a'])
    expect(await take(goes, 1)).to.deep.equal(['done'])
  })

  it('ends when it is removed', async () => {
    const zk = await target.freshClient()
    const watch = zk.watch('/a')
    await watch.ready
    await zk.removeWatches('/a', 'persistent')
    expect(await take(watch, 1)).to.deep.equal(['done'])
  })

  it('ends when its client is closed, after the waiting events', async () => {
    const zk = await target.freshClient()
    const watch = zk.watch('/a')
    await zk.create('/a')
    await zk.close()
    expect(await take(watch, 2)).to.deep.equal(['created /a', 'done'])
    expect(await take(zk.watch('/a'), 1)).to.deep.equal(['done'])
  })

  it('throws ABORTED when its signal is aborted', async () => {
    const zk = await target.freshClient()
    const controller = new AbortController()
    const watch = zk.watch('/a', { signal: controller.signal })
    const reason = new Error('enough')
    await watch.ready
    const waiting = failureOf(watch.next())
    controller.abort(reason)
    expect(await waiting).to.include({ code: 'ABORTED', name: 'AbortError', path: '/a', cause: reason })
    expect(await waiting).to.include({ operation: 'addWatch', outcome: 'unknown' })
    await watch.close()
    expect((await failureOf(zk.removeWatches('/a'))).code).to.equal('NO_WATCHER')
    const late = zk.watch('/a', { signal: controller.signal })
    expect(await failureOf(late.ready)).to.include({ code: 'ABORTED', outcome: 'not-sent' })
    expect((await failureOf(late.next())).code).to.equal('ABORTED')
    expect(await take(late, 1)).to.deep.equal(['done'])
  })

  it('throws the error that ended the session', async () => {
    const renewless = await target.freshClient({ renew: false })
    const watch = renewless.watch('/a')
    await watch.ready
    await expire(target, renewless)
    expect((await failureOf(watch.next())).code).to.equal('SESSION_EXPIRED')
    expect((await failureOf(renewless.watch('/a').next())).code).to.equal('SESSION_EXPIRED')
    const stranger = await target.freshClient()
    const refused = stranger.watch('/a')
    await refused.ready
    void stranger.addAuth('no-such-scheme', 'x').catch(() => {})
    expect((await failureOf(refused.next())).code).to.equal('AUTH_FAILED')
  })
}

function lostConnections(target: Target): void {
  it('W5 yields resync after a lost connection, before every later event', async () => {
    const { zk, cable } = await target.cabledClient()
    await using watch = zk.watch('/', { recursive: true })
    await watch.ready
    cable.cut()
    await zk.create('/a')
    expect(await take(watch, 2)).to.deep.equal(['resync / reconnected', 'created /a'])
  })

  it('is added again after its session was renewed, and yields resync', async () => {
    const { zk } = await target.cabledClient()
    await using watch = zk.watch('/a')
    await watch.ready
    await expire(target, zk)
    expect(await take(watch, 1)).to.deep.equal(['resync /a renewed'])
    await zk.create('/a')
    expect(await take(watch, 1)).to.deep.equal(['created /a'])
  })

  it('can be requested without a connection, and is set before later requests', async () => {
    const { zk, cable } = await target.cabledClient()
    cable.pull()
    await using watch = zk.watch('/a')
    const created = zk.create('/a')
    cable.plug()
    await created
    expect(await take(watch, 1)).to.deep.equal(['created /a'])
  })

  it('waits for a connection also if requests do not', async () => {
    const { zk, cable } = await target.cabledClient({ whenDisconnected: 'reject' })
    cable.cut()
    await using watch = zk.watch('/a')
    await watch.ready
    await zk.create('/a')
    expect(await take(watch, 2)).to.deep.equal(['resync /a reconnected', 'created /a'])
    await expire(target, zk)
    expect(await take(watch, 1)).to.deep.equal(['resync /a renewed'])
  })

  it('reports also an expiry during its wait for a connection', async () => {
    const { zk, cable } = await target.cabledClient({ whenDisconnected: 'reject' })
    cable.pull()
    await using watch = zk.watch('/a')
    await expire(target, zk)
    expect(await take(watch, 1)).to.deep.equal(['resync /a renewed'])
  })

  it('can be closed without a connection, and leaves nothing behind', async () => {
    const { zk, cable } = await target.cabledClient()
    const standing = zk.watch('/a')
    await standing.ready
    cable.pull()
    const asked = zk.watch('/b')
    await Promise.all([standing.close(), asked.close()])
    expect(zk.state).to.equal('suspended')
    expect((await failureOf(asked.ready)).code).to.equal('CLOSED')
    cable.plug()
    await stateOf(zk, 'connected')
    for (const path of ['/a', '/b']) {
      expect((await failureOf(zk.removeWatches(path))).code).to.equal('NO_WATCHER')
    }
  })
}

describe('A watch on a server that misbehaves', () => {
  let server: TestServer
  let zk: ZooKeeper
  beforeEach(async () => {
    server = await TestServer.start({ seed: { a: 'v1' } })
    zk = await connect(server.hosts, { backoff: { initial: 1, max: 2 } })
  })
  afterEach(async () => {
    await zk.close()
    await server.stop()
  })

  it('is requested again after its connection was lost, and yields resync', async () => {
    server.loseNextReply('addWatch')
    await using watch = zk.watch('/a')
    await watch.ready
    await zk.setData('/a', 'v2')
    expect(await take(watch, 2)).to.deep.equal(['resync /a reconnected', 'changed /a'])
  })

  it('tells at its end without a connection if it was ever sent', async () => {
    const controller = new AbortController()
    const { signal } = controller
    server.dropNextRequest('addWatch')
    await server.refuseConnections(true)
    const sent = failureOf(zk.watch('/a', { signal }).ready)
    const lost = new Promise<void>(resolve => {
      zk.on('state', state => {
        if (state !== 'suspended') return
        const waiting = failureOf(zk.watch('/a', { signal }).ready)
        const closed = zk.watch('/a')
        void closed.close()
        controller.abort()
        resolve(
          Promise.all([waiting, failureOf(closed.ready)]).then(errors => {
            expect(errors[0]).to.include({ code: 'ABORTED', outcome: 'not-sent' })
            expect(errors[1]).to.include({ code: 'CLOSED', outcome: 'not-sent' })
          }),
        )
      })
    })
    expect(await sent).to.include({ code: 'ABORTED', outcome: 'unknown' })
    await lost
    await server.refuseConnections(false)
  })

  it('W4 throws if the server refuses to set it again', async () => {
    const watch = zk.watch('/a')
    await watch.ready
    server.rejectSetWatches()
    server.dropConnections()
    expect((await failureOf(watch.next())).code).to.equal('MARSHALLING_ERROR')
    expect(await watch.next()).to.deep.equal({ value: undefined, done: true })
  })

  it('throws the error that the server answers', async () => {
    server.answerWith('addWatch', -102)
    const watch = zk.watch('/a')
    expect(await failureOf(watch.ready)).to.include({ code: 'NO_AUTH', path: '/a' })
    expect((await failureOf(watch.next())).code).to.equal('NO_AUTH')
  })

  it('W7 stays at the server when another on the same path is closed', async () => {
    const goes = zk.watch('/a')
    await goes.ready
    await using stays = zk.watch('/a')
    await Promise.all([goes.close(), stays.ready])
    await zk.setData('/a', 'v2')
    expect(await take(stays, 1)).to.deep.equal(['changed /a'])
  })

  it('W7 stays at the server for a read in flight that relies on it', async () => {
    const goes = zk.watch('/b')
    await goes.ready
    const events: string[] = []
    const read = zk.exists('/b', { watch: event => events.push(`${event.type} ${event.path}`) })
    await Promise.all([goes.close(), read])
    await zk.create('/b')
    await until('the event has come', () => events.length > 0)
    expect(events).to.deep.equal(['created /b'])
  })

  it('leaves nothing at the server when it is closed, before or after the server has it', async () => {
    const standing = zk.watch('/a', { recursive: true })
    await standing.ready
    const asked = zk.watch('/a')
    await Promise.all([standing.close(), asked.close(), asked.close()])
    expect(server.watches()).to.deep.equal([])
    await zk.setData('/a', 'v2')
    // One for each kind: closing twice asks once.
    expect(server.requests().filter(({ operation }) => operation === 'removeWatches')).to.have.length(2)
  })

  it('keeps no memory of watches that have ended', async () => {
    for (let i = 0; i < 100; i++) {
      const watch = zk.watch('/a')
      await watch.ready
      await watch.close()
    }
    await until('the server has none', () => server.watches().length === 0)
  })
})
