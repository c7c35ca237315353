import { digestId } from '@zookit/client'
import { AddWatchMode, EventType, KeeperState, op, WatcherType } from '@zookit/jute'
import type { ConformanceCase } from '../case.ts'
import type { Context } from '../context.ts'
import { OWNER } from '../keeper.ts'
import { equal, holds, refused } from '../mismatch.ts'
import type { RawClient } from '../raw-client.ts'
import { children, create, createBody, entry, exists, getData, remove, setData } from '../steps.ts'

const GUIDE = "Programmer's Guide: ZooKeeper Watches"
const PERSISTENT = 'ZOOKEEPER-1416'
const { nodeCreated, nodeDeleted, nodeDataChanged, nodeChildrenChanged } = EventType
const [user, password] = OWNER.secret.split(':') as [string, string]

/** Type and path of each event that came, after everything that was said has come. */
async function heard(client: RawClient): Promise<[number, string | null][]> {
  await client.settle()
  return client.events.map(({ type, path }) => [type, path])
}

async function add(client: RawClient, path: string, mode: number = AddWatchMode.persistent): Promise<void> {
  equal((await client.request(op.addWatch, { path, mode })).err, 0, 'the body of addWatch')
}

/** Two connections: one that watches, one that writes. */
async function pair(t: Context): Promise<[watcher: RawClient, writer: RawClient]> {
  return [await t.raw(), await t.raw()]
}

/** A case of what one watch is told. */
function watching(
  title: string,
  covers: readonly string[],
  prepare: (client: RawClient, t: Context) => Promise<unknown>,
  change: (client: RawClient, t: Context) => Promise<unknown>,
  expected: (t: Context) => [number, string][],
): ConformanceCase {
  return {
    title,
    area: 'watches',
    reference: GUIDE,
    covers,
    async run(t) {
      const [watcher, writer] = await pair(t)
      await prepare(watcher, t)
      await change(writer, t)
      equal(await heard(watcher), expected(t), 'the events')
    },
  }
}

const made = (client: RawClient, t: Context): Promise<string> => create(client, t.path('a'))

