import { requestChannel, Session } from '@zookit/connection'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { connect, type DataNode, openAcl, type WalkOptions, type ZooKeeper } from '../src/index.ts'
import { describeTargets, failureOf } from './support/targets.ts'

const UNREADABLE = [{ perms: 30, id: { scheme: 'world', id: 'anyone' } }]

/** Creates a tree of two levels. @returns its paths in the order of a walk. */
async function plant(zk: ZooKeeper, parents: number, children: number, size = 10): Promise<string[]> {
  const names = (count: number) => Array.from({ length: count }, (_, index) => String(index)).sort()
  const paths = [
    '/t',
    ...names(parents).flatMap(parent => [
      `/t/${parent}`,
      ...names(children).map(name => `/t/${parent}/${name}`),
    ]),
  ]
  await Promise.all(paths.map(path => zk.create(path, Buffer.alloc(size, path))))
  return paths
}

/** Walks, and counts the requests that are sent meanwhile, by operation. */
async function walked(
  zk: ZooKeeper,
  options: WalkOptions = {},
): Promise<{ nodes: DataNode[]; sent: Record<string, number> }> {
  const sent: Record<string, number> = {}
  const onStart = (message: unknown): void => {
    const { operation } = message as { operation: string }
    sent[operation] = (sent[operation] ?? 0) + 1
  }
  const nodes: DataNode[] = []
  requestChannel.subscribe({ start: onStart } as never)
  try {
    for await (const node of zk.walk('/t', options)) nodes.push(node as DataNode)
  } finally {
    requestChannel.unsubscribe({ start: onStart } as never)
  }
  return { nodes, sent }
}

const pathsOf = (nodes: readonly DataNode[]): string[] => nodes.map(({ path }) => path)

function total(sent: Record<string, number>): number {
  return Object.values(sent).reduce((sum, count) => sum + count, 0)
}

describeTargets('A walk of many znodes', target => {
  for (const [parents, children] of [
    [4, 400],
    [300, 4],
  ] as const)
    it(`sends one request for many of them: ${parents} parents of ${children}`, async () => {
      const zk = await target.freshClient()
      const paths = await plant(zk, parents, children)
      const plain = await walked(zk)
      expect(pathsOf(plain.nodes)).to.deep.equal(paths)
      expect(total(plain.sent)).to.be.below(paths.length / 8)
      const whole = await walked(zk, { data: true })
      expect(pathsOf(whole.nodes)).to.deep.equal(paths)
      expect(total(whole.sent)).to.be.below(paths.length / 8)
      const found = await zk.getMany(paths)
      expect(whole.nodes.map(({ data, stat }) => ({ data, stat }))).to.deep.equal(found)
      expect(plain.nodes.map(({ stat }) => stat)).to.deep.equal(found.map(znode => znode!.stat))
      expect(plain.nodes.some(node => 'data' in node)).to.equal(false)
      const post = await walked(zk, { order: 'post' })
      expect(pathsOf(post.nodes).sort()).to.deep.equal([...paths].sort())
      expect(post.nodes.at(-1)!.path).to.equal('/t')
      expect(await zk.removeTree('/t')).to.equal(paths.length)
    })

  it('ends at a level, in both orders', async () => {
    const zk = await target.freshClient()
    const paths = await plant(zk, 40, 3)
    for (const maxDepth of [0, 1, 2, Infinity]) {
      const within = paths.filter(path => path.split('/').length - 2 <= maxDepth)
      expect(pathsOf((await walked(zk, { maxDepth, data: true })).nodes)).to.deep.equal(within)
      const post = pathsOf((await walked(zk, { maxDepth, order: 'post' })).nodes)
      expect(post).to.have.members(within)
      expect(post.at(-1)).to.equal('/t')
    }
    for (const maxDepth of [-1, 0.5, Number.NaN, '1'])
      expect(await failureOf(walked(zk, { maxDepth } as never))).to.include({ code: 'BAD_ARGUMENTS' })
  })

  it('passes over what must not be read, and what is deleted before its turn', async () => {
    const zk = await target.freshClient()
    const paths = await plant(zk, 3, 100)
    for (const path of ['/t/1/5', '/t/2']) await zk.setAcl(path, UNREADABLE)
    const denied: string[] = []
    const { nodes } = await walked(zk, { data: true, onDenied: path => denied.push(path) })
    const readable = paths.filter(path => path !== '/t/1/5' && !path.startsWith('/t/2'))
    expect(pathsOf(nodes)).to.deep.equal(readable)
    expect(denied).to.deep.equal(['/t/1/5', '/t/2'])
    const seen: string[] = []
    const error = await failureOf(
      (async () => {
        for await (const { path } of zk.walk('/t')) seen.push(path)
      })(),
    )
    expect(error).to.include({ code: 'NO_AUTH', path: '/t/1/5' })
    expect(seen).to.deep.equal(paths.slice(0, paths.indexOf('/t/1/5')))
    for (const path of ['/t/1/5', '/t/2']) await zk.setAcl(path, openAcl)
    const rest: string[] = []
    for await (const { path } of zk.walk('/t')) {
      if (path === '/t/0') await zk.removeTree('/t/2')
      rest.push(path)
    }
    expect(rest).to.include('/t/1/99').and.not.include('/t/2/99')
  })

  it('reads no long data that nobody wants', async () => {
    const zk = await target.freshClient()
    const paths = await plant(zk, 1, 60, 20_000)
    const { nodes, sent } = await walked(zk)
    expect(pathsOf(nodes)).to.deep.equal(paths)
    expect(sent.multiRead).to.equal(undefined)
  })

  it('reads one by one what is too long together for the reply or the request', async () => {
    const zk = await target.freshClient({ maxResponseSize: 8000, maxRequestSize: 1000 })
    const paths = await plant(zk, 1, 100, 500)
    const { nodes } = await walked(zk, { data: true })
    expect(pathsOf(nodes)).to.deep.equal(paths)
    expect(nodes.every(({ data }) => data!.length === 500)).to.equal(true)
    expect(pathsOf((await walked(zk)).nodes)).to.deep.equal(paths)
    expect(await zk.removeTree('/t')).to.equal(paths.length)
  })
})

