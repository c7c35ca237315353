import { acl, connect, type ZooKeeper } from '@zookit/client'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { type Opened, openConsole } from './support/opened.ts'
import { describeServers } from './support/servers.ts'

const base64 = (text: string): string => Buffer.from(text).toString('base64')
const at = (path: string): string => encodeURIComponent(path)

describeServers('The console', hosts => {
  let opened: Opened
  let zk: ZooKeeper
  let root: string
  let count = 0
  before(async () => {
    opened = await openConsole(hosts(), { write: true })
    zk = opened.zk
  })
  after(() => opened[Symbol.asyncDispose]())
  beforeEach(async () => {
    root = `/test-${count++}`
    await zk.create(root, 'v0')
  })
  const write = (request: object) => opened.post('/api/write', request)

  it('shows data as it is, the Stat, the ACL in words and the mark of an ephemeral', async () => {
    const bytes = Buffer.from([0, 0xff, 0xfe, 0x3c])
    await zk.create(`${root}/e`, bytes, {
      mode: 'ephemeral',
      acl: [acl('r', 'world', 'anyone'), acl('cdrwa', 'ip', '127.0.0.1')],
    })
    const { body } = await opened.get(`/api/znode?path=${at(`${root}/e`)}`)
    expect(Buffer.from(body.data, 'base64')).to.deep.equal(bytes)
    expect(body.stat).to.include({
      version: 0,
      dataLength: 4,
      owner: `0x${BigInt.asUintN(64, zk.session.id).toString(16)}`,
    })
    expect(body.acl.map(({ words }: { words: string }) => words)).to.deep.equal([
      'Everybody may read.',
      'Clients at the address 127.0.0.1 may do everything.',
    ])
  })

  it('tells what does not exist, and refuses an invalid path', async () => {
    expect(await opened.get('/api/znode?path=/none')).to.have.nested.property('body.code', 'NO_NODE')
    expect((await opened.get('/api/znode?path=none')).status).to.equal(400)
    expect((await opened.get('/api/children')).status).to.equal(400)
  })

  it('streams what changes below the znodes that a page shows, and below the one that it describes', async () => {
    const stream = await opened.stream()
    await stream.next('live', ({ live }) => live === 'watch')
    await stream.show({ folders: ['/', root], znode: `${root}/a` })
    await zk.create(`${root}/a`, 'x')
    await stream.next('changes', ({ changes }) =>
      changes.some(([path, kind]) => path === `${root}/a` && kind === 'created'),
    )
    await zk.create(`${root}/a/b`)
    await stream.next('changes', ({ changes }) =>
      changes.some(([path, kind]) => path === `${root}/a` && kind === 'below'),
    )
    await zk.setData(`${root}/a`, 'y')
    await stream.next('changes', ({ changes }) =>
      changes.some(([path, kind]) => path === `${root}/a` && kind === 'changed'),
    )
    await zk.delete(`${root}/a/b`)
    await zk.delete(`${root}/a`)
    await stream.next('changes', ({ changes }) =>
      changes.some(([path, kind]) => path === `${root}/a` && kind === 'deleted'),
    )
    await stream.close()
  })

  it('uses one session and one watch for all pages', async () => {
    const streams = await Promise.all(Array.from({ length: 4 }, () => opened.stream()))
    const sessions = new Set(
      streams.flatMap(({ messages }) =>
        messages.map(each => (each.type === 'hello' ? each.connection.session : null)),
      ),
    )
    sessions.delete(null)
    expect([...sessions]).to.deep.equal([`0x${BigInt.asUintN(64, zk.session.id).toString(16)}`])
    for (const stream of streams) await stream.close()
  })

  it('writes on the condition that nobody else has, and answers a conflict without writing', async () => {
    expect(await write({ do: 'set', path: root, data: base64('v1'), version: 0 })).to.have.property(
      'status',
      200,
    )
    const late = await write({ do: 'set', path: root, data: base64('v2'), version: 0 })
    expect([late.status, late.body.code]).to.deep.equal([409, 'BAD_VERSION'])
    expect(String((await zk.getData(root)).data)).to.equal('v1')
    for (const version of [-1, undefined, '1'])
      expect(
        (await write({ do: 'set', path: root, data: base64('v3'), version })).status,
        String(version),
      ).to.equal(400)
  })

  it('creates, and says the name that the server has made', async () => {
    const { body } = await write({
      do: 'create',
      path: `${root}/job-`,
      data: base64('x'),
      mode: 'persistent-sequential',
    })
    expect(body.path).to.equal(`${root}/job-0000000000`)
    expect((await write({ do: 'create', path: `${root}/e`, data: '', mode: 'ephemeral' })).status).to.equal(
      400,
    )
  })

  it('marks what it has created as a container, until something else has its path', async () => {
    const path = `${root}/c`
    const mode = async () => (await opened.get(`/api/znode?path=${path}`)).body.mode
    await write({ do: 'create', path, data: '', mode: 'container' })
    expect(await mode()).to.equal('container')
    await zk.delete(path)
    await write({ do: 'create', path, data: '', mode: 'persistent' })
    expect(await mode()).to.equal(null)
  })

  it('deletes a tree only when its name was typed, and never ZooKeeper’s own', async () => {
    await zk.create(`${root}/a`)
    const name = root.slice(1)
    expect((await write({ do: 'delete-tree', path: root, confirm: 'x' })).status).to.equal(400)
    expect((await write({ do: 'delete-tree', path: '/', confirm: '/' })).status).to.equal(400)
    expect((await write({ do: 'delete-tree', path: '/zookeeper', confirm: 'zookeeper' })).status).to.equal(
      400,
    )
    expect((await write({ do: 'delete', path: root, version: 0 })).body.code).to.equal('NOT_EMPTY')
    expect((await write({ do: 'delete-tree', path: root, confirm: name })).status).to.equal(200)
    expect(await zk.exists(root)).to.equal(null)
  })

  it('changes an ACL, and keeps the password of a user that the page has not seen', async () => {
    await zk.setAcl(root, [
      acl('r', 'world', 'anyone'),
      acl('cdrwa', 'ip', '127.0.0.1'),
      acl('r', 'digest', 'bob:HASH'),
    ])
    const { body } = await opened.get(`/api/znode?path=${root}`)
    expect(JSON.stringify(body.acl)).to.contain('bob').and.not.contain('HASH')
    const text = 'world:anyone:r\nip:127.0.0.1:cdrwa\ndigest:bob:rw'
    expect((await write({ do: 'acl', path: root, acl: text, version: 1 })).status).to.equal(200)
    const { acl: entries } = await zk.getAcl(root)
    expect(entries.at(-1)).to.deep.include({ id: { scheme: 'digest', id: 'bob:HASH' } })
    expect((await write({ do: 'acl', path: root, acl: 'digest:eve:r', version: 2 })).status).to.equal(400)
    expect((await write({ do: 'acl', path: root, acl: text, version: 0 })).status).to.equal(409)
  })

  it('sets a quota, shows it with its usage on what is below, and takes it away', async () => {
    await zk.create(`${root}/a`)
    expect((await write({ do: 'quota', path: root, limits: { count: 5 } })).status).to.equal(200)
    const { body } = await opened.get(`/api/znode?path=${root}/a`)
    expect(body.quota.path).to.equal(root)
    expect(body.quota.limits).to.include({ count: 5, bytes: null })
    expect((await write({ do: 'quota', path: root, limits: null })).status).to.equal(200)
    expect((await opened.get(`/api/znode?path=${root}`)).body.quota).to.equal(null)
    expect((await write({ do: 'quota', path: root, limits: { count: -3 } })).status).to.equal(400)
  })

  it('exports a tree and imports it elsewhere, bytes and all; what differs is left alone', async () => {
    await zk.create(`${root}/a`, Buffer.from([0xff, 0x00]))
    await zk.create(`${root}/b`, 'text', { acl: [acl('rda', 'world', 'anyone')] })
    const lines = await (await opened.fetch(`/api/export?path=${root}`)).text()
    const confirm = `${root.slice(1)}-copy`
    const path = `/${confirm}`
    const first = await write({ do: 'import', path, lines, confirm, overwrite: false })
    expect(first.body.message).to.contain('3 created')
    expect((await zk.getData(`${path}/a`)).data).to.deep.equal(Buffer.from([0xff, 0x00]))
    expect((await zk.getAcl(`${path}/b`)).acl[0]!.perms).to.equal(1 + 8 + 16)
    await zk.setData(`${path}/a`, 'mine')
    const second = await write({ do: 'import', path, lines, confirm, overwrite: false })
    expect(second.body.message).to.contain('2 unchanged, 1 conflict left alone')
    expect(
      (await write({ do: 'import', path, lines: 'no json', confirm, overwrite: false })).body.message,
    ).to.contain('line 1')
    expect((await write({ do: 'import', path, lines, confirm: 'other', overwrite: true })).status).to.equal(
      400,
    )
  })

  it('imports below an ACL that lets nobody create, and goes on with such an import that was cut off', async () => {
    const readOnly = [acl('r', 'world', 'anyone')]
    for (const path of ['/a', '/a/b']) await zk.create(`${root}${path}`, path)
    for (const path of ['/a', '']) await zk.setAcl(`${root}${path}`, readOnly)
    const lines = await (await opened.fetch(`/api/export?path=${root}`)).text()
    const confirm = `${root.slice(1)}-locked`
    const path = `/${confirm}`
    // As an import leaves it that is cut off behind its first znode.
    const { data } = await zk.getData(root)
    await zk.create(path, data, { acl: [...readOnly, acl('cdra', 'ip', '127.0.0.1')] })
    const { body } = await write({ do: 'import', path, lines, confirm, overwrite: false })
    expect(body.message).to.contain('2 created').and.contain('1 unchanged')
    for (const each of ['', '/a']) expect((await zk.getAcl(`${path}${each}`)).acl).to.deep.equal(readOnly)
    expect(String((await zk.getData(`${path}/a/b`)).data)).to.equal('/a/b')
  })

  it('checks the whole file of an import before it writes anything', async () => {
    const good = JSON.stringify({ path: '/a' })
    const { length } = opened.lines
    for (const bad of [
      { path: '/b' },
      { path: '/a' },
      { path: '/a/../b' },
      { path: '/a//b' },
      { path: '/a/b', data: 5 },
      { path: '/a/b', base64: '!' },
      { path: '/a/b', data: 'x', base64: 'eA==' },
      { path: '/a/b', dat: 'x' },
      { path: '/a/b', acl: [] },
      { path: '/a/b', acl: {} },
      { path: '/a/b', acl: [{ scheme: 'world', id: 'anyone', perms: 'q' }] },
      null,
    ]) {
      const name = `${root.slice(1)}-bad`
      const lines = `${good}\n\n${JSON.stringify(bad)}`
      const { status, body } = await write({
        do: 'import',
        path: `/${name}`,
        lines,
        confirm: name,
        overwrite: true,
      })
      expect(status).to.equal(400)
      expect(body.message, JSON.stringify(bad)).to.contain('line 3 ')
      expect(await zk.exists(`/${name}`), JSON.stringify(bad)).to.equal(null)
    }
    expect(opened.lines).to.have.length(length + 12)
  })

  it('says of an import that ends in its middle that a part of it was written', async () => {
    const lines = [
      { path: '/a' },
      { path: '/a/b' },
      { path: '/a/c', acl: [{ scheme: 'nope', id: 'x', perms: 'r' }] },
    ].map(line => JSON.stringify(line))
    const confirm = `${root.slice(1)}-part`
    const request = { do: 'import', path: `/${confirm}`, confirm, overwrite: false }
    const { body } = await write({ ...request, lines: lines.join('\n') })
    expect(body.message).to.contain('INVALID_ACL').and.contain('earlier steps')
    expect(opened.lines.at(-1)).to.contain('"INVALID_ACL, unknown"')
    expect(await zk.exists(`/${confirm}/b`)).to.not.equal(null)
    await write({ ...request, path: `/${confirm}/c`, confirm: 'c', lines: lines[2] })
    expect(opened.lines.at(-1)).to.contain('"INVALID_ACL, rejected"')
  })

  it('sees no quotas from within a chroot, and sets none there', async () => {
    await zk.ensurePath(`${root}/zookeeper/quota/a`)
    await zk.create(`${root}/a`)
    await zk.create(`${root}/zookeeper/quota/a/zookeeper_limits`, 'count=1,bytes=-1')
    await write({ do: 'quota', path: root, limits: { count: 50 } })
    await using inside = await openConsole(`${hosts()}${root}`, { write: true })
    const { body } = await inside.get('/api/znode?path=/a')
    expect(body.quota).to.equal(null)
    expect(body.quotaError).to.contain('outside of the chroot')
    for (const limits of [{ count: 7 }, null]) {
      const answer = await inside.post('/api/write', { do: 'quota', path: '/a', limits })
      expect(answer.status).to.equal(400)
      expect(answer.body.message).to.contain('outside of the chroot')
    }
    expect(String((await zk.getData(`${root}/zookeeper/quota/a/zookeeper_limits`)).data)).to.contain(
      'count=1,',
    )
    const outside = await opened.get(`/api/znode?path=${root}/a`)
    expect(outside.body.quota.limits.count).to.equal(50)
    expect(outside.body.quotaError).to.equal(null)
    await write({ do: 'quota', path: root, limits: null })
  })

  it('logs every write with its outcome, in one line whatever the path is', async () => {
    const before = opened.lines.length
    await write({ do: 'set', path: root, data: base64('v1'), version: 0 })
    await write({ do: 'set', path: root, data: base64('v2'), version: 0 })
    await write({ do: 'delete', path: '/a\n2026 write "forged"', version: 0 })
    const lines = opened.lines.slice(before)
    expect(lines).to.have.length(3)
    expect(lines[0]).to.contain(`"set" "${root}" version 0: "changed to version 1"`)
    expect(lines[1]).to.contain('BAD_VERSION, rejected')
    expect(lines[2]).to.not.contain('\n')
    expect((await opened.get('/api/log')).body.lines.slice(-3)).to.deep.equal(lines)
  })

  it('changes nothing unless it was made to write, and logs that it was asked', async () => {
    await using readOnly = await openConsole(hosts())
    const { status, body } = await readOnly.post('/api/write', { do: 'delete', path: root, version: 0 })
    expect([status, body.code]).to.deep.equal([403, 'READ_ONLY'])
    expect(await zk.exists(root)).to.not.equal(null)
    expect(readOnly.lines).to.have.length(1)
  })
})

