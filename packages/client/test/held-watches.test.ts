import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { connect, type OneShotEvent, type Watch, type ZooKeeper } from '../src/index.ts'
import { failureOf, stateOf, until } from './support/targets.ts'

/** A server, a client whose watches are looked at, and another one that changes things. */
interface Scene {
  server: TestServer
  zk: ZooKeeper
  other: ZooKeeper
}

/** Starts servers and clients for one test, and ends them. */
async function scene(
  version: '3.6' | '3.8.0' | '3.9',
  run: (scene: Scene) => Promise<void>,
  options = {},
): Promise<void> {
  await using server = await TestServer.start({ seed: { a: { b: '' } }, version })
  await using zk = await connect(server.hosts, { backoff: { initial: 1, max: 10 }, ...options })
  await using other = await connect(server.hosts, { backoff: { initial: 1, max: 1 } })
  await run({ server, zk, other })
}

/** Returns the kinds of watches that the server holds for the client on a path. */
function held({ server, zk }: Scene, path = '/a'): string[] {
  const own = server.watches().filter(info => info.sessionId === zk.session.id && info.path === path)
  return own.map(({ kind }) => kind).sort()
}

/** Tells whether the server has got a request of an operation. */
function isAskedFor({ server }: Scene, name: string): boolean {
  return server.requests().some(({ operation }) => operation === name)
}

/** Resolves when all that the client has asked is answered, and what followed from that. */
async function settled({ zk }: Scene): Promise<void> {
  for (let i = 0; i < 4; i++) await zk.sync()
}

/** Collects the events of a watch in short. */
function collect(watch: Watch): string[] {
  const events: string[] = []
  void (async () => {
    for await (const { type, path } of watch) events.push(`${type} ${path}`)
  })()
  return events
}

