import { EventType, op } from '@zookit/jute'
import type { ConformanceCase } from '../case.ts'
import type { Context } from '../context.ts'
import { equal, holds } from '../mismatch.ts'
import type { RawClient } from '../raw-client.ts'
import { create, createBody, exists, remove, setData } from '../steps.ts'
import { heard } from './watching.ts'

const GUIDE = "Programmer's Guide: ZooKeeper Watches"
const { nodeCreated, nodeDeleted, nodeDataChanged, nodeChildrenChanged } = EventType

/** Makes the body of setWatches2: empty lists except the given ones. */
function setWatchesBody(
  relativeZxid: bigint,
  lists: Partial<Record<'data' | 'exist' | 'child' | 'persistent' | 'recursive', string[]>>,
): {
  relativeZxid: bigint
  dataWatches: string[]
  existWatches: string[]
  childWatches: string[]
  persistentWatches: string[]
  persistentRecursiveWatches: string[]
} {
  const { data = [], exist = [], child = [], persistent = [], recursive = [] } = lists
  return {
    relativeZxid,
    dataWatches: data,
    existWatches: exist,
    childWatches: child,
    persistentWatches: persistent,
    persistentRecursiveWatches: recursive,
  }
}

const CATCH_UP = 'Apache ZooKeeper source: DataTree.setWatches'

/** Makes a case of the events that SetWatches sends for missed changes. */
function catchUp(
  title: string,
  covers: readonly string[],
  change: (client: RawClient, t: Context) => Promise<unknown>,
  lists: (t: Context) => Parameters<typeof setWatchesBody>[1],
  expected: (t: Context) => [number, string][],
): ConformanceCase {
  return {
    title,
    area: 'watch catch-up',
    reference: CATCH_UP,
    covers: ['op:setWatches', ...covers],
    async run(t) {
      const client = await t.raw()
      await create(client, t.path('a'))
      const { zxid } = await client.ask(op.exists, { path: t.path('a'), watch: false })
      await change(client, t)
      const { err, bytes } = await client.ask(op.setWatches, setWatchesBody(zxid, lists(t)))
      equal([err, bytes.length], [0, 0], 'error number and length')
      equal(
        client.events.map(({ type, path }) => [type, path]),
        expected(t),
        'the events before the answer',
      )
    },
  }
}

