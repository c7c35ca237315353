import {
  CreateFlag,
  type MultiOperation,
  type MultiReadOperation,
  type MultiResult,
  OpCode,
  op,
  Perm,
  Reader,
  readMultiResponse,
  ServerOpCode,
} from '@zookit/jute'
import type { ConformanceCase } from '../case.ts'
import type { Context } from '../context.ts'
import { equal, errorName, holds, refused } from '../mismatch.ts'
import { create, createBody, entry, exists, getData, type Requester } from '../steps.ts'

const REFERENCE = 'ZOOKEEPER-965'
const READS = 'ZOOKEEPER-3402'

async function multi(
  client: Requester,
  operations: (MultiOperation | MultiReadOperation)[],
): Promise<MultiResult[]> {
  return (await client.request(op.multi, { operations })).results
}

async function multiRead(client: Requester, operations: MultiReadOperation[]): Promise<MultiResult[]> {
  return (await client.request(op.multiRead, { operations })).results
}

const added = (t: Context, name: string, flags: number = CreateFlag.persistent): MultiOperation => ({
  type: OpCode.create,
  request: createBody(t.path(name), { flags }),
})
const deleted = (t: Context, name: string, version = -1): MultiOperation => ({
  type: OpCode.delete,
  request: { path: t.path(name), version },
})
const changed = (t: Context, name: string, version = -1): MultiOperation => ({
  type: OpCode.setData,
  request: { path: t.path(name), data: Buffer.from('new'), version },
})
const checked = (t: Context, name: string, version: number): MultiOperation => ({
  type: OpCode.check,
  request: { path: t.path(name), version },
})

/** Names the operations that the results answer, and the errors of those that failed. */
function kinds(results: readonly MultiResult[]): string[] {
  return results.map(result =>
    result.type === ServerOpCode.error ? errorName(result.err) : operationName(result.type),
  )
}

function operationName(opcode: number): string {
  return op.operations.find(({ code }) => code === opcode)?.name ?? `opcode ${opcode}`
}