export const watches: readonly ConformanceCase[] = [
  watching(
    'exists on what is not there leaves a watch that tells of its creation',
    ['watch:exist', 'event:nodeCreated', 'op:exists'],
    (client, t) => exists(client, t.path('a'), true),
    made,
    t => [[nodeCreated, t.path('a')]],
  ),
  watching(
    'exists on what is there leaves a watch that tells of its data',
    ['watch:exist', 'event:nodeDataChanged'],
    async (client, t) => exists(client, await made(client, t), true),
    (client, t) => setData(client, t.path('a')),
    t => [[nodeDataChanged, t.path('a')]],
  ),
  watching(
    'exists on what is there leaves a watch that tells of its deletion',
    ['watch:exist', 'event:nodeDeleted'],
    async (client, t) => exists(client, await made(client, t), true),
    (client, t) => remove(client, t.path('a')),
    t => [[nodeDeleted, t.path('a')]],
  ),
  watching(
    'getData leaves a watch that tells of a change',
    ['watch:data', 'event:nodeDataChanged', 'op:getData'],
    async (client, t) => getData(client, await made(client, t), true),
    (client, t) => setData(client, t.path('a')),
    t => [[nodeDataChanged, t.path('a')]],
  ),
  watching(
    'getData leaves a watch that tells of a deletion',
    ['watch:data', 'event:nodeDeleted'],
    async (client, t) => getData(client, await made(client, t), true),
    (client, t) => remove(client, t.path('a')),
    t => [[nodeDeleted, t.path('a')]],
  ),
  watching(
    'getChildren leaves a watch that tells of a new child',
    ['watch:child', 'event:nodeChildrenChanged', 'op:getChildren'],
    (client, t) => children(client, t.root, true),
    made,
    t => [[nodeChildrenChanged, t.root]],
  ),
  watching(
    'getChildren leaves a watch that tells of a deleted child',
    ['watch:child', 'event:nodeChildrenChanged'],
    async (client, t) => {
      await made(client, t)
      await children(client, t.root, true)
    },
    (client, t) => remove(client, t.path('a')),
    t => [[nodeChildrenChanged, t.root]],
  ),
  watching(
    'getChildren2 leaves the same watch',
    ['watch:child', 'op:getChildren2'],
    (client, t) => client.request(op.getChildren2, { path: t.root, watch: true }),
    made,
    t => [[nodeChildrenChanged, t.root]],
  ),
  watching(
    'a watch of children tells of the deletion of their parent',
    ['watch:child', 'event:nodeDeleted'],
    async (client, t) => children(client, await made(client, t), true),
    (client, t) => remove(client, t.path('a')),
    t => [[nodeDeleted, t.path('a')]],
  ),
  watching(
    "a watch of children tells nothing of their data, nor of the parent's, nor of grandchildren",
    ['watch:child'],
    async (client, t) => {
      await made(client, t)
      await children(client, t.root, true)
    },
    async (client, t) => {
      await setData(client, t.path('a'))
      await setData(client, t.root)
      await create(client, t.path('a/b'))
    },
    () => [],
  ),
  watching(
    'a watch of data tells nothing of children, nor of the ACL',
    ['watch:data'],
    (client, t) => getData(client, t.root, true),
    async (client, t) => {
      await made(client, t)
      await client.request(op.setACL, { path: t.root, acl: [entry(31, 'world', 'anyone')], version: -1 })
    },
    () => [],
  ),
  watching(
    'a watch tells once',
    ['watch:data'],
    async (client, t) => getData(client, await made(client, t), true),
    async (client, t) => {
      await setData(client, t.path('a'))
      await setData(client, t.path('a'))
    },
    t => [[nodeDataChanged, t.path('a')]],
  ),
  watching(
    'a watch that is left twice tells once',
    ['watch:data'],
    async (client, t) => {
      await made(client, t)
      await getData(client, t.path('a'), true)
      await exists(client, t.path('a'), true)
    },
    (client, t) => setData(client, t.path('a')),
    t => [[nodeDataChanged, t.path('a')]],
  ),
  watching(
    'a connection with both kinds of watch hears of a deletion once',
    ['watch:data', 'watch:child', 'event:nodeDeleted'],
    async (client, t) => {
      await made(client, t)
      await getData(client, t.path('a'), true)
      await children(client, t.path('a'), true)
    },
    (client, t) => remove(client, t.path('a')),
    t => [[nodeDeleted, t.path('a')]],
  ),
  watching(
    'getData and getChildren of what is not there leave no watch',
    ['watch:data', 'watch:child'],
    async (client, t) => {
      await refused(getData(client, t.path('a'), true), -101)
      await refused(children(client, t.path('a'), true), -101)
    },
    async (client, t) => {
      await made(client, t)
      await setData(client, t.path('a'))
      await create(client, t.path('a/b'))
    },
    () => [],
  ),
  watching(
    'a read without a watch leaves none',
    ['watch:data'],
    (client, t) => getData(client, t.root),
    (client, t) => setData(client, t.root),
    () => [],
  ),
  {
    title: 'who changes a znode hears of it too, before the answer',
    area: 'watches',
    reference: GUIDE,
    covers: ['watch:data'],
    async run(t) {
      const client = await t.raw()
      await getData(client, t.root, true)
      await client.ask(op.setData, { path: t.root, data: null, version: -1 })
      const order = client.frames.slice(-2).map(({ event }) => (event ? 'event' : 'answer'))
      equal(order, ['event', 'answer'], 'what came')
    },
  },
  {
    title: 'an event has xid -1, state SyncConnected and error 0',
    area: 'watches',
    reference: 'Apache ZooKeeper source: WatchedEvent.getWrapper',
    covers: ['event:nodeDataChanged'],
    async run(t) {
      const [watcher, writer] = await pair(t)
      await getData(watcher, t.root, true)
      await setData(writer, t.root)
      const [event] = await watcher.nextEvents(1)
      equal(event?.state, KeeperState.syncConnected, 'the state')
    },
  },
  {
    title: 'the header of an event has zxid -1',
    area: 'watches',
    reference: 'Apache ZooKeeper source: NIOServerCnxn.process',
    until: ['3.9'],
    covers: ['event:nodeDataChanged'],
    async run(t) {
      const [watcher, writer] = await pair(t)
      await getData(watcher, t.root, true)
      await setData(writer, t.root)
      equal((await watcher.nextEvents(1))[0]?.zxid, -1n, 'the zxid')
    },
  },
  {
    title: 'the header of an event has the zxid of the change',
    area: 'watches',
    reference: 'ZOOKEEPER-4655',
    since: ['3.9'],
    covers: ['event:nodeDataChanged'],
    async run(t) {
      const [watcher, writer] = await pair(t)
      await getData(watcher, t.root, true)
      const { mzxid } = await setData(writer, t.root)
      equal((await watcher.nextEvents(1))[0]?.zxid, mzxid, 'the zxid')
    },
  },
  {
    title: 'an event goes to those who may READ alone',
    area: 'watches',
    reference: 'ZOOKEEPER-4799',
    since: ['3.8.4', '3.9.2'],
    covers: ['watch:exist'],
    async run(t) {
      const [watcher, owner] = [await t.raw(), await t.owner()]
      await exists(watcher, t.path('a'), true)
      await create(owner, t.path('a'), { acl: [entry(31, 'digest', digestId(user, password))] })
      equal(await heard(watcher), [], 'the events')
    },
  },
  {
    title: 'removeWatches takes a watch away, and is refused with NO_WATCHER where there is none',
    area: 'watches',
    reference: 'ZOOKEEPER-442',
    since: ['3.5'],
    covers: ['op:removeWatches', 'error:NO_WATCHER', 'watch:data'],
    async run(t) {
      const client = await t.raw()
      await getData(client, t.root, true)
      await client.request(op.removeWatches, { path: t.root, type: WatcherType.data })
      await refused(client.request(op.removeWatches, { path: t.root, type: WatcherType.data }), -121)
      await setData(client, t.root)
      equal(await heard(client), [], 'the events')
    },
  },
  {
    title: 'removeWatches of one kind leaves the other',
    area: 'watches',
    reference: 'ZOOKEEPER-442',
    since: ['3.5'],
    covers: ['op:removeWatches', 'watch:child'],
    async run(t) {
      const client = await t.raw()
      await getData(client, t.root, true)
      await children(client, t.root, true)
      await client.request(op.removeWatches, { path: t.root, type: WatcherType.children })
      await create(client, t.path('a'))
      await setData(client, t.root)
      equal(await heard(client), [[nodeDataChanged, t.root]], 'the events')
    },
  },
  {
    title: 'removeWatches of any kind takes all away',
    area: 'watches',
    reference: 'ZOOKEEPER-442',
    since: ['3.5'],
    covers: ['op:removeWatches'],
    async run(t) {
      const client = await t.raw()
      await getData(client, t.root, true)
      await children(client, t.root, true)
      await client.request(op.removeWatches, { path: t.root, type: WatcherType.any })
      await create(client, t.path('a'))
      await setData(client, t.root)
      equal(await heard(client), [], 'the events')
    },
  },
  {
    title: 'checkWatches finds a watch and leaves it, and is refused with NO_WATCHER where there is none',
    area: 'watches',
    reference: 'ZOOKEEPER-442',
    since: ['3.5'],
    covers: ['op:checkWatches', 'error:NO_WATCHER'],
    async run(t) {
      const client = await t.raw()
      const body = { path: t.root, type: WatcherType.data }
      await refused(client.request(op.checkWatches, body), -121)
      await getData(client, t.root, true)
      await client.request(op.checkWatches, body)
      await setData(client, t.root)
      equal(await heard(client), [[nodeDataChanged, t.root]], 'the events')
    },
  },
  {
    title: 'a watcher type that there is not is refused with MARSHALLING_ERROR',
    area: 'watches',
    reference: 'Apache ZooKeeper source: Watcher.WatcherType.fromInt',
    since: ['3.5'],
    covers: ['op:removeWatches', 'error:MARSHALLING_ERROR'],
    async run(t) {
      const client = await t.raw()
      await refused(client.request(op.removeWatches, { path: t.root, type: 99 }), -5)
    },
  },
  {
    title: 'watches end with their connection',
    area: 'watches',
    reference: GUIDE,
    covers: ['watch:data'],
    async run(t) {
      const [watcher, writer] = await pair(t)
      await getData(watcher, t.root, true)
      const again = await t.raw({ sessionId: watcher.sessionId, passwd: watcher.password })
      await watcher.ended()
      await setData(writer, t.root)
      equal(await heard(again), [], 'the events')
    },
  },
  {
    title: "a persistent watch tells of every change, its children's coming and going, and of no grandchild",
    area: 'persistent watches',
    reference: PERSISTENT,
    since: ['3.6'],
    covers: ['op:addWatch', 'watch:persistent', 'event:nodeDataChanged', 'event:nodeChildrenChanged'],
    async run(t) {
      const [watcher, writer] = await pair(t)
      await add(watcher, t.root)
      await setData(writer, t.root)
      await setData(writer, t.root)
      await create(writer, t.path('a'))
      await setData(writer, t.path('a'))
      await create(writer, t.path('a/b'))
      const expected = [nodeDataChanged, nodeDataChanged, nodeChildrenChanged].map(type => [type, t.root])
      equal(await heard(watcher), expected, 'the events')
    },
  },
  {
    title: 'a persistent watch needs no znode, and outlives its deletion',
    area: 'persistent watches',
    reference: PERSISTENT,
    since: ['3.6'],
    covers: ['op:addWatch', 'watch:persistent', 'event:nodeCreated', 'event:nodeDeleted'],
    async run(t) {
      const [watcher, writer] = await pair(t)
      const path = t.path('a')
      await add(watcher, path)
      await create(writer, path)
      await remove(writer, path)
      await create(writer, path)
      equal(
        await heard(watcher),
        [nodeCreated, nodeDeleted, nodeCreated].map(type => [type, path]),
        'the events',
      )
    },
  },
  {
    title: 'a recursive watch tells of the whole subtree, and never of children as such',
    area: 'persistent watches',
    reference: PERSISTENT,
    since: ['3.6'],
    covers: ['op:addWatch', 'watch:recursive', 'event:nodeCreated', 'event:nodeDeleted'],
    async run(t) {
      const [watcher, writer] = await pair(t)
      await add(watcher, t.root, AddWatchMode.persistentRecursive)
      await create(writer, t.path('a'))
      await create(writer, t.path('a/b'))
      await setData(writer, t.path('a/b'))
      await remove(writer, t.path('a/b'))
      const expected = [
        [nodeCreated, t.path('a')],
        [nodeCreated, t.path('a/b')],
        [nodeDataChanged, t.path('a/b')],
        [nodeDeleted, t.path('a/b')],
      ]
      equal(await heard(watcher), expected, 'the events')
    },
  },
  {
    title: 'a recursive watch tells nothing of a path that begins alike',
    area: 'persistent watches',
    reference: PERSISTENT,
    since: ['3.6'],
    covers: ['watch:recursive'],
    async run(t) {
      const [watcher, writer] = await pair(t)
      await add(watcher, t.path('a'), AddWatchMode.persistentRecursive)
      await create(writer, t.path('ab'))
      equal(await heard(watcher), [], 'the events')
    },
  },
  {
    title: 'a mode that there is not is refused with MARSHALLING_ERROR',
    area: 'persistent watches',
    reference: 'Apache ZooKeeper source: AddWatchMode.fromInt',
    since: ['3.6'],
    covers: ['op:addWatch', 'error:MARSHALLING_ERROR'],
    async run(t) {
      const client = await t.raw()
      equal((await client.ask(op.addWatch, { path: t.root, mode: 7 })).err, -5, 'the error number')
    },
  },
  {
    title: 'removeWatches takes a persistent watch away',
    area: 'persistent watches',
    reference: PERSISTENT,
    since: ['3.6'],
    covers: ['op:removeWatches', 'watch:persistent'],
    async run(t) {
      const client = await t.raw()
      await add(client, t.root)
      await client.request(op.removeWatches, { path: t.root, type: WatcherType.any })
      await setData(client, t.root)
      equal(await heard(client), [], 'the events')
    },
  },
  {
    title: 'removeWatches of type persistent leaves a one-shot watch on the same path',
    area: 'persistent watches',
    reference: 'ZOOKEEPER-4471',
    since: ['3.9'],
    covers: ['op:removeWatches', 'watch:persistent', 'watch:data'],
    async run(t) {
      const client = await t.raw()
      await add(client, t.root)
      await getData(client, t.root, true)
      await client.request(op.removeWatches, { path: t.root, type: WatcherType.persistent })
      await setData(client, t.root)
      await setData(client, t.root)
      equal(await heard(client), [[nodeDataChanged, t.root]], 'the events')
    },
  },
  {
    title: 'a one-shot watch leaves the persistent one on the same path alone',
    area: 'persistent watches',
    reference: 'ZOOKEEPER-4466',
    since: ['3.9'],
    covers: ['watch:persistent', 'watch:data'],
    async run(t) {
      const client = await t.raw()
      await add(client, t.root)
      await getData(client, t.root, true)
      for (let i = 0; i < 2; i++) await setData(client, t.root)
      equal((await heard(client)).length, 2, 'the number of events')
    },
  },
  {
    title: 'a one-shot watch takes the place of the persistent one on the same path',
    area: 'persistent watches',
    reference: 'ZOOKEEPER-4466',
    since: ['3.6'],
    until: ['3.9'],
    covers: ['watch:persistent', 'watch:data'],
    async run(t) {
      const client = await t.raw()
      await add(client, t.root)
      await getData(client, t.root, true)
      for (let i = 0; i < 2; i++) await setData(client, t.root)
      equal((await heard(client)).length, 1, 'the number of events')
    },
  },
]

