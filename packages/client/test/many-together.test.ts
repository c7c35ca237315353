import { requestChannel, Session } from '@zookit/connection'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { connect, type NodeData, ReadBatches, type ZooKeeper } from '../src/index.ts'
import { describeTargets, failureOf } from './support/targets.ts'

const COUNT = 600
const UNREADABLE = [{ perms: 30, id: { scheme: 'world', id: 'anyone' } }]

const pathsIn = (parent: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${parent}/${index}`)
const textOf = (znode: Pick<NodeData, 'data'> | null): string | undefined => znode?.data?.toString()

/** Creates a parent and its children, each with its path as its data. */
async function plant(zk: ZooKeeper, parent: string, count: number, size = 0): Promise<string[]> {
  const paths = pathsIn(parent, count)
  await zk.create(parent)
  await Promise.all(paths.map(path => zk.create(path, path.padEnd(size, '.'))))
  return paths
}

/** Returns the names of the children of `/a` that a request reads. */
function namesIn(operation: string, body: unknown): string[] {
  if (!/getData|multiRead/.test(operation)) return []
  const { path, operations } = body as { path: string; operations?: { request: { path: string } }[] }
  const paths = operations?.map(({ request }) => request.path) ?? [path]
  return paths.map(each => each.slice('/a/'.length))
}

/** Lets the client find out the server's release: a walk waits for it. */
async function askRelease(zk: ZooKeeper): Promise<void> {
  for await (const _ of zk.walk('/a'));
}

/** Counts the requests that are sent while a function runs: those of several znodes have no path. */
async function counted<Result>(
  run: () => Promise<Result>,
): Promise<{ result: Result; together: number; alone: number }> {
  const sent = { together: 0, alone: 0 }
  const onStart = (message: unknown): void => {
    const { operation, path } = message as { operation: string; path?: string }
    if (/Many|ChildrenData/.test(operation)) sent[path === undefined ? 'together' : 'alone']++
  }
  requestChannel.subscribe({ start: onStart } as never)
  try {
    return { result: await run(), ...sent }
  } finally {
    requestChannel.unsubscribe({ start: onStart } as never)
  }
}

describeTargets('Reads of many znodes, several with one request', target => {
  it('give what a request for each gives, in order', async () => {
    const zk = await target.freshClient()
    const there = await plant(zk, '/a', COUNT)
    const others = await plant(zk, '/b', 50)
    const asked = there.flatMap((path, index) =>
      index % 40 === 0 ? [path, `/none/${index}`, others[index / 40]!] : [path],
    )
    const each = await Promise.all(asked.map(path => zk.getData(path).catch(() => null)))
    await askRelease(zk)
    const { result, together, alone } = await counted(() => zk.getMany(asked))
    expect(result).to.deep.equal(each)
    expect(together + alone).to.be.below(asked.length / 5)
    const again = await counted(() => zk.getMany(there))
    expect(again.result.map(textOf)).to.deep.equal(there)
    expect(again.together).to.be.within(1, 8)
    expect(await zk.getMany(there, { stat: false })).to.deep.equal(
      there.map(path => ({ data: Buffer.from(path) })),
    )
    const listed = await counted(() => zk.getChildrenData('/a'))
    expect([...listed.result.children.values()].map(textOf).sort()).to.deep.equal([...there].sort())
    expect(listed.together).to.be.within(1, 8)
    const seen: (string | undefined)[] = []
    for await (const [, znode] of zk.streamMany(asked)) seen.push(textOf(znode))
    expect(seen).to.deep.equal(each.map(textOf))
  })

  it('keep their place between writes, and read no more at a time than `concurrency`', async () => {
    const zk = await target.freshClient()
    const paths = await plant(zk, '/a', 100)
    await askRelease(zk)
    for (const concurrency of [1, 2, 7, 64, 1000]) {
      const before = zk.getMany(paths, { concurrency: 1000 })
      const writes = paths.map(path => zk.setData(path, String(concurrency)))
      const { result, together, alone } = await counted(() => zk.getMany(paths, { concurrency }))
      expect(new Set((await before).map(textOf))).to.not.include(String(concurrency))
      await Promise.all(writes)
      expect(result.map(textOf)).to.deep.equal(Array(100).fill(String(concurrency)))
      expect(together + alone).to.be.at.least(100 / concurrency)
      expect(together === 0).to.equal(concurrency === 1)
    }
  })

  it('fail with the first failure, which names the znode', async () => {
    const zk = await target.freshClient()
    const paths = await plant(zk, '/a', 100)
    await askRelease(zk)
    for (const path of ['/a/40', '/a/90']) await zk.setAcl(path, UNREADABLE)
    const error = await failureOf(zk.getMany(paths))
    expect(error).to.include({ code: 'NO_AUTH', operation: 'getMany', path: '/a/40', outcome: 'rejected' })
  })

  it('read one by one what is too long together for the reply or the request', async () => {
    const zk = await target.freshClient({ maxResponseSize: 8000, maxRequestSize: 1000 })
    const paths = await plant(zk, '/a', 200, 500)
    await askRelease(zk)
    const found = await zk.getMany(paths)
    expect(found.map(textOf)).to.deep.equal(paths.map(path => path.padEnd(500, '.')))
    for (let i = 0; i < 5; i++) await zk.getMany(paths)
    // The server is asked for as much as fits, and rarely again for what is too long.
    const errors: unknown[] = []
    const onError = ({ error }: { error: unknown }): void => void errors.push(error)
    requestChannel.subscribe({ error: onError } as never)
    const again = await counted(() => zk.getMany(paths))
    requestChannel.unsubscribe({ error: onError } as never)
    expect(errors.length).to.be.below(3)
    expect(again.together).to.be.above(10)
    expect(again.alone).to.be.below(50)
    expect(again.result).to.deep.equal(found)
  })

  it('are as large again some time after one that was too long', () => {
    const batches = new ReadBatches()
    const paths = pathsIn('/a', 128)
    batches.note(paths, () => 100)
    const sizeOf = () => batches.endOf(paths, 0, 128)
    expect(sizeOf()).to.equal(128)
    batches.noteTooLong(paths)
    expect(sizeOf()).to.equal(1)
    for (let i = 0; i < 12; i++) batches.note(paths, () => 100)
    expect(sizeOf()).to.be.within(32, 96)
    for (let i = 0; i < 500; i++) batches.note(paths, () => 100)
    expect(sizeOf()).to.equal(128)
  })

  it('are spared for long data', async () => {
    const zk = await target.freshClient()
    const paths = await plant(zk, '/a', 64, 200_000)
    await askRelease(zk)
    await zk.getMany(paths)
    const { result, together } = await counted(() => zk.getMany(paths))
    expect(result.every(znode => znode!.data!.length === 200_000)).to.equal(true)
    expect(together).to.equal(0)
  })
})

describe('Reads of many znodes whose parents take turns', () => {
  for (const parents of ['ab', 'abc', 'abcd', 'aab', 'abbbbc'])
    it(`ask for no more than fits into a reply by the length of their siblings' data: ${parents}`, async () => {
      await using server = await TestServer.start()
      await using zk = await connect(server.hosts, { maxResponseSize: 64 * 1024 * 1024 })
      const lengthOf = (path: string): number => (path.startsWith('/a') ? 10 : 50_000)
      const paths = Array.from(parents.repeat(200), (parent, index) => `/${parent}/${index}`)
      for (const path of paths) {
        const [, parent = '', name = ''] = path.split('/')
        server.seed({ [parent]: { [name]: 'x'.repeat(lengthOf(path)) } })
      }
      await askRelease(zk)
      await zk.getMany(paths)
      await zk.getMany(paths)
      let longest = 0
      server.dropNextRequest(({ operation, body }) => {
        if (operation !== 'multiRead') return false
        const { operations } = body as { operations: { request: { path: string } }[] }
        const lengths = operations.map(({ request }) => lengthOf(request.path))
        longest = Math.max(
          longest,
          lengths.reduce((sum, length) => sum + length, 0),
        )
        return false
      })
      const found = await zk.getMany(paths)
      expect(found.map(znode => znode!.data!.length)).to.deep.equal(paths.map(lengthOf))
      expect(longest).to.be.within(50_000, 256 * 1024)
    })
})