describe('Watches at the server', () => {
  for (const version of ['3.6', '3.8.0', '3.9'] as const) {
    describe(`of release ${version}`, () => {
      it('serve a one-shot watch after the persistent watch on its path is closed, before or after the reply', async () => {
        for (const order of ['before', 'after'] as const) {
          await scene(version, async at => {
            const events: OneShotEvent[] = []
            const persistent = at.zk.watch('/a')
            await persistent.ready
            const read = at.zk.getData('/a', { watch: event => events.push(event) })
            if (order === 'after') await read
            await persistent.close()
            await read
            await settled(at)
            expect(held(at)).to.deep.equal(['data'])
            await at.other.setData('/a', 'x')
            await until('it is so', () => events.length === 1)
            expect(held(at)).to.deep.equal([])
          })
        }
      })

      it('tell a persistent watch of a child that is created while the recursive one on its path is taken away', async () => {
        await scene(version, async at => {
          const persistent = at.zk.watch('/a')
          const recursive = at.zk.watch('/a', { recursive: true })
          await Promise.all([persistent.ready, recursive.ready])
          const events = collect(persistent)
          at.server.holdReplies()
          const closed = recursive.close()
          await until('it has the removal', () => isAskedFor(at, 'removeWatches'))
          const created = at.other.create('/a/new')
          await until('it is created', () => '/a/new' in at.server.dump())
          at.server.releaseReplies()
          await Promise.all([closed, created])
          await settled(at)
          expect(events).to.include('children /a')
        })
      })

      it('miss no change between the end of a persistent watch and the one-shot watch that replaces it', async () => {
        await scene(version, async at => {
          const events: OneShotEvent[] = []
          const persistent = at.zk.watch('/a')
          await persistent.ready
          await at.zk.getData('/a', { watch: event => events.push(event) })
          // The change is applied behind the removal, and before the client can ask for a watch of its own.
          at.server.holdReplies()
          const closed = persistent.close()
          await until('it is removed', () => isAskedFor(at, 'removeWatches'))
          const changed = at.other.setData('/a', 'x')
          await until('it is so', () => at.server.dump()['/a'] === 'x')
          at.server.releaseReplies()
          await Promise.all([closed, changed])
          await until('it is so', () => events.length === 1)
          expect(events[0]).to.include({ type: 'changed', path: '/a' })
        })
      })

      it('include a whole recursive watch if a persistent watch and a read are requested in the same turn', async () => {
        await scene(version, async at => {
          const events: OneShotEvent[] = []
          const persistent = at.zk.watch('/a')
          const read = at.zk.getData('/a', { watch: event => events.push(event) })
          const recursive = at.zk.watch('/a', { recursive: true })
          const [below, own] = [collect(recursive), collect(persistent)]
          await Promise.all([persistent.ready, read, recursive.ready])
          await settled(at)
          await at.other.create('/a/c')
          await at.other.setData('/a/c', 'x')
          await at.other.setData('/a', 'x')
          await until('it is so', () => below.length === 3 && own.length === 2 && events.length === 1)
          expect(below).to.deep.equal(['created /a/c', 'changed /a/c', 'changed /a'])
          expect(own).to.deep.equal(['children /a', 'changed /a'])
        })
      })

      it('are not corrected by a client that is being closed, which ends', async () => {
        await scene(version, async at => {
          const persistent = at.zk.watch('/a')
          await persistent.ready
          await at.zk.getData('/a', { watch: () => {} })
          // The answer to the removal, which calls for a correction, comes while the client is being closed.
          at.server.holdReplies()
          void persistent.close()
          await until('it is removed', () => isAskedFor(at, 'removeWatches'))
          const closed = at.zk.close()
          at.server.releaseReplies()
          await closed
          expect(at.zk.state).to.equal('closed')
        })
      })

      for (const how of ['aborted', 'late'] as const) {
        it(`include the persistent watch again after a read that was ${how} replaced it`, async () => {
          await scene(version, async at => {
            const { zk, server, other } = at
            const first = zk.watch('/a')
            await first.ready
            // While a removal is under way a read sets a watch of its own.
            server.holdReplies()
            const closed = first.close()
            await turns()
            const watch = zk.watch('/a')
            const controller = new AbortController()
            const limits = how === 'aborted' ? { signal: controller.signal } : { timeout: 20 }
            const read = failureOf(zk.getData('/a', { watch: () => {}, ...limits }))
            await turns()
            controller.abort()
            expect(await read).to.include({ outcome: 'unknown' })
            server.releaseReplies()
            await Promise.all([closed, watch.ready])
            const events = collect(watch)
            await settled(at)
            await other.setData('/a', 'x')
            await other.setData('/a', 'y')
            await until('it is so', () => events.filter(event => event === 'changed /a').length === 2)
          })
        })
      }

      it('are the one-shot watch alone when the recursive watch that served it is closed', async () => {
        await scene(version, async at => {
          const recursive = at.zk.watch('/a', { recursive: true })
          await recursive.ready
          await at.zk.getData('/a', { watch: () => {} })
          await recursive.close()
          await settled(at)
          expect(held(at)).to.deep.equal(['data'])
        })
      })

      it('are the persistent watch alone when the recursive watch on its path is closed', async () => {
        await scene(version, async at => {
          const [persistent, recursive] = [at.zk.watch('/a'), at.zk.watch('/a', { recursive: true })]
          await Promise.all([persistent.ready, recursive.ready])
          await recursive.close()
          await settled(at)
          expect([...new Set(held(at))]).to.deep.equal(['persistent'])
        })
      })

      it('are none after a watch that was closed before the server had answered', async () => {
        await scene(version, async at => {
          at.server.holdReplies()
          const watch = at.zk.watch('/a', { recursive: true })
          await turns()
          const closed = watch.close()
          at.server.releaseReplies()
          await closed
          await settled(at)
          expect(held(at)).to.deep.equal([])
        })
      })

      it('are one-shot again after a reconnect if the persistent watch has ended', async () => {
        await scene(version, async at => {
          const events: OneShotEvent[] = []
          const persistent = at.zk.watch('/a')
          await persistent.ready
          await at.zk.getChildren('/a', { watch: event => events.push(event) })
          const suspended = stateOf(at.zk, 'suspended')
          at.server.dropConnections()
          await suspended
          const connected = stateOf(at.zk, 'connected')
          void persistent.close()
          await connected
          await settled(at)
          expect(held(at)).to.deep.equal(['child'])
          await at.other.create('/a/c')
          await until('it is so', () => events.length === 1)
        })
      })

      it('let a listener read and watch again during a reconnect, even if requests without a connection are rejected', async () => {
        await scene(
          version,
          async ({ server, zk, other }) => {
            const faults: unknown[] = []
            let reads = 0
            const follow = (): void => {
              zk.getData('/a', { watch: follow }).then(
                () => reads++,
                error => faults.push(error),
              )
            }
            follow()
            await until('it is so', () => reads === 1)
            for (let round = 2; round < 5; round++) {
              const lost = Promise.all([stateOf(zk, 'suspended'), stateOf(other, 'suspended')])
              server.dropConnections()
              await lost
              // The other client is back first: the event is one that the SetWatches catches up on.
              await stateOf(other, 'connected')
              await other.setData('/a', `${round}`)
              await until('the chain goes on', () => reads >= round || faults.length > 0)
            }
            expect(faults).to.deep.equal([])
          },
          { whenDisconnected: 'reject', backoff: { initial: 100, max: 100 } },
        )
      })
    })
  }
})

/** Lets requests reach the server. */
async function turns(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise(resolve => setImmediate(resolve))
}