/** The body of setWatches2: nothing but what is said. */
function rearm(
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

/** A case of what SetWatches makes up for. */
function catchUp(
  title: string,
  covers: readonly string[],
  change: (client: RawClient, t: Context) => Promise<unknown>,
  lists: (t: Context) => Parameters<typeof rearm>[1],
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
      const { err, bytes } = await client.ask(op.setWatches, rearm(zxid, lists(t)))
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
    title: 'watches that have missed nothing are armed again',
    area: 'watch catch-up',
    reference: CATCH_UP,
    covers: ['op:setWatches', 'watch:data', 'watch:exist', 'watch:child'],
    async run(t) {
      const client = await t.raw()
      await create(client, t.path('a'))
      const { zxid } = await client.ask(op.exists, { path: t.path('a'), watch: false })
      const lists = { data: [t.path('a')], exist: [t.path('b')], child: [t.path('a')] }
      await client.ask(op.setWatches, rearm(zxid, lists))
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
    title: 'setWatches is answered under xid -8, and also under any other that it has',
    area: 'watch catch-up',
    reference: 'Apache ZooKeeper source: ClientCnxn.SET_WATCHES_XID',
    covers: ['op:setWatches'],
    async run(t) {
      const client = await t.raw()
      equal((await client.ask(op.setWatches, rearm(0n, {}))).xid, -8, 'the xid')
      equal((await client.ask(op.setWatches, rearm(0n, {}), 77)).xid, 77, 'the xid')
    },
  },
  {
    title: 'events that make up for missed ones have zxid -1 in their headers',
    area: 'watch catch-up',
    reference: CATCH_UP,
    covers: ['op:setWatches'],
    async run(t) {
      const client = await t.raw()
      await client.ask(op.setWatches, rearm(0n, { data: [t.path('none')] }))
      equal(
        client.events.map(({ zxid }) => zxid),
        [-1n],
        'the zxids',
      )
    },
  },
  {
    title: 'setWatches2 arms persistent watches again, and makes up for nothing',
    area: 'watch catch-up',
    reference: 'ZOOKEEPER-1416',
    since: ['3.6'],
    covers: ['op:setWatches2', 'watch:persistent', 'watch:recursive'],
    async run(t) {
      const client = await t.raw()
      await create(client, t.path('a'))
      const lists = { persistent: [t.root], recursive: [t.path('a')] }
      equal((await client.ask(op.setWatches2, rearm(0n, lists))).err, 0, 'the error number')
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
    title: 'setWatches2 makes up for what one-shot watches have missed, as setWatches does',
    area: 'watch catch-up',
    reference: 'ZOOKEEPER-1416',
    since: ['3.6'],
    covers: ['op:setWatches2', 'watch:data', 'watch:exist', 'watch:child'],
    async run(t) {
      const client = await t.raw()
      await client.ask(
        op.setWatches2,
        rearm(0n, { data: [t.root], exist: [t.root], child: [t.path('none')] }),
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
    title: 'a session arms its watches again on a new connection',
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
