import { op } from '@zookit/jute'
import { expect } from 'chai'
import { TestServer } from '../../src/index.ts'
import { create, OPEN } from '../support/helpers.ts'
import { type EventFrame, RawClient } from '../support/raw-client.ts'

const CREATED = 1
const DELETED = 2
const CHANGED = 3
const CHILDREN = 4

function shown(events: EventFrame[]): [number, string | null][] {
  return events.map(({ type, path }) => [type, path])
}

async function pair(server: TestServer): Promise<[RawClient, RawClient]> {
  return [await RawClient.open(server), await RawClient.open(server)]
}

describe('Watches of the in-memory server', () => {
  it('fire once, before the reply to the request that caused the event', async () => {
    await using server = await TestServer.start()
    using client = await RawClient.open(server)
    await create(client, '/a')
    await client.call(op.getData, { path: '/a', watch: true })
    const xid = client.post(op.setData, { path: '/a', data: null, version: -1 })
    await client.ask(op.setData, { path: '/a', data: null, version: -1 })
    const frames = client.frames.slice(-3).map(frame => ('event' in frame ? 'event' : frame.answer.xid))
    expect(frames).to.deep.equal(['event', xid, xid + 1])
  })

  it('send each connection one event of a deletion, even with several watches on the path', async () => {
    await using server = await TestServer.start()
    const [client, writer] = await pair(server)
    await create(client, '/a')
    await client.call(op.getData, { path: '/a', watch: true })
    await client.call(op.getChildren, { path: '/a', watch: true })
    await client.call(op.addWatch, { path: '/', mode: 1 })
    await client.call(op.addWatch, { path: '/a', mode: 0 })
    await writer.call(op.delete, { path: '/a', version: -1 })
    await client.settle(op.ping)
    expect(shown(client.events)).to.deep.equal([[DELETED, '/a']])
  })

  it('of children and of data are independent', async () => {
    await using server = await TestServer.start()
    const [client, writer] = await pair(server)
    await create(writer, '/a')
    await client.call(op.getChildren, { path: '/a', watch: true })
    await writer.call(op.setData, { path: '/a', data: null, version: -1 })
    await create(writer, '/a/b')
    await create(writer, '/a/c')
    await client.settle(op.ping)
    expect(shown(client.events)).to.deep.equal([[CHILDREN, '/a']])
  })

  it('on a path without a znode are left only by exists', async () => {
    await using server = await TestServer.start()
    const [client, writer] = await pair(server)
    expect((await client.ask(op.getData, { path: '/a', watch: true })).err).to.equal(-101)
    expect(server.watches()).to.deep.equal([])
    expect((await client.ask(op.exists, { path: '/a', watch: true })).err).to.equal(-101)
    expect(server.watches()).to.deep.equal([{ sessionId: client.sessionId, path: '/a', kind: 'data' }])
    await create(writer, '/a')
    await client.settle(op.ping)
    expect(shown(client.events)).to.deep.equal([[CREATED, '/a']])
    expect(server.watches()).to.deep.equal([])
  })

  it('of the recursive kind stay, cover the subtree, and never send NodeChildrenChanged', async () => {
    await using server = await TestServer.start()
    const [client, writer] = await pair(server)
    await client.call(op.addWatch, { path: '/a', mode: 1 })
    await create(writer, '/a')
    await create(writer, '/a/b')
    await create(writer, '/ab')
    await writer.call(op.setData, { path: '/a/b', data: null, version: -1 })
    await writer.call(op.delete, { path: '/a/b', version: -1 })
    await client.settle(op.ping)
    expect(shown(client.events)).to.deep.equal([
      [CREATED, '/a'],
      [CREATED, '/a/b'],
      [CHANGED, '/a/b'],
      [DELETED, '/a/b'],
    ])
  })

  it('of the persistent kind stay, on the data and the children of the path', async () => {
    await using server = await TestServer.start()
    const [client, writer] = await pair(server)
    await client.call(op.addWatch, { path: '/a', mode: 0 })
    await create(writer, '/a')
    await create(writer, '/a/b')
    await create(writer, '/a/c')
    await client.settle(op.ping)
    expect(shown(client.events)).to.deep.equal([
      [CREATED, '/a'],
      [CHILDREN, '/a'],
      [CHILDREN, '/a'],
    ])
  })

  it('carry the zxid of the change only from 3.9 on', async () => {
    const zxids: bigint[] = []
    for (const version of ['3.8', '3.9'] as const) {
      await using server = await TestServer.start({ version })
      using client = await RawClient.open(server)
      await create(client, '/a')
      await client.call(op.getData, { path: '/a', watch: true })
      const { zxid } = await client.ask(op.delete, { path: '/a', version: -1 })
      zxids.push(zxid - client.events[0]!.zxid)
    }
    expect(zxids).to.deep.equal([4n, 0n])
  })

  it('of several kinds exist on one path from 3.9 on; before, the last one replaces the others', async () => {
    const kinds: unknown[] = []
    for (const version of ['3.8', '3.9'] as const) {
      await using server = await TestServer.start({ version })
      using client = await RawClient.open(server)
      await client.call(op.addWatch, { path: '/', mode: 1 })
      await client.call(op.getData, { path: '/', watch: true })
      kinds.push(server.watches().map(({ kind }) => kind))
    }
    expect(kinds).to.deep.equal([['data'], ['data', 'recursive']])
  })

  it('are removed by type', async () => {
    await using server = await TestServer.start()
    using client = await RawClient.open(server)
    await client.call(op.getData, { path: '/', watch: true })
    await client.call(op.getChildren, { path: '/', watch: true })
    await client.call(op.addWatch, { path: '/', mode: 0 })
    const remove = async (type: number): Promise<number> =>
      (await client.ask(op.removeWatches, { path: '/', type })).err
    expect(await remove(1)).to.equal(0)
    expect(await remove(1)).to.equal(-121)
    expect(server.watches().map(({ kind }) => kind)).to.deep.equal(['data', 'persistent'])
    expect(await remove(4)).to.equal(0)
    expect(await remove(5)).to.equal(-121)
    expect(await remove(6)).to.equal(-5)
    expect(await remove(3)).to.equal(0)
    expect(server.watches()).to.deep.equal([])
  })

  it('end with their connection', async () => {
    await using server = await TestServer.start()
    using client = await RawClient.open(server)
    await client.call(op.getData, { path: '/', watch: true })
    server.dropConnections()
    expect(server.watches()).to.deep.equal([])
  })

  it('fire only for znodes that their client may read', async () => {
    await using server = await TestServer.start()
    const [client, writer] = await pair(server)
    await client.call(op.addWatch, { path: '/', mode: 1 })
    await create(writer, '/hidden', { acl: [{ perms: 30, id: OPEN[0]!.id }] })
    await create(writer, '/shown')
    await client.settle(op.ping)
    expect(shown(client.events)).to.deep.equal([[CREATED, '/shown']])
  })

  it('of a SetWatches fire for missed changes, before the reply, and the others are armed', async () => {
    await using server = await TestServer.start()
    const [writer, client] = await pair(server)
    for (const path of ['/same', '/changed', '/gone', '/parent']) await create(writer, path)
    const { zxid } = await writer.ask(op.ping, null)
    await writer.call(op.setData, { path: '/changed', data: null, version: -1 })
    await writer.call(op.delete, { path: '/gone', version: -1 })
    await create(writer, '/parent/child')
    await create(writer, '/new')
    const xid = client.post(op.setWatches2, {
      relativeZxid: zxid,
      dataWatches: ['/same', '/changed', '/gone'],
      existWatches: ['/new', '/never'],
      childWatches: ['/same', '/parent', '/gone'],
      persistentWatches: ['/changed'],
      persistentRecursiveWatches: ['/parent'],
    })
    await client.until(() => client.answers.length > 0)
    expect(client.frames.at(-1)).to.have.property('answer').that.includes({ xid, err: 0 })
    expect(shown(client.events)).to.deep.equal([
      [CHANGED, '/changed'],
      [DELETED, '/gone'],
      [CREATED, '/new'],
      [CHILDREN, '/parent'],
      [DELETED, '/gone'],
    ])
    expect(client.events.every(event => event.zxid === -1n)).to.equal(true)
    expect(server.watches().map(({ path, kind }) => `${kind} ${path}`)).to.have.members([
      'data /same',
      'data /never',
      'child /same',
      'persistent /changed',
      'recursive /parent',
    ])
  })
})
