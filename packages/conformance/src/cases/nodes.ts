import { ErrorNumber, op } from '@zookit/jute'
import type { ConformanceCase } from '../case.ts'
import { equal, holds, refused } from '../mismatch.ts'
import { hasReached } from '../release.ts'
import { children, create, ephemeral, exists, getData, remove, setData } from '../steps.ts'

const ACCESS = "Programmer's Guide: Data Access"
const STAT = "Programmer's Guide: ZooKeeper Stat Structure"

export const nodes: readonly ConformanceCase[] = [
  {
    title: 'delete removes a znode, and answers with no body',
    area: 'delete',
    reference: ACCESS,
    covers: ['op:delete'],
    async run(t) {
      const client = await t.raw()
      await create(client, t.path('a'))
      const { err, bytes } = await client.ask(op.delete, { path: t.path('a'), version: 0 })
      equal([err, bytes.length], [0, 0], 'error number and length')
      equal(await exists(client, t.path('a')), null, 'the znode')
    },
  },
  {
    title: 'delete of a znode that does not exist is refused with NO_NODE',
    area: 'delete',
    reference: ACCESS,
    covers: ['op:delete', 'error:NO_NODE'],
    async run(t) {
      const session = await t.session()
      await refused(remove(session, t.path('none')), 'NO_NODE')
      await refused(remove(session, t.path('none/below')), 'NO_NODE', 'one whose parent is not there either')
    },
  },
  {
    title: 'delete with another version is refused with BAD_VERSION',
    area: 'delete',
    reference: ACCESS,
    covers: ['error:BAD_VERSION'],
    async run(t) {
      const session = await t.session()
      await create(session, t.path('a'))
      await refused(remove(session, t.path('a'), 1), 'BAD_VERSION')
      await refused(remove(session, t.path('a'), -2), 'BAD_VERSION', 'version -2')
    },
  },
  {
    title: 'a znode with children is not deleted: NOT_EMPTY',
    area: 'delete',
    reference: ACCESS,
    covers: ['error:NOT_EMPTY'],
    async run(t) {
      const session = await t.session()
      await create(session, t.path('a'))
      await create(session, t.path('a/b'))
      await refused(remove(session, t.path('a')), 'NOT_EMPTY')
    },
  },
  {
    title: 'the version is checked before the children',
    area: 'delete',
    reference: 'Apache ZooKeeper source: PrepRequestProcessor.pRequest2Txn',
    covers: ['error:BAD_VERSION'],
    async run(t) {
      const session = await t.session()
      await create(session, t.path('a'))
      await create(session, t.path('a/b'))
      await refused(remove(session, t.path('a'), 9), 'BAD_VERSION')
    },
  },
  {
    title: 'the root and /zookeeper cannot be deleted: BAD_ARGUMENTS',
    area: 'delete',
    reference: 'Apache ZooKeeper source: PrepRequestProcessor.getParentPathAndValidate',
    covers: ['error:BAD_ARGUMENTS'],
    async run(t) {
      const session = await t.session()
      await refused(remove(session, '/'), 'BAD_ARGUMENTS', 'deleting /')
      await refused(remove(session, '/zookeeper'), 'BAD_ARGUMENTS', 'deleting /zookeeper')
    },
  },
  {
    title: 'one session may delete the ephemeral of another',
    area: 'delete',
    reference: "Programmer's Guide: Ephemeral Nodes",
    covers: ['op:delete', 'mode:ephemeral'],
    async run(t) {
      const [owner, other] = [await t.session(), await t.session()]
      await ephemeral(owner, t.path('a'))
      await remove(other, t.path('a'))
      equal(await exists(other, t.path('a')), null, 'the znode')
    },
  },
  {
    title: 'getData answers with data and stat',
    area: 'read',
    reference: ACCESS,
    covers: ['op:getData'],
    async run(t) {
      const session = await t.session()
      await create(session, t.path('a'), { data: 'abc' })
      const { data, stat } = await getData(session, t.path('a'))
      equal([data?.toString(), stat.dataLength, stat.version], ['abc', 3, 0], 'data, length and version')
    },
  },
  {
    title: 'exists answers with the stat, and with NO_NODE for a znode that does not exist',
    area: 'read',
    reference: ACCESS,
    covers: ['op:exists', 'error:NO_NODE'],
    async run(t) {
      const client = await t.raw()
      await create(client, t.path('a'))
      equal(
        (await client.ask(op.exists, { path: t.path('a'), watch: false })).bytes.length,
        68,
        'the length of a stat',
      )
      equal(
        (await client.ask(op.exists, { path: t.path('b'), watch: false })).err,
        ErrorNumber.NO_NODE,
        'the error number',
      )
    },
  },
  {
    title: 'getData, getACL and both getChildren of a znode that does not exist are refused with NO_NODE',
    area: 'read',
    reference: ACCESS,
    covers: ['op:getData', 'op:getACL', 'op:getChildren', 'op:getChildren2', 'error:NO_NODE'],
    async run(t) {
      const session = await t.session()
      const path = t.path('none')
      await refused(session.request(op.getData, { path, watch: false }), 'NO_NODE', 'getData')
      await refused(session.request(op.getACL, { path }), 'NO_NODE', 'getACL')
      await refused(session.request(op.getChildren, { path, watch: false }), 'NO_NODE', 'getChildren')
      await refused(session.request(op.getChildren2, { path, watch: false }), 'NO_NODE', 'getChildren2')
    },
  },
  {
    title: 'getChildren lists names without paths, and not those of grandchildren',
    area: 'read',
    reference: ACCESS,
    covers: ['op:getChildren'],
    async run(t) {
      const session = await t.session()
      for (const name of ['b', 'a', 'a/x']) await create(session, t.path(name))
      equal(await children(session, t.root), ['a', 'b'], 'the children')
      equal(await children(session, t.path('b')), [], 'the children of a leaf')
    },
  },
  {
    title: 'getChildren2 lists the same with the stat',
    area: 'read',
    reference: 'Apache ZooKeeper source: FinalRequestProcessor',
    covers: ['op:getChildren2'],
    async run(t) {
      const session = await t.session()
      for (const name of ['a', 'b']) await create(session, t.path(name))
      const reply = await session.request(op.getChildren2, { path: t.root, watch: false })
      equal([reply.children.sort(), reply.stat.numChildren], [['a', 'b'], 2], 'names and number')
      equal(reply.stat, await exists(session, t.root), 'the stat')
    },
  },
  {
    title: 'getAllChildrenNumber counts all znodes below',
    area: 'read',
    reference: 'ZOOKEEPER-3167',
    since: ['3.6'],
    covers: ['op:getAllChildrenNumber'],
    async run(t) {
      const session = await t.session()
      for (const name of ['a', 'a/b', 'a/b/c', 'ab']) await create(session, t.path(name))
      const count = async (path: string): Promise<number> =>
        (await session.request(op.getAllChildrenNumber, { path })).totalNumber
      equal(
        [await count(t.root), await count(t.path('a')), await count(t.path('ab'))],
        [4, 2, 0],
        'the numbers',
      )
      await refused(session.request(op.getAllChildrenNumber, { path: t.path('none') }), 'NO_NODE')
    },
  },
  {
    title: '/zookeeper is a child of the root',
    area: 'read',
    reference: "Programmer's Guide: ZNodes",
    covers: ['op:getChildren'],
    async run(t) {
      const names = await children(await t.session(), '/')
      holds(names.includes('zookeeper'), 'zookeeper among the children of the root', names)
    },
  },
  {
    title: '/zookeeper/config can be read by anyone',
    area: 'read',
    reference: "Administrator's Guide: Dynamic Reconfiguration",
    since: ['3.5'],
    covers: ['op:getData'],
    async run(t) {
      await getData(await t.session(), '/zookeeper/config')
    },
  },
  {
    title: 'setData answers with the new stat',
    area: 'write',
    reference: ACCESS,
    covers: ['op:setData'],
    async run(t) {
      const session = await t.session()
      await create(session, t.path('a'))
      const stat = await setData(session, t.path('a'), 'newer', 0)
      equal(stat, await exists(session, t.path('a')), 'the stat')
      equal([stat.version, stat.dataLength], [1, 5], 'version and length')
      holds(stat.mzxid > stat.czxid, 'mzxid after czxid', stat)
    },
  },
  {
    title: 'setData with another version is refused with BAD_VERSION, and changes nothing',
    area: 'write',
    reference: ACCESS,
    covers: ['op:setData', 'error:BAD_VERSION'],
    async run(t) {
      const session = await t.session()
      await create(session, t.path('a'), { data: 'old' })
      for (const version of [1, -2])
        await refused(setData(session, t.path('a'), 'new', version), 'BAD_VERSION')
      equal((await getData(session, t.path('a'))).data?.toString(), 'old', 'the data')
    },
  },
  {
    title: 'setData of a znode that does not exist is refused with NO_NODE',
    area: 'write',
    reference: ACCESS,
    covers: ['op:setData', 'error:NO_NODE'],
    async run(t) {
      await refused(setData(await t.session(), t.path('none')), 'NO_NODE')
    },
  },
  {
    title: 'setData of the same bytes is a change: the version counts',
    area: 'write',
    reference: STAT,
    covers: ['op:setData'],
    async run(t) {
      const session = await t.session()
      await create(session, t.path('a'), { data: 'x' })
      equal((await setData(session, t.path('a'), 'x')).version, 1, 'the version')
    },
  },
  {
    title: 'setData can make data null',
    area: 'write',
    reference: ACCESS,
    covers: ['op:setData'],
    async run(t) {
      const session = await t.session()
      await create(session, t.path('a'))
      await session.request(op.setData, { path: t.path('a'), data: null, version: -1 })
      equal((await getData(session, t.path('a'))).data, null, 'the data')
    },
  },
  {
    title: 'setACL answers with the stat, and counts the ACL version alone',
    area: 'write',
    reference: STAT,
    covers: ['op:setACL'],
    async run(t) {
      const session = await t.session()
      await create(session, t.path('a'))
      const acl = [{ perms: 31, id: { scheme: 'world', id: 'anyone' } }]
      const { stat } = await session.request(op.setACL, { path: t.path('a'), acl, version: 0 })
      equal([stat.aversion, stat.version, stat.mzxid === stat.czxid], [1, 0, true], 'versions and zxids')
      await refused(
        session.request(op.setACL, { path: t.path('a'), acl, version: 0 }),
        'BAD_VERSION',
        'the old version',
      )
    },
  },
  {
    title: 'a failed write has a zxid of its own, and no effect',
    area: 'write',
    reference: 'Apache ZooKeeper source: PrepRequestProcessor.pRequest',
    covers: ['error:NO_NODE'],
    async run(t) {
      const client = await t.raw()
      const first = await client.ask(op.delete, { path: t.path('none'), version: -1 })
      const second = await client.ask(op.delete, { path: t.path('none'), version: -1 })
      holds(second.zxid > first.zxid && first.zxid > 0n, 'a zxid after the other', [first.zxid, second.zxid])
    },
  },
  {
    title: 'reconfig is refused with RECONFIG_DISABLED where it is disabled',
    area: 'write',
    reference: 'ZOOKEEPER-2014',
    since: ['3.5.3'],
    needs: ['reconfig-disabled'],
    covers: ['op:reconfig', 'error:RECONFIG_DISABLED'],
    async run(t) {
      const body = { joiningServers: null, leavingServers: '9', newMembers: null, curConfigId: -1n }
      await refused((await t.session()).request(op.reconfig, body), 'RECONFIG_DISABLED')
    },
  },
  {
    title: 'a check on its own is refused with UNIMPLEMENTED, and then the connection ends',
    area: 'write',
    reference: 'ZOOKEEPER-2623',
    since: ['3.8.5', '3.9.3'],
    covers: ['op:check', 'error:UNIMPLEMENTED'],
    async run(t) {
      const client = await t.raw()
      equal(
        (await client.ask(op.check, { path: t.root, version: 77 })).err,
        ErrorNumber.UNIMPLEMENTED,
        'the error number',
      )
      await client.ended()
    },
  },
  {
    title: 'a check on its own that fails is answered with its error',
    area: 'write',
    reference: 'Apache ZooKeeper source: PrepRequestProcessor.pRequest2Txn',
    until: ['3.8.5', '3.9.3'],
    covers: ['op:check', 'error:BAD_VERSION'],
    async run(t) {
      // An ensemble of 3.5 never answers it.
      if (!hasReached(t.subject.release, ['3.6'])) t.need('standalone')
      const client = await t.raw()
      equal(
        (await client.ask(op.check, { path: t.root, version: 77 })).err,
        ErrorNumber.BAD_VERSION,
        'the error number',
      )
    },
  },
]
