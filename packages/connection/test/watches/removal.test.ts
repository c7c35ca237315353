import { AddWatchMode, op } from '@zookit/jute'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { parseConnectString, Session, type WatchEvent } from '../../src/index.ts'
import { arm, settled } from '../support/server-watches.ts'
import { create, failure, setData, until } from '../support/servers.ts'

const PATH = '/a'

/** A session on a server of a release, and what its watchers have heard. */
class Scene {
  readonly server: TestServer
  readonly session: Session
  readonly events: string[] = []

  private constructor(server: TestServer, session: Session) {
    this.server = server
    this.session = session
  }

  static async run(version: '3.6' | '3.8.0' | '3.9', body: (scene: Scene) => Promise<void>): Promise<void> {
    await using server = await TestServer.start({ seed: { a: '' }, version })
    const { servers } = parseConnectString(server.hosts)
    const session = new Session({ servers, backoff: { initial: 1, max: 10 } })
    try {
      await session.ready()
      await body(new Scene(server, session))
    } finally {
      await session.close()
    }
  }

  watcher(name: string): (event: WatchEvent) => void {
    return ({ type }) => void this.events.push(`${name}: ${type}`)
  }

  /** Waits for what follows from the replies, and returns what was heard since the last time, in order. */
  async heard(): Promise<string[]> {
    for (let round = 0; round < 4; round++) await settled(this.session)
    return this.events.splice(0)
  }

  /** The kinds of watches that the server holds. */
  get held(): string[] {
    return this.server
      .watches()
      .filter(({ path }) => path === PATH)
      .map(({ kind }) => kind)
      .sort()
  }
}