describe('The console on servers of other kinds', () => {
  it('polls where there are no recursive watches, and says so', async function () {
    this.timeout(60_000)
    await using server = await TestServer.start({ version: '3.5' })
    await using opened = await openConsole(server.hosts)
    await using other = await connect(server.hosts)
    const stream = await opened.stream()
    const { note } = await stream.next('live', ({ live }) => live === 'polling')
    expect(note).to.contain('read again every two seconds')
    await stream.show({ folders: ['/'], znode: '/a' })
    // The poller sees a difference to what it has read before.
    for (let i = 0; !stream.messages.some(each => each.type === 'changes'); i++) {
      await other.create(`/a-${i}`)
      await new Promise(resolve => setTimeout(resolve, 100))
    }
    await stream.close()
  })

  it('polls the other znodes where one cannot be listed, and one that comes into being', async function () {
    this.timeout(60_000)
    await using server = await TestServer.start({ version: '3.5', seed: { locked: '', open: '' } })
    await using opened = await openConsole(server.hosts)
    await using other = await connect(server.hosts, { auth: [{ scheme: 'digest', auth: 'a:b' }] })
    await other.setAcl('/locked', [acl('cdrwa', 'auth', '')])
    const stream = await opened.stream()
    await stream.next('live', ({ live }) => live === 'polling')
    await stream.show({ folders: ['/locked', '/open'], znode: '/later' })
    await stream.next('resync', ({ reason }) => reason === 'watching')
    await other.create('/open/a')
    await stream.next('changes', ({ changes }) => changes.some(([path]) => path === '/open/a'))
    await other.create('/later')
    await stream.next('changes', ({ changes }) => changes.some(([path]) => path === '/later'))
    await stream.close()
  })

  it('shows a lost connection, and that everything is read again after it', async () => {
    await using server = await TestServer.start()
    await using opened = await openConsole(server.hosts)
    const stream = await opened.stream()
    await stream.next('live', ({ live }) => live === 'watch')
    server.dropConnections()
    await stream.next('state', ({ connection }) => connection.state === 'suspended')
    await stream.next('resync', ({ reason }) => reason === 'reconnected')
    await stream.close()
  })

  it('logs what becomes of a write that goes on after its answer', async () => {
    await using server = await TestServer.start({ seed: { tree: { a: 'x' } } })
    await using opened = await openConsole(server.hosts, { write: true, patience: 20 })
    const held = server.holdNextReply({ operation: 'multi' })
    const answer = await opened.post('/api/write', { do: 'delete-tree', path: '/tree', confirm: 'tree' })
    expect([answer.status, answer.body.code]).to.deep.equal([503, 'REQUEST_TIMEOUT'])
    expect(opened.lines).to.have.length(1)
    expect(opened.lines[0]).to.contain('goes on after its answer: REQUEST_TIMEOUT, unknown')
    held.cancel()
    server.releaseReplies()
    while (opened.lines.length < 2) await new Promise(resolve => setTimeout(resolve, 5))
    expect(opened.lines[1]).to.contain(
      '"delete-tree" "/tree": "ended after its answer: deleted with all below it"',
    )
    const heldToo = server.holdNextReply({ operation: 'setData' })
    await opened.post('/api/write', { do: 'set', path: '/', data: '', version: 7 })
    heldToo.cancel()
    server.releaseReplies()
    while (opened.lines.length < 4) await new Promise(resolve => setTimeout(resolve, 5))
    expect(opened.lines[3]).to.contain('ended after its answer: BAD_VERSION, rejected')
    expect((await opened.get('/api/log')).body.lines).to.deep.equal(opened.lines)
  })

  it('says that there was more, where more has changed than a message lists', async () => {
    await using server = await TestServer.start()
    await using opened = await openConsole(server.hosts)
    const stream = await opened.stream()
    await stream.next('live', ({ live }) => live === 'watch')
    await stream.show({ folders: ['/'] })
    await Promise.all(Array.from({ length: 3000 }, (_, i) => opened.zk.create(`/many-${i}`)))
    await stream.next('changes', ({ overflow }) => overflow)
    const all = (): number =>
      stream.messages.reduce((sum, each) => sum + (each.type === 'changes' ? each.total : 0), 0)
    while (all() < 3000) await new Promise(resolve => setTimeout(resolve, 10))
    expect(all()).to.equal(3000)
    for (const each of stream.messages)
      if (each.type === 'changes') expect(each.changes.length).to.be.at.most(400)
    await stream.close()
  })
})
