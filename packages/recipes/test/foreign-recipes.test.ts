import { connect, type ZooKeeper } from '@zookit/client'
import { findTargets } from '@zookit/test-fixtures'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { Group, type Handle, LeaderElection, Mutex, ReadWriteLock } from '../src/index.ts'
import { type ForeignClient, ForeignProgram, findForeign } from './support/foreign-recipes.ts'
import { isDone, until } from './support/test-bed.ts'

interface Server {
  readonly hosts: string
  stop(): Promise<void>
}

/** A server, on which a test can see who waits if it is in memory. */
interface ServerKind {
  readonly name: string
  start(): Promise<Server>
}

const serverKinds: ServerKind[] = [
  { name: 'an in-memory server', start: () => TestServer.start({ tickTime: 100 }) },
  ...(await findTargets()).slice(0, 1).map(target => ({
    name: target.name,
    start: () => target.startServer({ tickTime: 200 }),
  })),
]

/** Contenders of another client in one line with ours. */
interface Line {
  readonly title: string
  /** The line that tells the program to take part, without the path and the id. */
  readonly kind: string
  /** Words that follow the id. */
  readonly more?: string
  enter(zk: ZooKeeper, path: string): Promise<Handle>
}

const quick = { jitter: 0 }
const campaign = (zk: ZooKeeper, path: string): Promise<Handle> =>
  new LeaderElection(zk, path, quick).campaign()

const LINES: Readonly<Record<'kazoo' | 'curator', readonly Line[]>> = {
  kazoo: [
    { title: 'kazoo’s Election', kind: 'election', enter: campaign },
    {
      title: 'kazoo’s Lock with our pattern',
      kind: 'lock',
      more: ' lock-',
      enter: (zk, path) => new Mutex(zk, path, quick).acquire(),
    },
    {
      title: 'kazoo’s WriteLock with our patterns, by our readers',
      kind: 'write',
      more: ' __READ__ __WRIT__',
      enter: (zk, path) => new ReadWriteLock(zk, path, quick).read.acquire(),
    },
  ],
  curator: [
    { title: 'Curator’s LeaderLatch', kind: 'latch', enter: campaign },
    { title: 'Curator’s LeaderSelector', kind: 'selector', enter: campaign },
    {
      title: 'Curator’s InterProcessMutex',
      kind: 'mutex',
      enter: (zk, path) => new Mutex(zk, path, quick).acquire(),
    },
  ],
}

/** Waits until the program’s contender waits: it watches something. Only an in-memory server tells. */
async function untilItWaits(server: Server, zk: ZooKeeper, path: string): Promise<void> {
  if (!(server instanceof TestServer)) return
  await until('it watches the one ahead', () =>
    server.watches().some(watch => watch.path.startsWith(`${path}/`) && watch.sessionId !== zk.session.id),
  )
}

const countOf = async (zk: ZooKeeper, path: string): Promise<number> =>
  (await zk.exists(path))?.numChildren ?? 0

const found = findForeign()

for (const kind of serverKinds) {
  for (const [client, lines] of [
    [found.kazoo, LINES.kazoo],
    [found.curator, LINES.curator],
  ] as [ForeignClient | undefined, readonly Line[]][]) {
    if (client === undefined) continue
    describe(`Contenders of zookit and of ${client.name}, on ${kind.name}`, function () {
      this.timeout(60_000)
      let server: Server
      let zk: ZooKeeper
      let program: ForeignProgram
      before(async () => {
        server = await kind.start()
        zk = await connect(server.hosts, { sessionTimeout: 30_000 })
        program = await ForeignProgram.start([...client.prepare(), server.hosts])
      })
      after(async () => {
        await program[Symbol.asyncDispose]()
        await zk.close()
        await server.stop()
        client.clear()
      })

      for (const { title, kind, more = '', enter } of lines) {
        it(`stand in one line: ${title} between two of ours`, async () => {
          const path = `/ours-first/${kind}`
          const first = await enter(zk, path)
          const znodes = await countOf(zk, path)
          program.tell(`${kind} ${path} ${kind}-1${more}`)
          await until('it is there', async () => (await countOf(zk, path)) > znodes)
          await untilItWaits(server, zk, path)
          const between = await countOf(zk, path)
          const second = enter(zk, path)
          await until('ours is there', async () => (await countOf(zk, path)) > between)
          expect([program.lines.includes(`holds ${kind}-1`), await isDone(second), first.held]).to.deep.equal(
            [false, false, true],
          )
          await first.release()
          await program.hear(`holds ${kind}-1`)
          expect(await isDone(second)).to.equal(false)
          program.tell(`end ${kind}-1`)
          await program.hear(`ended ${kind}-1`)
          await (await second).release()
        })

        it(`stand in one line: one of ours behind ${title}`, async () => {
          const path = `/theirs-first/${kind}`
          program.tell(`${kind} ${path} ${kind}-2${more}`)
          await program.hear(`holds ${kind}-2`)
          const entering = enter(zk, path)
          await until('ours is there', async () => (await countOf(zk, path)) > 1)
          expect(await isDone(entering)).to.equal(false)
          program.tell(`end ${kind}-2`)
          await program.hear(`ended ${kind}-2`)
          await (await entering).release()
          expect(await countOf(zk, path)).to.equal(0)
        })
      }

      if (client === found.kazoo) {
        it('see each other as members: kazoo’s Party and our Group', async () => {
          const group = new Group(zk, '/party', quick)
          await group.members.start()
          program.tell('join /party theirs')
          await program.hear('joined theirs')
          await until('ours sees theirs', () => group.members.current.size === 1)
          const [theirs] = [...group.members.current.values()]
          expect(String(theirs!.data)).to.equal('theirs')
          await using _ = await group.join({ data: 'ours' })
          program.tell('members /party')
          await program.hear('members ours,theirs')
          await group.members.close()
        })
      }
    })
  }
}
