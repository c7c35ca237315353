import { requestChannel } from '@zookit/connection'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import {
  type ACL,
  acl,
  connect,
  creatorAllAcl,
  type DataNode,
  digestId,
  openAcl,
  readOnlyAcl,
  type Stat,
  type WriteOperation,
  type ZooKeeper,
  type ZooKeeperError,
} from '../src/index.ts'
import type { TreeRead } from '../src/read-tree.ts'
import { walk } from '../src/walk.ts'
import { describeTargets, failureOf, SUPER } from './support/targets.ts'

/** Creates znodes, each with its own path as its data. */
async function plant(zk: ZooKeeper, ...paths: string[]): Promise<void> {
  await Promise.all(paths.map(path => zk.create(path, path)))
}

async function pathsOf(zk: ZooKeeper, ...args: Parameters<ZooKeeper['walk']>): Promise<string[]> {
  const paths: string[] = []
  for await (const { path } of zk.walk(...args)) paths.push(path)
  return paths
}

describeTargets('walk', target => {
  it('visits a tree depth first, parents before or after their children, names in order', async () => {
    const zk = await target.freshClient()
    await plant(zk, '/t', '/t/b', '/t/a', '/t/a/2', '/t/a/1', '/t/c', '/t/b/x', '/t/b/x/y', '/tt')
    const pre = ['/t', '/t/a', '/t/a/1', '/t/a/2', '/t/b', '/t/b/x', '/t/b/x/y', '/t/c']
    const post = ['/t/a/1', '/t/a/2', '/t/a', '/t/b/x/y', '/t/b/x', '/t/b', '/t/c', '/t']
    for (const concurrency of [1, 2, 100]) {
      expect(await pathsOf(zk, '/t', { concurrency })).to.deep.equal(pre)
      expect(await pathsOf(zk, '/t', { concurrency, order: 'post' })).to.deep.equal(post)
    }
    expect(await pathsOf(zk, '/')).to.deep.equal(['/', ...pre, '/tt'])
    for await (const { path, stat } of zk.walk('/t')) expect(stat).to.deep.equal(await zk.exists(path))
  })

  it('rejects where there is no znode, and leaves out znodes that are deleted meanwhile', async () => {
    const zk = await target.freshClient()
    expect(await failureOf(pathsOf(zk, '/t'))).to.include({ code: 'NO_NODE', path: '/t' })
    await plant(zk, '/t', '/t/a', '/t/b', '/t/c')
    const seen: string[] = []
    for await (const { path } of zk.walk('/t', { concurrency: 1 })) {
      seen.push(path)
      if (path === '/t/a') await zk.delete('/t/b')
    }
    expect(seen).to.deep.equal(['/t', '/t/a', '/t/c'])
  })

  it('can be stopped at any time', async () => {
    const zk = await target.freshClient()
    await plant(zk, '/t', ...Array.from({ length: 50 }, (_, index) => `/t/${index}`))
    for await (const { path } of zk.walk('/t')) if (path === '/t/10') break
    const controller = new AbortController()
    const walk = zk.walk('/t', { signal: controller.signal })
    await walk.next()
    controller.abort()
    expect((await failureOf(drain(walk))).code).to.equal('ABORTED')
  })

  it('visits the znodes before the first one that must not be listed', async () => {
    const zk = await target.freshClient()
    await plant(zk, '/t', ...Array.from({ length: 9 }, (_, index) => `/t/${index}`))
    const unread = [{ perms: 30, id: { scheme: 'world', id: 'anyone' } }]
    for (const path of ['/t/5', '/t/7']) await zk.setAcl(path, unread)
    const seen: string[] = []
    const walk = async () => {
      for await (const { path } of zk.walk('/t')) {
        seen.push(path)
        if (path === '/t/2') await zk.delete('/t/3')
      }
    }
    expect(await failureOf(walk())).to.include({ code: 'NO_AUTH', path: '/t/5' })
    expect(seen).to.deep.equal(['/t', '/t/0', '/t/1', '/t/2', '/t/4'])
    const denied: [path: string, code: string][] = []
    const rest: string[] = []
    const onDenied = (path: string, { code }: ZooKeeperError) => void denied.push([path, code])
    for await (const { path } of zk.walk('/t', { onDenied })) rest.push(path)
    expect(rest).to.deep.equal(['/t', '/t/0', '/t/1', '/t/2', '/t/4', '/t/6', '/t/8'])
    expect(denied).to.deep.equal([
      ['/t/5', 'NO_AUTH'],
      ['/t/7', 'NO_AUTH'],
    ])
    expect(await failureOf(drain(zk.walk('/t/5', { onDenied })))).to.include({ path: '/t/5' })
    for (const path of ['/t/5', '/t/7']) await zk.setAcl(path, openAcl)
  })

  it('reads data on request, of the same moment as the Stat, and then lists the znodes with children alone', async () => {
    const zk = await target.freshClient()
    await plant(zk, '/t', '/t/a', '/t/a/1', '/t/b', '/t/c')
    await zk.setData('/t/b', null)
    const sent: string[] = []
    const onStart = (message: unknown): void => {
      const { operation, path } = message as { operation: string; path: string }
      sent.push(`${operation} ${path}`)
    }
    const nodes: DataNode[] = []
    requestChannel.subscribe({ start: onStart } as never)
    try {
      for await (const node of zk.walk('/t', { data: true, order: 'post' })) nodes.push(node)
    } finally {
      requestChannel.unsubscribe({ start: onStart } as never)
    }
    expect(nodes.map(({ path, data }) => [path, data && String(data)])).to.deep.equal([
      ['/t/a/1', '/t/a/1'],
      ['/t/a', '/t/a'],
      ['/t/b', null],
      ['/t/c', '/t/c'],
      ['/t', '/t'],
    ])
    for (const { path, stat } of nodes) expect(stat).to.deep.equal(await zk.exists(path))
    const reads = ['/t', '/t/a', '/t/a/1', '/t/b', '/t/c'].map(path => `getData ${path}`)
    expect(sent.sort()).to.deep.equal(['getChildren /t', 'getChildren /t/a', ...reads].sort())
  })

  it('passes over what must not be read with its data, too', async () => {
    const zk = await target.freshClient()
    await plant(zk, '/t', ...Array.from({ length: 9 }, (_, index) => `/t/${index}`), '/t/6/x')
    await zk.setAcl('/t/5', [{ perms: 30, id: { scheme: 'world', id: 'anyone' } }])
    const denied: string[] = []
    const seen: string[] = []
    for await (const { path, data } of zk.walk('/t', { data: true, onDenied: path => denied.push(path) })) {
      expect(String(data)).to.equal(path)
      seen.push(path)
      if (path === '/t/2') await zk.delete('/t/3')
    }
    const there = [0, 1, 2, 4, 6].map(index => `/t/${index}`)
    expect(seen).to.deep.equal(['/t', ...there, '/t/6/x', '/t/7', '/t/8'])
    expect(denied).to.deep.equal(['/t/5'])
    await zk.setAcl('/t/5', openAcl)
  })
})

