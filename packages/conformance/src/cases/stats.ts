import type { ConformanceCase } from '../case.ts'
import { equal, holds } from '../mismatch.ts'
import { create, exists, remove, setData } from '../steps.ts'

const STAT = "Programmer's Guide: ZooKeeper Stat Structure"

/** The cases about a znode's Stat. */
export const stats: readonly ConformanceCase[] = [
  {
    title: 'a new znode has versions 0, its own zxid three times and no children',
    area: 'stat',
    reference: STAT,
    covers: ['op:exists'],
    async run(t) {
      const session = await t.session()
      await create(session, t.path('a'), { data: 'abc' })
      const stat = (await exists(session, t.path('a')))!
      const { version, cversion, aversion, numChildren, dataLength } = stat
      equal([version, cversion, aversion, numChildren, dataLength], [0, 0, 0, 0, 3], 'its numbers')
      equal([stat.mzxid, stat.pzxid], [stat.czxid, stat.czxid], 'its zxids')
      equal(stat.mtime, stat.ctime, 'its times')
    },
  },
  {
    title: 'cversion counts creations and deletions of children',
    area: 'stat',
    reference: 'Apache ZooKeeper source: DataNode.copyStat',
    covers: ['op:exists'],
    async run(t) {
      const session = await t.session()
      await create(session, t.path('a'))
      await create(session, t.path('b'))
      equal((await exists(session, t.root))?.cversion, 2, 'cversion after two creations')
      await remove(session, t.path('a'))
      equal((await exists(session, t.root))?.cversion, 3, 'cversion after a deletion')
    },
  },
  {
    title: 'pzxid is that of the last child created or deleted, and not of its data',
    area: 'stat',
    reference: 'Apache ZooKeeper source: DataTree.createNode',
    covers: ['op:exists'],
    async run(t) {
      const session = await t.session()
      await create(session, t.path('a'))
      const created = (await exists(session, t.path('a')))?.czxid
      equal((await exists(session, t.root))?.pzxid, created, 'pzxid after a creation')
      await setData(session, t.path('a'))
      equal((await exists(session, t.root))?.pzxid, created, 'pzxid after setData of the child')
      await remove(session, t.path('a'))
      const after = (await exists(session, t.root))!.pzxid
      holds(after > (created ?? 0n), 'a later pzxid after a deletion', after)
    },
  },
  {
    title: 'changes of children do not change version, mzxid and mtime of the parent',
    area: 'stat',
    reference: STAT,
    covers: ['op:exists'],
    async run(t) {
      const session = await t.session()
      const before = (await exists(session, t.root))!
      await create(session, t.path('a'))
      const { version, mzxid, mtime } = (await exists(session, t.root))!
      equal([version, mzxid, mtime], [before.version, before.mzxid, before.mtime], 'version, mzxid and mtime')
    },
  },
  {
    title: 'a grandchild changes nothing of the grandparent',
    area: 'stat',
    reference: STAT,
    covers: ['op:exists'],
    async run(t) {
      const session = await t.session()
      await create(session, t.path('a'))
      const before = await exists(session, t.root)
      await create(session, t.path('a/b'))
      equal(await exists(session, t.root), before, 'the stat')
    },
  },
  {
    title: 'numChildren counts children alone',
    area: 'stat',
    reference: STAT,
    covers: ['op:exists'],
    async run(t) {
      const session = await t.session()
      for (const name of ['a', 'b', 'a/x']) await create(session, t.path(name))
      equal((await exists(session, t.root))?.numChildren, 2, 'numChildren')
    },
  },
  {
    title: 'a znode that is created again begins at version 0',
    area: 'stat',
    reference: STAT,
    covers: ['op:create'],
    async run(t) {
      const session = await t.session()
      await create(session, t.path('a'))
      await setData(session, t.path('a'))
      await remove(session, t.path('a'))
      await create(session, t.path('a'))
      equal((await exists(session, t.path('a')))?.version, 0, 'the version')
    },
  },
]