for (const version of ['3.6', '3.8.0', '3.9'] as const) {
  describe(`The removal of a watch from a server of release ${version}`, () => {
    it('W7 leaves a watch on the children, which a persistent one stood for, with every event once', async () => {
      await Scene.run(version, async scene => {
        const { session } = scene
        await arm.getChildren(session, PATH, scene.watcher('child'))
        await arm.persistent(session, PATH, scene.watcher('persistent'))
        await session.watches.remove(PATH, 'persistent')
        expect(await scene.heard()).to.deep.equal(['persistent: removed'])
        expect(scene.held).to.deep.equal(['child'])
        await create(session, `${PATH}/x`)
        expect(await scene.heard()).to.deep.equal(['child: children'])
        await create(session, `${PATH}/y`)
        expect(await scene.heard()).to.deep.equal([])
        expect(scene.held).to.deep.equal([])
      })
    })

    it('W7 leaves a persistent watch when the recursive one goes, and tells of a gap at most', async () => {
      await Scene.run(version, async scene => {
        const { session } = scene
        await arm.persistent(session, PATH, scene.watcher('persistent'))
        await arm.recursive(session, PATH, scene.watcher('recursive'))
        await session.watches.remove(PATH, 'recursive')
        const first = await scene.heard()
        expect(first.filter(event => event !== 'persistent: resync')).to.deep.equal(['recursive: removed'])
        expect(scene.held).to.deep.equal(['persistent'])
        await setData(session, PATH, 'x')
        await create(session, `${PATH}/below`)
        expect(await scene.heard()).to.deep.equal(['persistent: changed', 'persistent: children'])
      })
    })

    it('W7 is told of an error, and then the watch stays; with `local` it goes, and from the server when it can', async () => {
      await Scene.run(version, async scene => {
        const { server, session } = scene
        const watcher = scene.watcher('data')
        await arm.getData(session, PATH, watcher)
        server.answerWith('removeWatches', 'NO_AUTH')
        expect(await failure(session.watches.remove(PATH, 'data'))).to.include({ code: 'NO_AUTH' })
        expect([scene.held, await scene.heard()]).to.deep.equal([['data'], []])
        server.answerWith('removeWatches', 'NO_AUTH')
        await session.watches.remove(PATH, 'data', { local: true })
        expect(await scene.heard()).to.deep.equal(['data: removed'])
        expect(session.watches.has(['data'], PATH, watcher)).to.equal(false)
      })
    })

    it('W7 is asked for again by itself where a throttled server has refused it', async () => {
      await Scene.run(version, async scene => {
        const { server, session } = scene
        await arm.persistent(session, PATH, scene.watcher('persistent'))
        server.throttle(true)
        await session.watches.remove(PATH, 'persistent', { local: true })
        await settled(session).catch(() => {})
        server.throttle(false)
        expect([scene.held, await scene.heard()]).to.deep.equal([['persistent'], ['persistent: removed']])
        await until('the server holds nothing', () => scene.held.length === 0)
      })
    })

    it('W7 is told of bytes that the server cannot read, and of a refusal of a type that an older one does not know', async () => {
      await Scene.run(version, async scene => {
        const { server, session } = scene
        await arm.getData(session, PATH, scene.watcher('data'))
        server.answerWith('removeWatches', 'MARSHALLING_ERROR')
        expect(await failure(session.watches.remove(PATH, 'data'))).to.include({ code: 'MARSHALLING_ERROR' })
        await arm.persistent(session, PATH, scene.watcher('persistent'))
        server.answerWith('removeWatches', 'NO_AUTH')
        expect(await failure(session.watches.remove(PATH, 'persistent'))).to.include({ code: 'NO_AUTH' })
        expect(await scene.heard()).to.deep.equal([])
        await setData(session, PATH, 'x')
        expect((await scene.heard()).sort()).to.deep.equal(['data: changed', 'persistent: changed'])
      })
    })

    it('W7 succeeds where the server knows of no such watch any more', async () => {
      await Scene.run(version, async scene => {
        const { server, session } = scene
        await arm.getData(session, PATH, scene.watcher('data'))
        server.answerWith('removeWatches', 'NO_WATCHER')
        await session.watches.remove(PATH, 'data')
        expect(await scene.heard()).to.deep.equal(['data: removed'])
      })
    })

    it('W7 takes one watcher of a kind away, and asks nothing of the server while another stays', async () => {
      await Scene.run(version, async scene => {
        const { server, session } = scene
        const [one, two, three] = ['one', 'two', 'three'].map(name => scene.watcher(name))
        await arm.getData(session, PATH, one!)
        const missing = await failure(session.watches.remove(PATH, 'data', { watcher: two! }))
        expect(missing).to.include({ code: 'NO_WATCHER', outcome: 'not-sent' })
        await arm.getData(session, PATH, two!)
        await session.watches.remove(PATH, 'data', { watcher: one! })
        expect(server.requests().filter(({ operation }) => operation === 'removeWatches')).to.deep.equal([])
        expect(await scene.heard()).to.deep.equal(['one: removed'])
        expect(session.watches.has(['data'], PATH, three!)).to.equal(false)
        await setData(session, PATH, 'x')
        expect(await scene.heard()).to.deep.equal(['two: changed'])
      })
    })

    for (const lasting of ['persistent', 'recursive'] as const) {
      it(`W7 leaves nothing that the server was not told of, because a ${lasting} one was being set`, async () => {
        await Scene.run(version, async scene => {
          const { session } = scene
          await arm.getChildren(session, PATH, scene.watcher('child'))
          await arm.getData(session, PATH, scene.watcher('data'))
          const added = arm[lasting](session, PATH, scene.watcher(lasting))
          await session.watches.remove(PATH, 'children')
          await added
          await session.watches.remove(PATH, lasting)
          expect(await scene.heard()).to.deep.equal(['child: removed', `${lasting}: removed`])
          expect(scene.held).to.deep.equal(['data'])
        })
      })
    }

    it('W7 leaves nothing that the server was not told of, because of a read that was to set it again and failed', async () => {
      await Scene.run(version, async scene => {
        const { server, session } = scene
        const [one, two] = ['one', 'two'].map(name => scene.watcher(name))
        await arm.getData(session, PATH, one!)
        server.answerWith('getData', 'NO_AUTH')
        const read = failure(arm.getData(session, PATH, two!))
        await session.watches.remove(PATH, 'data', { watcher: one! })
        expect(await read).to.include({ code: 'NO_AUTH' })
        expect(await scene.heard()).to.deep.equal(['one: removed'])
        expect(scene.held).to.deep.equal([])
      })
    })
  })

  describe(`A watch whose request was given up, on a server of release ${version}`, () => {
    for (const kind of ['getData', 'getChildren', 'persistent', 'recursive'] as const) {
      const operation = kind.startsWith('get') ? kind : 'addWatch'

      /** Asks for a watch, and gives it up when the server has set it and has not answered. */
      const giveUp = async ({ server, session }: Scene): Promise<void> => {
        server.holdNextReply(operation)
        const controller = new AbortController()
        const watched = { watcher: () => {}, signal: controller.signal }
        const mode = kind === 'recursive' ? AddWatchMode.persistentRecursive : AddWatchMode.persistent
        const asked = operation.startsWith('get')
          ? session.request(op[kind as 'getData'], { path: PATH, watch: true }, watched)
          : session.request(op.addWatch, { path: PATH, mode }, watched)
        const error = failure(asked)
        await until('the server has set it', () => server.watches().length > 0)
        controller.abort()
        expect(await error).to.include({ code: 'ABORTED', outcome: 'unknown' })
      }

      // A one-shot watch ends by itself, with the next event of the znode.
      const isLasting = operation === 'addWatch'
      if (isLasting) {
        it(`W7 is taken from the server when its late reply has come: ${kind}`, async () => {
          await Scene.run(version, async scene => {
            await giveUp(scene)
            scene.server.releaseReplies()
            await scene.heard()
            await until('the server holds nothing', () => scene.held.length === 0)
            expect(scene.session.watches.size).to.equal(0)
          })
        })
      }

      it(`W7 stays at the server if somebody else has asked for it meanwhile: ${kind}`, async () => {
        await Scene.run(version, async scene => {
          await giveUp(scene)
          const second = arm[kind](scene.session, PATH, scene.watcher('second'))
          scene.server.releaseReplies()
          await second
          await scene.heard()
          expect(scene.held).to.have.lengthOf(1)
          await (kind === 'getChildren'
            ? create(scene.session, `${PATH}/x`)
            : setData(scene.session, PATH, 'x'))
          const event = kind === 'getChildren' ? 'second: children' : 'second: changed'
          expect(await scene.heard()).to.deep.equal([event])
        })
      })
    }
  })

  describe(`A read with a watch under a lasting one, on a server of release ${version}`, () => {
    it('W6 sets none for the data under a recursive one, and one for the children', async () => {
      await Scene.run(version, async scene => {
        const { server, session } = scene
        await arm.recursive(session, PATH, scene.watcher('recursive'))
        await arm.getData(session, PATH, scene.watcher('data'))
        await scene.heard()
        expect(scene.held).to.deep.equal(['recursive'])
        await arm.getChildren(session, PATH, scene.watcher('child'))
        await scene.heard()
        expect(scene.held).to.include('recursive')
        await setData(session, PATH, 'x')
        await create(session, `${PATH}/x`)
        const events = await scene.heard()
        expect(events.filter(event => !event.startsWith('recursive'))).to.deep.equal([
          'data: changed',
          'child: children',
        ])
        expect(server.watches().filter(({ kind }) => kind === 'recursive')).to.have.lengthOf(1)
      })
    })

    it('W6 sets none under a persistent one, which tells all that it would', async () => {
      await Scene.run(version, async scene => {
        const { session } = scene
        await arm.persistent(session, PATH, scene.watcher('persistent'))
        await arm.getData(session, PATH, scene.watcher('data'))
        await arm.getChildren(session, PATH, scene.watcher('child'))
        await scene.heard()
        expect(scene.held).to.deep.equal(['persistent'])
        await create(session, `${PATH}/x`)
        await setData(session, PATH, 'x')
        expect([...(await scene.heard())].sort()).to.deep.equal([
          'child: children',
          'data: changed',
          'persistent: changed',
          'persistent: children',
        ])
      })
    })
  })
}