describe('A walk', () => {
  /** Walks a tree that is made as it is read. @returns the most znodes and bytes that were read before their turn. */
  async function mostHeld(childrenOf: (depth: number) => number, size = 10): Promise<[number, number]> {
    const stat = { numChildren: 1 } as Stat
    const data = Buffer.alloc(size)
    const held = new Map<string, number>()
    const one = async (path: string): Promise<TreeRead> => {
      const count = childrenOf(path.split('/').length - 2)
      held.set(path, size + count * 64)
      return { children: Array.from({ length: count }, (_, index) => String(index)), stat, data }
    }
    const many = (paths: readonly string[]) => Promise.all(paths.map(one))
    let [visited, znodes, bytes] = [0, 0, 0]
    for await (const { path } of walk(() => ({ one, many }), '/t', { data: true })) {
      znodes = Math.max(znodes, held.size)
      bytes = Math.max(
        bytes,
        [...held.values()].reduce((sum, each) => sum + each, 0),
      )
      held.delete(path)
      if (++visited === 5000) break
    }
    return [znodes, bytes]
  }

  it('reads up to 1024 small znodes before their turn', async () => {
    const [znodes] = await mostHeld(depth => (depth === 0 ? 5000 : 0))
    expect(znodes).to.be.within(900, 1025)
  })

  it('reads fewer where they have many children, also behind many that have none, or much data', async () => {
    const [, names] = await mostHeld(depth => (depth < 2 ? 1500 : 0))
    expect(names).to.be.below(6_000_000)
    const [znodes, data] = await mostHeld(depth => (depth === 0 ? 2000 : 0), 50_000)
    expect(znodes).to.be.within(60, 120)
    expect(data).to.be.below(6_000_000)
    expect((await mostHeld(depth => (depth === 0 ? 200 : 0), 1_000_000))[0]).to.be.within(30, 33)
  })
})