export const multis: readonly ConformanceCase[] = [
  {
    title: 'a multi answers each operation in its kind, in their order',
    area: 'multi',
    reference: REFERENCE,
    since: ['3.4'],
    covers: ['op:multi', 'op:check'],
    async run(t) {
      const session = await t.session()
      const results = await multi(session, [
        added(t, 'a'),
        changed(t, 'a', 0),
        checked(t, 'a', 1),
        deleted(t, 'a', 1),
      ])
      equal(kinds(results), ['create', 'setData', 'check', 'delete'], 'the kinds')
    },
  },
  {
    title: 'all operations of a multi have one zxid',
    area: 'multi',
    reference: REFERENCE,
    since: ['3.4'],
    covers: ['op:multi'],
    async run(t) {
      const session = await t.session()
      await multi(session, [added(t, 'a'), added(t, 'b'), changed(t, 'a')])
      const [a, b] = [await exists(session, t.path('a')), await exists(session, t.path('b'))]
      equal([b?.czxid, a?.mzxid], [a?.czxid, a?.czxid], 'the zxids')
    },
  },
  {
    title: 'a multi that fails has error 0 in its header, and a result for each operation: 0, the error, -2',
    area: 'multi',
    reference: 'Apache ZooKeeper source: PrepRequestProcessor.pRequestHelper',
    since: ['3.4'],
    covers: ['op:multi', 'error:RUNTIME_INCONSISTENCY', 'error:BAD_VERSION'],
    async run(t) {
      const client = await t.raw()
      await create(client, t.path('a'))
      const operations = [added(t, 'b'), checked(t, 'a', 9), added(t, 'c')]
      const answer = await client.ask(op.multi, { operations })
      equal(answer.err, 0, 'the error number of the header')
      const { results } = readMultiResponse(new Reader(answer.bytes))
      equal(kinds(results), ['OK', 'BAD_VERSION', 'RUNTIME_INCONSISTENCY'], 'the results')
    },
  },
  {
    title: 'a multi that fails changes nothing',
    area: 'multi',
    reference: REFERENCE,
    since: ['3.4'],
    covers: ['op:multi'],
    async run(t) {
      const session = await t.session()
      const before = await exists(session, t.root)
      equal(
        kinds(await multi(session, [added(t, 'a'), deleted(t, 'none')])),
        ['OK', 'NO_NODE'],
        'the results',
      )
      equal(await exists(session, t.root), before, 'the stat of the directory')
    },
  },
  {
    title: 'each operation of a multi sees what those before it do',
    area: 'multi',
    reference: REFERENCE,
    since: ['3.4'],
    covers: ['op:multi'],
    async run(t) {
      const session = await t.session()
      const operations = [added(t, 'a'), added(t, 'a/b'), deleted(t, 'a/b'), deleted(t, 'a'), added(t, 'a')]
      equal(
        kinds(await multi(session, operations)),
        ['create', 'create', 'delete', 'delete', 'create'],
        'the results',
      )
    },
  },
  {
    title: 'sequence numbers count within a multi',
    area: 'multi',
    reference: 'ZOOKEEPER-965',
    since: ['3.4'],
    covers: ['op:multi', 'mode:persistent-sequential'],
    async run(t) {
      const flags = CreateFlag['persistent-sequential']
      const results = await multi(await t.session(), [added(t, 's-', flags), added(t, 's-', flags)])
      const created = results.map(result =>
        result.type === OpCode.create ? result.response.path : result.type,
      )
      equal(created, [t.path('s-0000000000'), t.path('s-0000000001')], 'the paths')
    },
  },
  {
    title: 'a multi without operations has no results',
    area: 'multi',
    reference: REFERENCE,
    since: ['3.4'],
    covers: ['op:multi'],
    async run(t) {
      equal(await multi(await t.session(), []), [], 'the results')
    },
  },
  {
    title: 'an ephemeral of a multi belongs to the session',
    area: 'multi',
    reference: REFERENCE,
    since: ['3.4'],
    covers: ['op:multi', 'mode:ephemeral'],
    async run(t) {
      const session = await t.session()
      await multi(session, [added(t, 'a', CreateFlag.ephemeral)])
      equal((await exists(session, t.path('a')))?.ephemeralOwner, session.id, 'the owner')
    },
  },
  {
    title: 'create2 in a multi is answered with the stat',
    area: 'multi',
    reference: 'ZOOKEEPER-4026',
    since: ['3.7.2', '3.8.2', '3.9.0'],
    covers: ['op:multi', 'op:create2'],
    async run(t) {
      const [result] = await multi(await t.session(), [
        { type: OpCode.create2, request: createBody(t.path('a')) },
      ])
      equal(result?.type, OpCode.create2, 'the kind')
      holds(result?.type === OpCode.create2 && result.response.stat.czxid > 0n, 'a stat', result)
    },
  },
  {
    title: 'a container in a multi is answered as create2 is',
    area: 'multi',
    reference: 'ZOOKEEPER-2163, MultiResponse',
    since: ['3.5.1'],
    needs: ['containers'],
    covers: ['op:multi', 'op:createContainer', 'mode:container'],
    async run(t) {
      const request = createBody(t.path('c'), { flags: CreateFlag.container })
      const [result] = await multi(await t.session(), [{ type: OpCode.createContainer, request }])
      equal(result?.type, OpCode.create2, 'the kind')
    },
  },
  {
    title: 'a TTL znode in a multi is answered as create2 is',
    area: 'multi',
    reference: 'ZOOKEEPER-2169, MultiResponse',
    since: ['3.5.3'],
    needs: ['extended-types'],
    covers: ['op:multi', 'op:createTTL', 'mode:ttl'],
    async run(t) {
      const request = { ...createBody(t.path('c'), { flags: CreateFlag.ttl }), ttl: 60_000 }
      const [result] = await multi(await t.session(), [{ type: OpCode.createTTL, request }])
      equal(result?.type, OpCode.create2, 'the kind')
    },
  },
  {
    title: 'check in a multi of a znode that does not exist fails with NO_NODE',
    area: 'multi',
    reference: REFERENCE,
    since: ['3.4'],
    covers: ['op:check', 'error:NO_NODE'],
    async run(t) {
      equal(kinds(await multi(await t.session(), [checked(t, 'none', -1)])), ['NO_NODE'], 'the results')
    },
  },
  {
    title: 'check in a multi does not change the znode',
    area: 'multi',
    reference: REFERENCE,
    since: ['3.4'],
    covers: ['op:check'],
    async run(t) {
      const session = await t.session()
      await create(session, t.path('a'))
      const before = await exists(session, t.path('a'))
      await multi(session, [checked(t, 'a', 0)])
      equal(await exists(session, t.path('a')), before, 'the stat')
    },
  },
  {
    title: 'each error of an operation is that of the operation alone',
    area: 'multi',
    reference: REFERENCE,
    since: ['3.4'],
    covers: ['op:multi', 'error:NODE_EXISTS', 'error:NOT_EMPTY', 'error:NO_NODE', 'error:INVALID_ACL'],
    async run(t) {
      const session = await t.session()
      await create(session, t.path('a'))
      await create(session, t.path('a/b'))
      const bad: MultiOperation = { type: OpCode.create, request: createBody(t.path('x'), { acl: [] }) }
      equal(kinds(await multi(session, [added(t, 'a')])), ['NODE_EXISTS'], 'creating what is there')
      equal(kinds(await multi(session, [deleted(t, 'a')])), ['NOT_EMPTY'], 'deleting a parent')
      equal(kinds(await multi(session, [changed(t, 'none')])), ['NO_NODE'], 'changing what is not there')
      equal(kinds(await multi(session, [bad])), ['INVALID_ACL'], 'creating with an empty ACL')
    },
  },
  {
    title: 'permissions hold within a multi',
    area: 'multi',
    reference: REFERENCE,
    since: ['3.4'],
    covers: ['error:NO_AUTH'],
    async run(t) {
      const session = await t.session()
      await create(session, t.path('a'), { acl: [entry(Perm.READ, 'world', 'anyone')] })
      equal(kinds(await multi(session, [changed(t, 'a')])), ['NO_AUTH'], 'the results')
    },
  },
  {
    title: 'a read within a multi is refused with MARSHALLING_ERROR as a whole',
    area: 'multi',
    reference: 'Apache ZooKeeper source: MultiOperationRecord',
    since: ['3.6'],
    covers: ['op:multi', 'error:MARSHALLING_ERROR'],
    async run(t) {
      const read: MultiReadOperation = { type: OpCode.getData, request: { path: t.root, watch: false } }
      await refused(multi(await t.session(), [read]), 'MARSHALLING_ERROR')
    },
  },
  {
    title: 'a multi fires the events of all its operations, in their order',
    area: 'multi',
    reference: "Programmer's Guide: ZooKeeper Watches",
    since: ['3.4'],
    covers: ['op:multi', 'event:nodeCreated'],
    async run(t) {
      const [watcher, writer] = [await t.raw(), await t.raw()]
      for (const name of ['b', 'a']) await exists(watcher, t.path(name), true)
      await multi(writer, [added(t, 'a'), added(t, 'b')])
      const events = await watcher.nextEvents(2)
      equal(
        events.map(({ path }) => path),
        [t.path('a'), t.path('b')],
        'the paths',
      )
      equal(new Set(events.map(({ zxid }) => zxid)).size, 1, 'the number of zxids')
    },
  },
  {
    title: 'a multiRead answers each read in its kind',
    area: 'multiRead',
    reference: READS,
    since: ['3.6'],
    covers: ['op:multiRead'],
    async run(t) {
      const session = await t.session()
      await create(session, t.path('a'), { data: 'x' })
      const [data, names] = await multiRead(session, [
        { type: OpCode.getData, request: { path: t.path('a'), watch: false } },
        { type: OpCode.getChildren, request: { path: t.root, watch: false } },
      ])
      holds(data?.type === OpCode.getData, 'data', data)
      equal(
        [data.response.data?.toString(), data.response.stat],
        ['x', await exists(session, t.path('a'))],
        'data and stat',
      )
      holds(names?.type === OpCode.getChildren, 'children', names)
      equal(names.response.children, ['a'], 'the children')
    },
  },
  {
    title: 'each read of a multiRead fails alone',
    area: 'multiRead',
    reference: READS,
    since: ['3.6'],
    covers: ['op:multiRead', 'error:NO_NODE'],
    async run(t) {
      const results = await multiRead(await t.session(), [
        { type: OpCode.getData, request: { path: t.path('none'), watch: false } },
        { type: OpCode.getData, request: { path: t.root, watch: false } },
        { type: OpCode.getChildren, request: { path: t.path('none'), watch: false } },
      ])
      equal(kinds(results), ['NO_NODE', 'getData', 'NO_NODE'], 'the results')
    },
  },
  {
    title: 'a multiRead shows what may not be read as NO_AUTH',
    area: 'multiRead',
    reference: READS,
    since: ['3.6'],
    covers: ['op:multiRead', 'error:NO_AUTH'],
    async run(t) {
      const session = await t.session()
      await create(session, t.path('a'), { acl: [entry(Perm.WRITE, 'world', 'anyone')] })
      const results = await multiRead(session, [
        { type: OpCode.getData, request: { path: t.path('a'), watch: false } },
      ])
      equal(kinds(results), ['NO_AUTH'], 'the results')
    },
  },
  {
    title: 'a multiRead sets no watches, whatever its reads say',
    area: 'multiRead',
    reference: 'Apache ZooKeeper source: FinalRequestProcessor',
    since: ['3.6'],
    covers: ['op:multiRead'],
    async run(t) {
      const client = await t.raw()
      await create(client, t.path('a'))
      await multiRead(client, [{ type: OpCode.getData, request: { path: t.path('a'), watch: true } }])
      await client.request(op.setData, { path: t.path('a'), data: null, version: -1 })
      await client.settle()
      equal(client.events, [], 'the events')
      equal((await getData(client, t.path('a'))).data, null, 'the data')
    },
  },
]