describe('Reads of many znodes on a server without multiRead', () => {
  for (const [title, options] of [
    ['of release 3.5', { version: '3.5.10' }],
    ['that does not tell its release', { fourLetterWords: ['ruok'] }],
  ] as const)
    it(`are a request for each, and cost no connection: ${title}`, async () => {
      await using server = await TestServer.start(options)
      await using zk = await connect(server.hosts)
      const states: string[] = []
      zk.on('state', state => states.push(state))
      const paths = await plant(zk, '/a', COUNT)
      for (let i = 0; i < 2; i++) {
        const { result, together, alone } = await counted(() => zk.getMany(paths))
        expect(result.map(textOf)).to.deep.equal(paths)
        expect({ together, alone }).to.deep.equal({ together: 0, alone: COUNT })
      }
      expect(states).to.deep.equal([])
    })
})

describe('Reads of many znodes, several with one request, when something fails', () => {
  it('begin with a request for each while the release is not known', async () => {
    await using server = await TestServer.start()
    await using zk = await connect(server.hosts)
    const paths = await plant(zk, '/a', 40)
    const { result, together, alone } = await counted(() => zk.getMany(paths))
    expect(result.map(textOf)).to.deep.equal(paths)
    expect({ together, alone }).to.deep.equal({ together: 0, alone: 40 })
  })

  it('are sent again after a lost connection, as often as `retry` says, one by one at first', async () => {
    for (let lost = 1; lost <= 6; lost++) {
      await using server = await TestServer.start()
      await using zk = await connect(server.hosts, { backoff: { initial: 1, max: 2 } })
      const paths = await plant(zk, '/a', COUNT)
      await askRelease(zk)
      let count = 0
      server.dropNextRequest(({ operation }) => operation === 'multiRead' && ++count === lost)
      expect((await zk.getMany(paths, { retry: 1, concurrency: 64 })).map(textOf)).to.deep.equal(paths)
      await askRelease(zk)
      count = 0
      server.dropNextRequest(({ operation }) => operation === 'multiRead' && ++count === 1)
      const error = await failureOf(zk.getMany(paths))
      expect(error).to.include({ code: 'CONNECTION_LOSS', operation: 'getMany', outcome: 'unknown' })
    }
  })

  it('give each znode its own data where some batches are too long for a request', async () => {
    for (const concurrency of [40, 64, 96, 512]) {
      await using server = await TestServer.start()
      await using zk = await connect(server.hosts, { maxRequestSize: 1500 })
      const long = pathsIn(`/a/${'x'.repeat(60)}`, 64).map(path => path.replace('x/', 'x'))
      const paths = [...(await plant(zk, '/a', 64)), ...long]
      await Promise.all(long.map(path => zk.create(path, path)))
      await askRelease(zk)
      for (let i = 0; i < 3; i++)
        expect((await zk.getMany(paths, { concurrency })).map(textOf)).to.deep.equal(paths)
    }
  })

  for (const method of ['getMany', 'streamMany'])
    for (const maxInFlight of [4, 1000])
      for (const concurrency of [5, 64, 512])
        it(`read no znode earlier than one before it: ${method}, ${maxInFlight} requests, ${concurrency} znodes`, async () => {
          for (let lost = 1; lost <= 21; lost += 5) {
            await using server = await TestServer.start()
            const backoff = { initial: 1, max: 2 }
            const limits = { maxInFlight, maxResponseSize: 20_000, maxRequestSize: 2000 }
            await using zk = await connect(server.hosts, { backoff, ...limits })
            const names = pathsIn('', 300).map((path, index) =>
              path.slice(1).padEnd(index % 100 < 20 ? 90 : 3, 'x'),
            )
            server.seed({ a: Object.fromEntries(names.map(name => [name, ''])) })
            await askRelease(zk)
            let moment = 0
            let count = 0
            server.dropNextRequest(({ operation, body }) => {
              moment++
              for (const name of namesIn(operation, body)) {
                const index = Number.parseInt(name, 10)
                server.seed({ a: { [name]: String(moment).padEnd(index > 150 && index < 200 ? 3000 : 0) } })
              }
              return false
            })
            server.dropNextRequest(({ operation }) => /getData|multiRead/.test(operation) && ++count === lost)
            const paths = names.map(name => `/a/${name}`)
            const found: (NodeData | null)[] = []
            if (method === 'getMany') found.push(...(await zk.getMany(paths, { retry: 1, concurrency })))
            else
              for await (const [, znode] of zk.streamMany(paths, { retry: 1, concurrency })) found.push(znode)
            const moments = found.map(znode => Number(textOf(znode)))
            expect(moments).to.have.length(300)
            expect(moments).to.deep.equal([...moments].sort((one, other) => one - other))
          }
        })

  for (const maxInFlight of [1, 1000])
    it(`send no multiRead to an older server, to which the connection has moved: ${maxInFlight} in flight`, async () => {
      const known = Object.getOwnPropertyDescriptor(Session.prototype, 'knownRelease')!
      for (let lost = 1; lost <= 6; lost++) {
        await using server = await TestServer.start()
        await using zk = await connect(server.hosts, { maxInFlight, backoff: { initial: 1, max: 2 } })
        const paths = await plant(zk, '/a', COUNT)
        let release = '3.9.5'
        Object.defineProperty(Session.prototype, 'knownRelease', { configurable: true, get: () => release })
        zk.on('state', () => {
          release = '3.5.10'
        })
        let count = 0
        server.dropNextRequest(({ operation }) => operation === 'multiRead' && ++count === lost)
        try {
          expect((await zk.getMany(paths, { retry: 1, concurrency: 64 })).map(textOf)).to.deep.equal(paths)
        } finally {
          Object.defineProperty(Session.prototype, 'knownRelease', known)
        }
        expect(count).to.equal(lost)
        const sent = server.requests().map(({ operation }) => operation)
        expect(sent.slice(sent.lastIndexOf('connect'))).not.to.include('multiRead')
      }
    })
})