async function drain(iterable: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of iterable);
}

describeTargets('removeTree', target => {
  it('deletes a znode and all below it, and nothing else', async () => {
    const zk = await target.freshClient()
    await plant(zk, '/t', '/t/a', '/t/a/1', '/t/a/1/x', '/t/b', '/tt')
    await zk.create('/t/e', null, { mode: 'ephemeral' })
    expect(await zk.removeTree('/t')).to.equal(6)
    expect((await zk.getChildren('/')).children).to.deep.equal(['tt'])
    expect(await zk.removeTree('/t')).to.equal(0)
  })

  it('deletes a thousand znodes', async () => {
    const zk = await target.freshClient()
    const names = Array.from({ length: 30 }, (_, index) => `/t/${index}`)
    await plant(zk, '/t', ...names, ...names.flatMap(name => names.map(other => `${name}${other.slice(2)}`)))
    expect(await zk.removeTree('/t', { concurrency: 100 })).to.equal(931)
    expect(await zk.exists('/t')).to.equal(null)
  })

  it('deletes the rest where others have deleted a part in the meantime, and counts its own', async () => {
    const zk = await target.freshClient()
    const names = Array.from({ length: 300 }, (_, index) => `/t/${index}`)
    await plant(zk, '/t', ...names)
    const multi = zk.multi.bind(zk)
    const taken = ['/t/7', '/t/150', '/t/151']
    let sent = 0
    const deletions: Promise<void>[] = []
    zk.multi = ((writes: readonly WriteOperation[], options: object) => {
      if (sent++ === 0) deletions.push(...taken.map(path => zk.delete(path)))
      return multi(writes, options)
    }) as typeof zk.multi
    expect(await zk.removeTree('/t')).to.equal(298)
    expect(sent).to.equal(3)
    await Promise.all(deletions)
    expect(await zk.exists('/t')).to.equal(null)
  })

  it('says NOT_EMPTY where somebody creates a znode meanwhile', async () => {
    const zk = await target.freshClient()
    await plant(zk, '/t', '/t/a', '/t/b')
    const multi = zk.multi.bind(zk)
    zk.multi = (async (writes: readonly WriteOperation[], options: object) => {
      await zk.create('/t/new')
      return multi(writes, options)
    }) as typeof zk.multi
    const error = await failureOf(zk.removeTree('/t'))
    expect(error).to.include({ code: 'NOT_EMPTY', path: '/t', outcome: 'unknown' })
    expect((await zk.getChildren('/t')).children).to.deep.equal(['new'])
  })

  it('fails with the reason', async () => {
    const zk = await target.freshClient()
    await plant(zk, '/t', '/t/a', '/t/a/1')
    await zk.setAcl('/t/a', readOnlyAcl)
    expect(await failureOf(zk.removeTree('/t'))).to.include({ code: 'NO_AUTH', path: '/t/a/1' })
    expect(await zk.exists('/t/a/1')).not.to.equal(null)
  })
})

