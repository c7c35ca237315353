import { AddWatchMode, op } from '@zookit/jute'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { parseConnectString, Session, type WatchEvent } from '../../src/index.ts'
import { arm } from '../support/server-watches.ts'
import { create, isThere, remove, setData, until } from '../support/servers.ts'

const PATH = '/a'

/** A session whose requests wait for a connection, and what its watchers have heard. */
class Scene {
  readonly server: TestServer
  readonly session: Session
  readonly events: string[] = []
  readonly #asked: Promise<unknown>[] = []

  private constructor(server: TestServer, session: Session) {
    this.server = server
    this.session = session
  }

  /** Runs a test on a server of a release. */
  static async run(version: Release, body: (scene: Scene) => Promise<void>, options = {}): Promise<void> {
    await using server = await TestServer.start({ seed: { a: '' }, version })
    const { servers } = parseConnectString(server.hosts)
    const session = new Session({ servers, backoff: { initial: 1, max: 10 }, ...options })
    try {
      await session.ready()
      const scene = new Scene(server, session)
      const suspended = new Promise<void>(resolve => {
        session.on('state', state => state === 'suspended' && resolve())
      })
      server.dropConnections()
      await suspended
      await body(scene)
    } finally {
      await session.close()
    }
  }

  /** Makes requests in one turn, which wait for the next connection. */
  ask(...requests: Promise<unknown>[]): void {
    this.#asked.push(...requests)
  }

  /**
   * Asks for reads with watches that a persistent watch is to serve, and takes that one back. The server does not hold
   * what they rely on.
   */
  async uncovered(...reads: ('exists' | 'getData' | 'getChildren')[]): Promise<void> {
    const controller = new AbortController()
    const { signal } = controller
    const body = { path: PATH, mode: AddWatchMode.persistent }
    const taken = this.session.request(op.addWatch, body, { signal, watcher: () => {} }).catch(() => {})
    for (const read of reads) this.ask(arm[read](this.session, PATH, this.watcher(read)))
    controller.abort()
    await taken
  }

  watcher(name: string): (event: WatchEvent) => void {
    return ({ type }) => void this.events.push(`${name}: ${type}`)
  }

