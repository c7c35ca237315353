import { digestId } from '@zookit/client'
import { EventType, KeeperState, op, WatcherType } from '@zookit/jute'
import type { ConformanceCase } from '../case.ts'
import type { Context } from '../context.ts'
import { OWNER } from '../keeper.ts'
import { equal, refused } from '../mismatch.ts'
import type { RawClient } from '../raw-client.ts'
import { children, create, entry, exists, getData, remove, setData } from '../steps.ts'
import { heard, pair } from './watching.ts'

const GUIDE = "Programmer's Guide: ZooKeeper Watches"
const { nodeCreated, nodeDeleted, nodeDataChanged, nodeChildrenChanged } = EventType
const [user, password] = OWNER.secret.split(':') as [string, string]

/** Makes a case of the events of one watch. */
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
      await refused(getData(client, t.path('a'), true), 'NO_NODE')
      await refused(children(client, t.path('a'), true), 'NO_NODE')
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
    title: 'the client that changes a znode gets the event too, before the reply',
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
    title: 'an event goes only to clients that may READ the znode',
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
    title: 'removeWatches removes a watch, and is refused with NO_WATCHER where there is none',
    area: 'watches',
    reference: 'ZOOKEEPER-442',
    since: ['3.5'],
    covers: ['op:removeWatches', 'error:NO_WATCHER', 'watch:data'],
    async run(t) {
      const client = await t.raw()
      await getData(client, t.root, true)
      await client.request(op.removeWatches, { path: t.root, type: WatcherType.data })
      await refused(client.request(op.removeWatches, { path: t.root, type: WatcherType.data }), 'NO_WATCHER')
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
    title: 'removeWatches of any kind removes all',
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
      await refused(client.request(op.checkWatches, body), 'NO_WATCHER')
      await getData(client, t.root, true)
      await client.request(op.checkWatches, body)
      await setData(client, t.root)
      equal(await heard(client), [[nodeDataChanged, t.root]], 'the events')
    },
  },
  {
    title: 'an unknown watcher type is refused with MARSHALLING_ERROR',
    area: 'watches',
    reference: 'Apache ZooKeeper source: Watcher.WatcherType.fromInt',
    since: ['3.5'],
    covers: ['op:removeWatches', 'error:MARSHALLING_ERROR'],
    async run(t) {
      const client = await t.raw()
      await refused(client.request(op.removeWatches, { path: t.root, type: 99 }), 'MARSHALLING_ERROR')
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
]