describeTargets('copyTree', target => {
  it('copies a znode and all below it, data and ACLs, but no ephemeral znodes', async () => {
    const zk = await target.freshClient()
    await plant(zk, '/t', '/t/a', '/t/a/1', '/t/b', '/to')
    await zk.create('/t/e', null, { mode: 'ephemeral' })
    await zk.setAcl('/t/a/1', readOnlyAcl)
    await zk.create('/t/null')
    expect(await zk.copyTree('/t', '/to/copy')).to.equal(5)
    const copies = ['/to/copy', '/to/copy/a', '/to/copy/a/1', '/to/copy/b', '/to/copy/null']
    expect(await pathsOf(zk, '/to/copy')).to.deep.equal(copies)
    expect((await zk.getData('/to/copy/a/1')).data?.toString()).to.equal('/t/a/1')
    expect((await zk.getData('/to/copy/null')).data).to.equal(null)
    expect((await zk.getAcl('/to/copy/a/1')).acl).to.deep.equal(readOnlyAcl)
    expect((await zk.getAcl('/to/copy/a')).acl).to.deep.equal(openAcl)
  })

  it('copies large trees in any order of replies', async () => {
    const zk = await target.freshClient()
    const names = Array.from({ length: 20 }, (_, index) => `/t/${index}`)
    await plant(zk, '/t', ...names, ...names.map(name => `${name}/x`), ...names.map(name => `${name}/x/y`))
    for (const concurrency of [1, 7, 100]) {
      expect(await zk.copyTree('/t', `/c${concurrency}`, { concurrency, acl: openAcl })).to.equal(61)
    }
  })

  for (const [who, auth, own] of [
    ['its identity', [{ scheme: 'digest', auth: 'ann:pw' }], acl('cdra', 'auth', '')],
    ['its address, without an identity', [], acl('cdra', 'ip', '127.0.0.1')],
  ] as const) {
    it(`copies below ACLs that let nobody create: until the end, they have an entry for ${who}`, async () => {
      const zk = await target.client(await target.freshPath(), { auth })
      const [writeOnly, ...paths] = ['/t/a', '/t', '/t/a/1', '/t/a/1/x', '/t/leaf', '/t/open', '/t/open/x']
      await plant(zk, '/t', '/t/a', '/t/a/1', '/t/a/1/x', '/t/leaf', '/t/open', '/t/open/x')
      const closed = ['/t/leaf', '/t/a/1/x', '/t/a/1', '/t']
      for (const path of closed) await zk.setAcl(path, readOnlyAcl)
      await zk.setAcl(writeOnly!, [acl('rw', 'world', 'anyone')])
      const interim: [string, readonly ACL[]][] = []
      const onInterim = (path: string, list: readonly ACL[]) => void interim.push([path, list])
      expect(await zk.copyTree('/t', '/c', { onInterim })).to.equal(7)
      for (const path of [writeOnly!, ...paths]) {
        const { acl: expected } = await zk.getAcl(path)
        expect((await zk.getAcl(`/c${path.slice(2)}`)).acl, path).to.deep.equal(expected)
      }
      expect(interim).to.deep.equal([
        ['/c', [...readOnlyAcl, own]],
        ['/c/a', [acl('rw', 'world', 'anyone'), own]],
        ['/c/a/1', [...readOnlyAcl, own]],
      ])
    })
  }

  it('fails without an original, without a parent for the copy, or if the target exists', async () => {
    const zk = await target.freshClient()
    await plant(zk, '/t', '/t/a', '/u')
    expect(await failureOf(zk.copyTree('/nowhere', '/c'))).to.include({ code: 'NO_NODE', path: '/nowhere' })
    expect(await failureOf(zk.copyTree('/t', '/c/d'))).to.include({ code: 'NO_NODE', path: '/c/d' })
    expect(await failureOf(zk.copyTree('/t', '/u'))).to.include({ code: 'NODE_EXISTS', path: '/u' })
    expect((await zk.getChildren('/u')).children).to.deep.equal([])
  })

  it('does not copy an ACL of which it sees a part only', async () => {
    const root = await target.freshPath()
    const owner = await target.client(root, { auth: [{ scheme: 'digest', auth: 'bob:builder' }] })
    const mixed = [acl('r', 'world', 'anyone'), ...creatorAllAcl]
    await owner.create('/t', 'x', { acl: mixed })
    const zk = await target.client(root)
    expect(await failureOf(zk.copyTree('/t', '/c'))).to.include({ code: 'NO_AUTH', path: '/t' })
    expect(await zk.exists('/c')).to.equal(null)
    expect(await zk.copyTree('/t', '/c', { acl: openAcl })).to.equal(1)
    const wizard = await target.client(root, { auth: [{ scheme: 'digest', auth: SUPER }] })
    expect(await wizard.copyTree('/t', '/d')).to.equal(1)
    const { acl: copied } = await wizard.getAcl('/d')
    expect(copied).to.deep.include(acl('cdrwa', 'digest', digestId('bob', 'builder')))
  })
})

