import { CreateFlag, ErrorNumber, EventType, type KnownErrorCode, op } from '@zookit/jute'
import type { ConformanceCase } from '../case.ts'
import { equal, holds, refused } from '../mismatch.ts'
import { children, create, createBody, ephemeral, exists, getData, OPEN, remove } from '../steps.ts'

const GUIDE = "Programmer's Guide: ZNodes"
const SEQUENCE = "Programmer's Guide: Sequence Nodes -- Unique Naming"
const MAX_TTL = 2 ** 40 - 1

function errorCase(
  title: string,
  code: KnownErrorCode,
  body: () => { name: string; flags: number },
): ConformanceCase {
  return {
    title,
    area: 'create',
    reference: 'Apache ZooKeeper source: CreateMode.fromFlag',
    covers: [`error:${code}`],
    async run(t) {
      const { name, flags } = body()
      const session = await t.session()
      await refused(session.request(op.create, createBody(t.path(name), { flags })), code)
    },
  }
}

export const creates: readonly ConformanceCase[] = [
  {
    title: 'create answers with the path it was given',
    area: 'create',
    reference: GUIDE,
    covers: ['op:create', 'mode:persistent'],
    async run(t) {
      const session = await t.session()
      equal(await create(session, t.path('a'), { data: 'v' }), t.path('a'), 'the path')
      equal((await getData(session, t.path('a'))).data?.toString(), 'v', 'the data')
    },
  },
  {
    title: 'create2 answers with the path and the stat',
    area: 'create',
    reference: 'ZOOKEEPER-1297',
    since: ['3.5'],
    covers: ['op:create2'],
    async run(t) {
      const session = await t.session()
      const { path, stat } = await session.request(op.create2, createBody(t.path('a'), { data: 'abc' }))
      equal(path, t.path('a'), 'the path')
      equal(stat, await exists(session, path), 'the stat')
      equal(
        [stat.version, stat.dataLength, stat.czxid === stat.mzxid],
        [0, 3, true],
        'version, length, zxids',
      )
    },
  },
  {
    title: 'an ephemeral znode belongs to the session that creates it',
    area: 'create',
    reference: "Programmer's Guide: Ephemeral Nodes",
    covers: ['mode:ephemeral', 'op:create'],
    async run(t) {
      const session = await t.session()
      const path = await ephemeral(session, t.path('a'))
      equal((await exists(session, path))?.ephemeralOwner, session.id, 'the owner')
    },
  },
  {
    title: 'a persistent znode has no owner',
    area: 'create',
    reference: "Programmer's Guide: ZooKeeper Stat Structure",
    covers: ['mode:persistent'],
    async run(t) {
      const session = await t.session()
      equal((await exists(session, await create(session, t.path('a'))))?.ephemeralOwner, 0n, 'the owner')
    },
  },
  {
    title: 'a sequential znode gets ten digits at the end of its name, from 0 on',
    area: 'create',
    reference: SEQUENCE,
    covers: ['mode:persistent-sequential'],
    async run(t) {
      const session = await t.session()
      const flags = CreateFlag['persistent-sequential']
      const paths = [
        await create(session, t.path('s-'), { flags }),
        await create(session, t.path('s-'), { flags }),
      ]
      equal(paths, [t.path('s-0000000000'), t.path('s-0000000001')], 'the paths')
    },
  },
  {
    title: 'an ephemeral sequential znode has a number and an owner',
    area: 'create',
    reference: SEQUENCE,
    covers: ['mode:ephemeral-sequential'],
    async run(t) {
      const session = await t.session()
      const path = await create(session, t.path('e-'), { flags: CreateFlag['ephemeral-sequential'] })
      equal(path, t.path('e-0000000000'), 'the path')
      equal((await exists(session, path))?.ephemeralOwner, session.id, 'the owner')
    },
  },
  {
    title: 'sequence numbers count every child that the parent ever had, of whatever name',
    area: 'create',
    reference: SEQUENCE,
    covers: ['mode:persistent-sequential'],
    async run(t) {
      const session = await t.session()
      await create(session, t.path('x'))
      await remove(session, t.path('x'))
      await create(session, t.path('y'))
      const path = await create(session, t.path('s-'), { flags: CreateFlag['persistent-sequential'] })
      equal(path, t.path('s-0000000002'), 'the path')
    },
  },
  {
    title: 'the children of a sequential create without a name of its own are numbers',
    area: 'create',
    reference: 'Apache ZooKeeper source: PathUtils.validatePath(path, isSequential)',
    covers: ['mode:persistent-sequential'],
    async run(t) {
      const session = await t.session()
      const path = await create(session, `${t.root}/`, { flags: CreateFlag['persistent-sequential'] })
      equal(path, `${t.root}/0000000000`, 'the path')
    },
  },
  {
    title: 'createContainer makes a znode that has no owner on the wire',
    area: 'create',
    reference: 'ZOOKEEPER-2163',
    since: ['3.5.1'],
    needs: ['containers'],
    covers: ['op:createContainer', 'mode:container'],
    async run(t) {
      const session = await t.session()
      const body = createBody(t.path('c'), { flags: CreateFlag.container })
      const { path, stat } = await session.request(op.createContainer, body)
      equal([path, stat.ephemeralOwner], [t.path('c'), 0n], 'path and owner')
      equal((await exists(session, path))?.ephemeralOwner, 0n, 'the owner, read again')
    },
  },
  {
    title: 'a container whose last child is gone is removed, with an event',
    area: 'create',
    reference: 'ZOOKEEPER-2163',
    since: ['3.5.1'],
    needs: ['quick-reaping'],
    covers: ['mode:container', 'event:nodeDeleted'],
    async run(t) {
      const client = await t.raw()
      const path = t.path('c')
      await client.request(op.createContainer, createBody(path, { flags: CreateFlag.container }))
      await create(client, `${path}/x`)
      await exists(client, path, true)
      await remove(client, `${path}/x`)
      const [event] = await client.nextEvents(1)
      equal([event?.type, event?.path], [EventType.nodeDeleted, path], 'the event')
    },
  },
  {
    title: 'a container that never had a child stays',
    area: 'create',
    reference: 'Apache ZooKeeper source: ContainerManager.getCandidates',
    since: ['3.5.1'],
    needs: ['quick-reaping'],
    covers: ['mode:container'],
    async run(t) {
      const client = await t.raw()
      const empty = t.path('empty')
      const used = t.path('used')
      for (const path of [empty, used]) {
        await client.request(op.createContainer, createBody(path, { flags: CreateFlag.container }))
      }
      await create(client, `${used}/x`)
      await exists(client, used, true)
      await remove(client, `${used}/x`)
      await client.nextEvents(1)
      holds((await exists(client, empty)) !== null, 'the container that is still there', null)
    },
  },
  {
    title: 'createTTL makes a znode that has no owner on the wire',
    area: 'create',
    reference: 'ZOOKEEPER-2169',
    since: ['3.5.3'],
    needs: ['extended-types'],
    covers: ['op:createTTL', 'mode:ttl'],
    async run(t) {
      const session = await t.session()
      const body = { ...createBody(t.path('t'), { flags: CreateFlag.ttl }), ttl: 3_600_000 }
      const { path, stat } = await session.request(op.createTTL, body)
      equal([path, stat.ephemeralOwner], [t.path('t'), 0n], 'path and owner')
    },
  },
  {
    title: 'a sequential TTL znode gets a number',
    area: 'create',
    reference: 'ZOOKEEPER-2169',
    since: ['3.5.3'],
    needs: ['extended-types'],
    covers: ['op:createTTL', 'mode:ttl-sequential'],
    async run(t) {
      const session = await t.session()
      const body = { ...createBody(t.path('t-'), { flags: CreateFlag['ttl-sequential'] }), ttl: 3_600_000 }
      equal((await session.request(op.createTTL, body)).path, t.path('t-0000000000'), 'the path')
    },
  },
  {
    title: 'a TTL znode without changes for long enough is removed, with an event',
    area: 'create',
    reference: 'ZOOKEEPER-2169',
    since: ['3.5.3'],
    needs: ['extended-types', 'quick-reaping'],
    covers: ['mode:ttl', 'event:nodeDeleted'],
    async run(t) {
      const client = await t.raw()
      const path = t.path('t')
      await client.request(op.createTTL, { ...createBody(path, { flags: CreateFlag.ttl }), ttl: 300 })
      await exists(client, path, true)
      const [event] = await client.nextEvents(1)
      equal([event?.type, event?.path], [EventType.nodeDeleted, path], 'the event')
    },
  },
  {
    title: 'a TTL has to be positive and below 2^40 milliseconds',
    area: 'create',
    reference: 'Apache ZooKeeper source: EphemeralType.validateTTL',
    since: ['3.5.3'],
    needs: ['extended-types'],
    covers: ['op:createTTL', 'error:BAD_ARGUMENTS'],
    async run(t) {
      const session = await t.session()
      const body = createBody(t.path('t'), { flags: CreateFlag.ttl })
      for (const ttl of [0, -1, MAX_TTL + 1]) {
        await refused(session.request(op.createTTL, { ...body, ttl }), 'BAD_ARGUMENTS', `a TTL of ${ttl}`)
      }
      await session.request(op.createTTL, { ...body, ttl: MAX_TTL })
    },
  },
  {
    title:
      'createTTL is refused with UNIMPLEMENTED where TTL znodes are switched off, and the connection goes on',
    area: 'create',
    reference: "Administrator's Guide: extendedTypesEnabled",
    since: ['3.5.4'],
    needs: ['no-extended-types'],
    covers: ['op:createTTL', 'error:UNIMPLEMENTED'],
    async run(t) {
      const client = await t.raw()
      const body = { ...createBody(t.path('t'), { flags: CreateFlag.ttl }), ttl: 1000 }
      equal((await client.ask(op.createTTL, body)).err, ErrorNumber.UNIMPLEMENTED, 'the error number')
      await client.settle()
    },
  },
  {
    title: 'a znode that exists is not created again: NODE_EXISTS',
    area: 'create',
    reference: GUIDE,
    covers: ['error:NODE_EXISTS'],
    async run(t) {
      const session = await t.session()
      await create(session, t.path('a'))
      await refused(create(session, t.path('a')), 'NODE_EXISTS')
    },
  },
  {
    title: 'a znode without a parent is not created: NO_NODE',
    area: 'create',
    reference: GUIDE,
    covers: ['error:NO_NODE'],
    async run(t) {
      await refused(create(await t.session(), t.path('none/a')), 'NO_NODE')
    },
  },
  {
    title: 'an ephemeral znode has no children: NO_CHILDREN_FOR_EPHEMERALS',
    area: 'create',
    reference: "Programmer's Guide: Ephemeral Nodes",
    covers: ['error:NO_CHILDREN_FOR_EPHEMERALS'],
    async run(t) {
      const session = await t.session()
      await ephemeral(session, t.path('a'))
      await refused(create(session, t.path('a/b')), 'NO_CHILDREN_FOR_EPHEMERALS')
    },
  },
  errorCase('flags that name no create mode are refused with BAD_ARGUMENTS', 'BAD_ARGUMENTS', () => ({
    name: 'a',
    flags: 42,
  })),
  errorCase('negative flags are refused with BAD_ARGUMENTS', 'BAD_ARGUMENTS', () => ({
    name: 'a',
    flags: -1,
  })),
  {
    title: 'an empty ACL is refused with INVALID_ACL',
    area: 'create',
    reference: 'Apache ZooKeeper source: PrepRequestProcessor.fixupACL',
    covers: ['error:INVALID_ACL'],
    async run(t) {
      await refused(create(await t.session(), t.path('a'), { acl: [] }), 'INVALID_ACL')
    },
  },
  {
    title: 'a null ACL is refused with INVALID_ACL',
    area: 'create',
    reference: 'Apache ZooKeeper source: PrepRequestProcessor.fixupACL',
    since: ['3.6'],
    covers: ['op:setACL', 'error:INVALID_ACL'],
    async run(t) {
      const session = await t.session()
      await refused(create(session, t.path('a'), { acl: null }), 'INVALID_ACL', 'create')
      await refused(
        session.request(op.setACL, { path: t.root, acl: null, version: -1 }),
        'INVALID_ACL',
        'setACL',
      )
    },
  },
  {
    title: 'a null ACL is refused with MARSHALLING_ERROR',
    area: 'create',
    reference: 'Apache ZooKeeper source: PrepRequestProcessor.removeDuplicates',
    until: ['3.6'],
    covers: ['error:MARSHALLING_ERROR'],
    async run(t) {
      const session = await t.session()
      await refused(create(session, t.path('a'), { acl: null }), 'MARSHALLING_ERROR', 'create')
      await refused(
        session.request(op.setACL, { path: t.root, acl: null, version: -1 }),
        'MARSHALLING_ERROR',
        'setACL',
      )
    },
  },
  {
    title: 'null data stays null and empty data stays empty',
    area: 'create',
    reference: 'Apache ZooKeeper source: BinaryOutputArchive.writeBuffer',
    covers: ['op:create', 'op:getData'],
    async run(t) {
      const session = await t.session()
      await create(session, t.path('null'), { data: null })
      await create(session, t.path('empty'), { data: '' })
      equal((await getData(session, t.path('null'))).data, null, 'the data')
      equal((await getData(session, t.path('empty'))).data, Buffer.alloc(0), 'the data')
      equal((await exists(session, t.path('null')))?.dataLength, 0, 'the length of null')
    },
  },
  {
    title: 'all bytes are kept as they are',
    area: 'create',
    reference: "Programmer's Guide: Data Access",
    covers: ['op:create'],
    async run(t) {
      const session = await t.session()
      const data = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
      await create(session, t.path('a'), { data })
      equal((await getData(session, t.path('a'))).data, data, 'the data')
    },
  },
  {
    title: 'a create that is refused leaves no znode and uses no sequence number',
    area: 'create',
    reference: SEQUENCE,
    covers: ['mode:persistent-sequential'],
    async run(t) {
      const session = await t.session()
      const flags = CreateFlag['persistent-sequential']
      await refused(create(session, t.path('s-'), { flags, acl: [] }), 'INVALID_ACL')
      equal(await create(session, t.path('s-'), { flags, acl: OPEN }), t.path('s-0000000000'), 'the path')
      equal(await children(session, t.root), ['s-0000000000'], 'the children')
    },
  },
]