describe('A walk that is connected to an older server in between', () => {
  for (const maxInFlight of [1, 1000])
    it(`sends that one no multiRead, wherever the connection is lost: ${maxInFlight} in flight`, async () => {
      for (let lost = 1; lost <= 8; lost++) {
        await using server = await TestServer.start()
        await using zk = await connect(server.hosts, {
          maxInFlight,
          retryReads: 3,
          backoff: { initial: 1, max: 2 },
        })
        const paths = await plant(zk, 4, 200)
        const { serverRelease } = Session.prototype
        let release = '3.9.5'
        Session.prototype.serverRelease = async () => release
        zk.on('state', () => {
          release = '3.5.10'
        })
        let count = 0
        server.dropNextRequest(({ operation }) => operation === 'multiRead' && ++count === lost)
        try {
          expect(pathsOf((await walked(zk)).nodes)).to.deep.equal(paths)
        } finally {
          Session.prototype.serverRelease = serverRelease
        }
        const sent = server.requests().map(({ operation }) => operation)
        if (count >= lost) expect(sent.slice(sent.lastIndexOf('connect'))).not.to.include('multiRead')
      }
    })
})

describe('A walk whose znodes become long behind short ones', () => {
  const COUNT = 300

  for (const [title, size, isLong] of [
    ['all at once', 100_000, (index: number) => index >= COUNT],
    ['here and there', 900_000, (index: number) => index % 20 === 19],
  ] as const)
    it(`holds no more of them than there is room for: ${title}`, async () => {
      await using server = await TestServer.start()
      await using zk = await connect(server.hosts)
      await zk.create('/t')
      const paths = Array.from({ length: 2 * COUNT }, (_, index) => `/t/${1000 + index}`)
      const data = (index: number) => Buffer.alloc(isLong(index) ? size : 10)
      for (const [index, path] of paths.entries()) await zk.create(path, data(index))
      let answered = 0
      let taken = 0
      let most = 0
      const onAnswer = (message: unknown): void => {
        const { result } = message as { result?: { data?: Buffer } | { data?: Buffer }[] }
        answered += [result].flat().filter(read => read?.data?.length === size).length
        most = Math.max(most, answered - taken)
      }
      requestChannel.subscribe({ asyncStart: onAnswer } as never)
      const walked: string[] = []
      try {
        for await (const node of zk.walk('/t', { data: true })) {
          walked.push(node.path)
          if (node.data?.length === size) taken++
          // Whatever is read ahead is read now.
          if (walked.length % 50 === 0) await zk.sync('/')
        }
      } finally {
        requestChannel.unsubscribe({ asyncStart: onAnswer } as never)
      }
      expect(walked).to.deep.equal(['/t', ...paths])
      // Two readings of 4 MiB and a step may be there at the same time.
      expect(most * size).to.be.within(1, 14 * 1024 * 1024)
    })
})

describe('A walk of many znodes on a server without multiRead', () => {
  for (const [title, options] of [
    ['of release 3.5', { version: '3.5.10' }],
    ['that does not tell its release', { fourLetterWords: ['ruok'] }],
  ] as const)
    it(`sends a request for each, and costs no connection: ${title}`, async () => {
      await using server = await TestServer.start(options)
      const zk = await connect(server.hosts)
      try {
        const states: string[] = []
        zk.on('state', state => states.push(state))
        const paths = await plant(zk, 3, 100)
        const { nodes, sent } = await walked(zk)
        expect(pathsOf(nodes)).to.deep.equal(paths)
        expect(sent).to.deep.equal({ getChildren: paths.length })
        expect(states).to.deep.equal([])
      } finally {
        await zk.close()
      }
    })
})