export const catchUps: readonly ConformanceCase[] = [
  catchUp(
    'a watch of data hears that the znode was changed',
    ['watch:data', 'event:nodeDataChanged'],
    (client, t) => setData(client, t.path('a')),
    t => ({ data: [t.path('a')] }),
    t => [[nodeDataChanged, t.path('a')]],
  ),
  catchUp(
    'a watch of data hears that the znode is gone',
    ['watch:data', 'event:nodeDeleted'],
    (client, t) => remove(client, t.path('a')),
    t => ({ data: [t.path('a')] }),
    t => [[nodeDeleted, t.path('a')]],
  ),
  catchUp(
    'a watch of existence hears that the znode is there',
    ['watch:exist', 'event:nodeCreated'],
    (client, t) => create(client, t.path('b')),
    t => ({ exist: [t.path('b')] }),
    t => [[nodeCreated, t.path('b')]],
  ),
  catchUp(
    'a watch of children hears that they have changed',
    ['watch:child', 'event:nodeChildrenChanged'],
    (client, t) => create(client, t.path('a/x')),
    t => ({ child: [t.path('a')] }),
    t => [[nodeChildrenChanged, t.path('a')]],
  ),
  catchUp(
    'a watch of children hears that their parent is gone',
    ['watch:child', 'event:nodeDeleted'],
    (client, t) => remove(client, t.path('a')),
    t => ({ child: [t.path('a')] }),
    t => [[nodeDeleted, t.path('a')]],
  ),
  catchUp(
    'nothing is told where nothing has changed',
    ['watch:data', 'watch:exist', 'watch:child'],
    async () => {},
    t => ({ data: [t.path('a')], exist: [t.path('none')], child: [t.path('a')] }),
    () => [],
  ),
  {
    title: 'watches that have missed nothing are set again',
    area: 'watch catch-up',
    reference: CATCH_UP,
    covers: ['op:setWatches', 'watch:data', 'watch:exist', 'watch:child'],
    async run(t) {
      const client = await t.raw()
      await create(client, t.path('a'))
      const { zxid } = await client.ask(op.exists, { path: t.path('a'), watch: false })
      const lists = { data: [t.path('a')], exist: [t.path('b')], child: [t.path('a')] }
      await client.ask(op.setWatches, setWatchesBody(zxid, lists))
      await setData(client, t.path('a'))
      await create(client, t.path('b'))
      await create(client, t.path('a/x'))
      const expected = [
        [nodeDataChanged, t.path('a')],
        [nodeCreated, t.path('b')],
        [nodeChildrenChanged, t.path('a')],
      ]
      equal(await heard(client), expected, 'the events')
    },
  },
  {
    title: 'setWatches is answered with xid -8, and with any other xid that it has',
    area: 'watch catch-up',
    reference: 'Apache ZooKeeper source: ClientCnxn.SET_WATCHES_XID',
    covers: ['op:setWatches'],
    async run(t) {
      const client = await t.raw()
      equal((await client.ask(op.setWatches, setWatchesBody(0n, {}))).xid, -8, 'the xid')
      equal((await client.ask(op.setWatches, setWatchesBody(0n, {}), 77)).xid, 77, 'the xid')
    },
  },
  {
    title: 'events for missed changes have zxid -1 in their headers',
    area: 'watch catch-up',
    reference: CATCH_UP,
    covers: ['op:setWatches'],
    async run(t) {
      const client = await t.raw()
      await client.ask(op.setWatches, setWatchesBody(0n, { data: [t.path('none')] }))
      equal(
        client.events.map(({ zxid }) => zxid),
        [-1n],
        'the zxids',
      )
    },
  },
  {
    title: 'setWatches2 sets persistent watches again, without events for missed changes',
    area: 'watch catch-up',
    reference: 'ZOOKEEPER-1416',
    since: ['3.6'],
    covers: ['op:setWatches2', 'watch:persistent', 'watch:recursive'],
    async run(t) {
      const client = await t.raw()
      await create(client, t.path('a'))
      const lists = { persistent: [t.root], recursive: [t.path('a')] }
      equal((await client.ask(op.setWatches2, setWatchesBody(0n, lists))).err, 0, 'the error number')
      equal(client.events, [], 'the events before the answer')
      await setData(client, t.root)
      await create(client, t.path('a/b'))
      equal(
        await heard(client),
        [
          [nodeDataChanged, t.root],
          [nodeCreated, t.path('a/b')],
        ],
        'the events',
      )
    },
  },
  {
    title: 'setWatches2 sends events for what one-shot watches have missed, as setWatches does',
    area: 'watch catch-up',
    reference: 'ZOOKEEPER-1416',
    since: ['3.6'],
    covers: ['op:setWatches2', 'watch:data', 'watch:exist', 'watch:child'],
    async run(t) {
      const client = await t.raw()
      await client.ask(
        op.setWatches2,
        setWatchesBody(0n, { data: [t.root], exist: [t.root], child: [t.path('none')] }),
      )
      const expected = [
        [nodeDataChanged, t.root],
        [nodeCreated, t.root],
        [nodeDeleted, t.path('none')],
      ]
      equal(
        client.events.map(({ type, path }) => [type, path]),
        expected,
        'the events',
      )
    },
  },
  {
    title: 'a session sets its watches again on a new connection',
    area: 'watch catch-up',
    reference: GUIDE,
    covers: ['op:setWatches', 'watch:data'],
    async run(t) {
      const session = await t.session({ backoff: { initial: 10, max: 50 } })
      const told: string[] = []
      const done = new Promise<void>(resolve => {
        const watcher = (event: { type: string }): void => {
          told.push(event.type)
          resolve()
        }
        void session.request(op.getData, { path: t.root, watch: true }, { watcher })
      })
      await exists(session, t.root)
      const { id, password: passwd } = session.identity
      const thief = await t.raw({ sessionId: id, passwd })
      thief.destroy()
      await setData(await t.raw(), t.root)
      await done
      equal(told, ['changed'], 'what the watcher was told')
      holds(
        (await session.request(op.create, createBody(t.path('a')))).path !== '',
        'a session that goes on',
        null,
      )
    },
  },
]
