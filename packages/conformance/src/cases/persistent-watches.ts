import { AddWatchMode, ErrorNumber, EventType, op, WatcherType } from '@zookit/jute'
import type { ConformanceCase } from '../case.ts'
import { equal } from '../mismatch.ts'
import { create, getData, remove, setData } from '../steps.ts'
import { add, heard, pair } from './watching.ts'

const PERSISTENT = 'ZOOKEEPER-1416'
const { nodeCreated, nodeDeleted, nodeDataChanged, nodeChildrenChanged } = EventType

export const persistentWatches: readonly ConformanceCase[] = [
  {
    title:
      'a persistent watch reports every change and the creation and deletion of children, and no grandchild',
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
    title: 'a recursive watch reports the whole subtree, and never a change of children',
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
    title: 'a recursive watch reports no path that only begins with the same text',
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
    title: 'an unknown mode is refused with MARSHALLING_ERROR',
    area: 'persistent watches',
    reference: 'Apache ZooKeeper source: AddWatchMode.fromInt',
    since: ['3.6'],
    covers: ['op:addWatch', 'error:MARSHALLING_ERROR'],
    async run(t) {
      const client = await t.raw()
      equal(
        (await client.ask(op.addWatch, { path: t.root, mode: 7 })).err,
        ErrorNumber.MARSHALLING_ERROR,
        'the error number',
      )
    },
  },
  {
    title: 'removeWatches removes a persistent watch',
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
    title: 'a one-shot watch does not affect the persistent one on the same path',
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