  /** Waits until everything is answered, and what follows from that. */
  async settled(): Promise<void> {
    await Promise.all(this.#asked)
    for (let round = 0; round < 6; round++) {
      await this.session.ready()
      await isThere(this.session, '/').catch(() => {})
    }
  }

  /** The kinds of watches that the server holds. */
  get held(): string[] {
    const own = this.server.watches().filter(({ path }) => path === PATH)
    return own.map(({ kind }) => kind).sort()
  }
}

type Release = '3.6' | '3.8.0' | '3.9'

describe('A watch that the server has to be asked for again', () => {
  for (const version of ['3.6', '3.8.0', '3.9'] as const) {
    describe(`of release ${version}`, () => {
      it('leaves none behind that another read has set', async () => {
        await Scene.run(version, async scene => {
          const { session } = scene
          await scene.uncovered('getData', 'getChildren')
          scene.ask(setData(session, PATH, 'x'), arm.exists(session, PATH, scene.watcher('exists')))
          await scene.settled()
          expect(scene.events).to.have.members(['getData: changed', 'exists: changed'])
          expect(scene.held).to.deep.equal(['child'])
        })
      })

      it('leaves none behind under a persistent one, once that has an event', async () => {
        await Scene.run(version, async scene => {
          const { session } = scene
          await scene.uncovered('getData')
          scene.ask(setData(session, PATH, 'x'), arm.exists(session, PATH, scene.watcher('exists')))
          scene.ask(arm.persistent(session, PATH, scene.watcher('persistent')))
          await scene.settled()
          expect(scene.events).to.include.members(['getData: changed', 'exists: changed'])
          // One that is left under a persistent watch, whose events it shares, ends with the next event.
          scene.events.length = 0
          await setData(session, PATH, 'y')
          await scene.settled()
          expect(scene.events.filter(event => !event.includes('resync'))).to.deep.equal([
            'persistent: changed',
          ])
          expect([...new Set(scene.held)]).to.deep.equal(['persistent'])
        })
      })

      it('is asked for once when the connection is lost before the request is sent', async () => {
        await Scene.run(
          version,
          async scene => {
            const { session, server } = scene
            await scene.uncovered('getData')
            server.dropNextRequest({ operation: 'exists', path: '/b' })
            scene.ask(isThere(session, '/b').catch(() => false))
            await scene.settled()
            const asked = server.requests().filter(({ operation }) => operation === 'setWatches')
            expect(asked).to.have.lengthOf(1)
            expect(scene.held).to.deep.equal(['data'])
          },
          { maxInFlight: 1 },
        )
      })

      it('leaves the persistent one alone when an event has come before it was asked for', async () => {
        await Scene.run(
          version,
          async scene => {
            const { session } = scene
            scene.ask(remove(session, PATH))
            await scene.uncovered('exists')
            scene.ask(arm.persistent(session, PATH, scene.watcher('persistent')))
            scene.ask(create(session, PATH), remove(session, PATH))
            await scene.settled()
            expect(scene.events).to.include('exists: created')
            expect([...new Set(scene.held)]).to.deep.equal(['persistent'])
          },
          { maxInFlight: 1 },
        )
      })

      for (const where of ['on the same connection', 'on the next one'] as const) {
        const begin = (scene: Scene): void => {
          if (where === 'on the next one') scene.server.dropNextRequest('setWatches')
        }

        it(`does not end a persistent one of a znode that was deleted, ${where}`, async () => {
          await Scene.run(version, async scene => {
            const { session } = scene
            begin(scene)
            await scene.uncovered('getData')
            scene.ask(remove(session, PATH), arm.persistent(session, PATH, scene.watcher('persistent')))
            scene.ask(arm.exists(session, PATH, scene.watcher('exists')))
            await scene.settled()
            expect(scene.events).to.include.members(['getData: deleted', 'exists: deleted'])
            expect([...new Set(scene.held)]).to.deep.equal(['persistent'])
            scene.events.length = 0
            await create(session, PATH)
            await setData(session, PATH, 'x')
            await setData(session, PATH, 'y')
            const heard = scene.events.map(event => event.replace('persistent: ', ''))
            expect(heard.filter(type => type !== 'resync')).to.deep.equal(['created', 'changed', 'changed'])
          })
        })

        it(`waits for a znode to be created though its children are gone, ${where}`, async () => {
          await Scene.run(version, async scene => {
            const { session } = scene
            begin(scene)
            await scene.uncovered('getChildren')
            scene.ask(remove(session, PATH), arm.exists(session, PATH, scene.watcher('exists')))
            await scene.settled()
            expect(scene.events).to.deep.equal(['getChildren: deleted'])
            expect(scene.held).to.deep.equal(['data'])
            await create(session, PATH)
            await until('the event has come', () => scene.events.length === 2)
            expect(scene.events[1]).to.equal('exists: created')
            expect(scene.held).to.deep.equal([])
          })
        })
      }
    })
  }
})

describe('A recursive watch whose place a persistent one has taken', () => {
  for (const version of ['3.6', '3.8.0'] as const) {
    it(`is added again once, and goes on with resync: release ${version}`, async () => {
      await Scene.run(version, async scene => {
        const { server, session } = scene
        await arm.recursive(session, PATH, scene.watcher('recursive'))
        await arm.persistent(session, PATH, scene.watcher('persistent'))
        await scene.settled()
        const added = server.requests().filter(({ operation }) => operation === 'addWatch')
        expect(added).to.have.lengthOf(3)
        expect(scene.held).to.deep.equal(['recursive'])
        expect(scene.events).to.deep.equal(['recursive: resync'])
        await create(session, `${PATH}/below`)
        await setData(session, `${PATH}/below`, 'x')
        await scene.settled()
        expect(scene.events.slice(1)).to.have.members([
          'recursive: created',
          'recursive: changed',
          'persistent: children',
        ])
      })
    })

    it(`ends with the reason when the server refuses to add it again: release ${version}`, async () => {
      await Scene.run(version, async scene => {
        const { server, session } = scene
        let asked = 0
        server.answerWith(({ operation }) => operation === 'addWatch' && ++asked === 3, 'NO_AUTH')
        const ends: unknown[] = []
        await arm.recursive(session, PATH, event => void ends.push(event))
        await arm.persistent(session, PATH, scene.watcher('persistent'))
        await scene.settled()
        expect(ends).to.have.lengthOf(1)
        expect(ends[0]).to.include({ type: 'lost', path: PATH })
        const { error } = ends[0] as { error: object }
        expect(error).to.include({ code: 'NO_AUTH', operation: 'addWatch', path: PATH })
        expect(scene.held).to.deep.equal(['persistent'])
        await setData(session, PATH, 'x')
        await scene.settled()
        expect(scene.events).to.deep.equal(['persistent: changed'])
        expect([ends.length, asked]).to.deep.equal([1, 3])
      })
    })
  }
})