describeTargets('ensurePath', target => {
  it('creates the missing znodes of a path and leaves existing ones as they are', async () => {
    const zk = await target.freshClient()
    await zk.ensurePath('/a/b/c')
    await zk.setData('/a/b', 'kept')
    await zk.ensurePath('/a/b/c/d')
    await zk.ensurePath('/a/b')
    await zk.ensurePath('/')
    expect(await pathsOf(zk, '/a')).to.deep.equal(['/a', '/a/b', '/a/b/c', '/a/b/c/d'])
    expect((await zk.getData('/a/b')).data?.toString()).to.equal('kept')
  })

  it('creates znodes with the ACL and the mode of its options', async () => {
    const zk = await target.freshClient()
    await zk.ensurePath('/a/b', { acl: readOnlyAcl }).then(
      () => expect.fail('a znode without CREATE takes no children'),
      error => expect(error.code).to.equal('NO_AUTH'),
    )
    expect((await zk.getAcl('/a')).acl).to.deep.equal(readOnlyAcl)
    await zk.ensurePath('/box', { mode: 'container' })
    await zk.create('/box/x')
    await zk.delete('/box/x')
    while ((await zk.exists('/box')) !== null) await new Promise(resolve => setTimeout(resolve, 20))
  })

  it('works for many callers at a time', async () => {
    const zk = await target.freshClient()
    const other = await target.client()
    await Promise.all(Array.from({ length: 20 }, () => zk.ensurePath('/a/b/c')))
    await Promise.all([other.exists('/'), zk.ensurePath('/a/b/c')])
    expect(await zk.exists('/a/b/c')).not.to.equal(null)
  })

  it('fails below an ephemeral znode', async () => {
    const zk = await target.freshClient()
    await zk.create('/e', null, { mode: 'ephemeral' })
    expect((await failureOf(zk.ensurePath('/e/x/y'))).code).to.equal('NO_CHILDREN_FOR_EPHEMERALS')
  })
})

describe('ensurePath on a server that misbehaves', () => {
  it('creates a znode that was deleted after the first look', async () => {
    await using server = await TestServer.start({ seed: { a: { b: '' } } })
    await using zk = await connect(server.hosts)
    await using other = await connect(server.hosts)
    const before = server.requests().length
    // /a/b exists at the first look and is deleted before its child is created.
    server.holdNextReply(
      ({ operation, body }) => operation === 'exists' && (body as { path: string }).path === '/a/b/c',
    )
    const ensured = zk.ensurePath('/a/b/c')
    while (server.requests().length < before + 3) await new Promise(resolve => setImmediate(resolve))
    void other.delete('/a/b')
    while (server.requests().at(-1)?.operation !== 'delete')
      await new Promise(resolve => setImmediate(resolve))
    server.releaseReplies()
    await ensured
    expect(await zk.exists('/a/b/c')).not.to.equal(null)
  })

  it('counts a znode that it must not read as existing', async () => {
    await using server = await TestServer.start({ seed: { a: {} } })
    await using zk = await connect(server.hosts)
    await zk.setAcl('/a', [acl('c', 'world', 'anyone')])
    await zk.ensurePath('/a/b')
    expect(server.requests().filter(({ operation }) => operation === 'create')).to.have.length(1)
  })

  it('tries once to create a znode that is refused', async () => {
    await using server = await TestServer.start({ seed: { a: {} } })
    await using zk = await connect(server.hosts)
    await zk.setAcl('/a', readOnlyAcl)
    expect((await failureOf(zk.ensurePath('/a/b'))).code).to.equal('NO_AUTH')
    expect(server.requests().filter(({ operation }) => operation === 'create')).to.have.length(1)
  })
})
