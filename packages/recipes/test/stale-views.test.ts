import { acl, type ZooKeeper } from '@zookit/client'
import { expect } from 'chai'
import {
  ChildrenCache,
  Config,
  codecs,
  Group,
  NodeCache,
  PersistentNode,
  ServiceDiscovery,
  SharedValue,
  TreeCache,
} from '../src/index.ts'
import { lossOf, VERSIONS } from './support/caches.ts'
import { obey, partitionerOf } from './support/partitions.ts'
import { settle, TestBed, until } from './support/test-bed.ts'

/** Something that follows znodes. */
interface View {
  start(): Promise<unknown>
  readonly stale: boolean
  changes(): AsyncIterable<{ readonly type: string }>
  close(): Promise<unknown>
}

interface Case {
  readonly name: string
  readonly make: (zk: ZooKeeper) => View
  /** Returns the value that it shows. */
  readonly shown: (view: never) => string | undefined
  /** The znode with the value. */
  readonly path: string
  /** Makes the znode's data of the value. */
  readonly data: (value: string) => string
}

const quick = { jitter: 0 }
const plain = { path: '/t/a', data: (value: string): string => value }
const text = ({ data }: { data: Buffer | null }): string => String(data)
const instance = (value: string): string => {
  return JSON.stringify({ name: 'a', id: 'one', address: value, port: 1, serviceType: 'DYNAMIC' })
}

const CASES: readonly Case[] = [
  {
    ...plain,
    name: 'TreeCache',
    make: zk => new TreeCache(zk, '/t', quick),
    shown: (view: TreeCache) => text(view.current.get('/t/a')!),
  },
  {
    ...plain,
    name: 'ChildrenCache',
    make: zk => new ChildrenCache(zk, '/t', quick),
    shown: (view: ChildrenCache) => text(view.current.get('a')!),
  },
  {
    ...plain,
    name: 'NodeCache',
    make: zk => new NodeCache(zk, '/t/a', quick),
    shown: (view: NodeCache) => text(view.current!),
  },
  {
    ...plain,
    name: 'SharedValue',
    make: zk => new SharedValue(zk, '/t/a', { ...quick, codec: codecs.text }),
    shown: (view: SharedValue<string>) => view.current?.value,
  },
  {
    ...plain,
    name: 'Config',
    make: zk => new Config(zk, '/t/a', { ...quick, codec: codecs.text }),
    shown: (view: Config<string>) => view.current,
  },
  {
    ...plain,
    name: 'Config of a subtree',
    make: zk => new Config(zk, '/t', { ...quick, codec: codecs.text, subtree: true }),
    shown: (view: Config<{ a: string }>) => view.current.a,
  },
  {
    ...plain,
    name: 'Group.members',
    make: zk => new Group(zk, '/t', quick).members,
    shown: (view: ChildrenCache) => text(view.current.get('a')!),
  },
  {
    name: 'Service',
    make: zk => new ServiceDiscovery(zk, '/', quick).service('t'),
    shown: (view: ReturnType<ServiceDiscovery['service']>) => view.current[0]!.address ?? undefined,
    path: '/t/a',
    data: instance,
  },
]

const READS: readonly string[] = ['getData', 'getChildren2', 'getChildren', 'exists']

async function started(zk: ZooKeeper, one: Case): Promise<{ view: View; shown: () => string | undefined }> {
  const view = one.make(zk)
  await view.start()
  return { view, shown: () => one.shown(view as never) }
}

describe('A view whose znode has changed', () => {
  for (const version of VERSIONS) {
    for (const one of CASES) {
      const { name, path, data } = one
      it(`${name} is stale until the read that an event causes is answered, ${version}`, async () => {
        await using bed = await TestBed.start({ version, seed: { t: { '': '', a: data('old') } } })
        const [zk, other] = [await bed.client(), await bed.client()]
        const { view, shown } = await started(zk, one)
        expect([shown(), view.stale]).to.deep.equal(['old', false])
        bed.server.clearRequests()
        bed.server.holdNextReply(
          ({ sessionId, operation }) => sessionId === zk.session.id && READS.includes(operation),
        )
        await other.setData(path, data('new'))
        await until('it reads', () => bed.operations(zk).some(operation => READS.includes(operation)))
        await settle()
        expect([shown(), view.stale]).to.deep.equal(['old', true])
        bed.server.releaseReplies()
        await until('it has read', () => !view.stale)
        expect(shown()).to.equal('new')
        await view.close()
      })

      // Older servers have one-shot watches alone, which are told in the order in which they were set.
      if (version !== '3.5') {
        it(`${name} is stale for a one-shot listener that was set before it began, ${version}`, async () => {
          await using bed = await TestBed.start({ version, seed: { t: { '': '', a: data('old') } } })
          const [zk, other] = [await bed.client(), await bed.client()]
          const asked: unknown[] = []
          const ask = ({ type }: { type: string }): void => void asked.push([type, view.stale])
          await zk.getData(path, { watch: ask })
          await zk.getChildren('/t', { watch: ask })
          const { view } = await started(zk, one)
          await other.setData(path, data('new'))
          await until('it was told', () => asked.length === 1 && !view.stale)
          await other.create('/t/b', data('new'))
          await until('it was told again', () => asked.length === 2)
          const isOfChildren = !['NodeCache', 'SharedValue', 'Config'].includes(name)
          expect(asked).to.deep.equal([
            ['changed', true],
            ['children', isOfChildren],
          ])
          await view.close()
        })
      }

      it(`${name} is stale wherever it shows less than its client has read, ${version}`, async () => {
        await using bed = await TestBed.start({ version, seed: { t: { '': '', a: data('0') } } })
        const [zk, other] = [await bed.client(), await bed.client()]
        const { view, shown } = await started(zk, one)
        const behind: string[] = []
        const look = async (): Promise<void> => {
          const read = await zk.getData(path)
          const seen = String(read.data)
          if (!view.stale && data(shown()!) !== seen) behind.push(`${shown()}, not ${seen}`)
        }
        for (let round = 1; round <= 100; round++) {
          const writing = Array.from({ length: round % 3 }, (_, part) =>
            other.setData(path, data(`${round}.${part}`)),
          )
          // What the server has read for the view is answered in one piece with what it has read for the test.
          bed.server.holdReplies()
          const looking = [look(), look()]
          await settle()
          looking.push(look())
          await settle()
          bed.server.releaseReplies()
          await Promise.all([...looking, ...writing])
        }
        expect(behind).to.deep.equal([])
        await until('it has read', () => !view.stale)
        await view.close()
      })

      it(`${name} tells of a change once, and is up to date then, ${version}`, async () => {
        await using bed = await TestBed.start({ version, seed: { t: { '': '', a: data('old') } } })
        const [zk, other] = [await bed.client(), await bed.client()]
        const { view, shown } = await started(zk, one)
        const told: unknown[] = []
        const following = (async () => {
          for await (const { type } of view.changes()) told.push([type, shown(), view.stale])
        })()
        for (const value of ['1', '2', '3']) {
          const count = told.length
          await other.setData(path, data(value))
          await until('it has told', () => told.length > count)
          await settle()
        }
        expect(told).to.deep.equal(['1', '2', '3'].map(value => ['changed', value, false]))
        await view.close()
        await following
      })
    }
  }

  it('is not stale for what was deleted, nor for what it must not read', async () => {
    await using bed = await TestBed.start({ seed: { t: { '': '', a: '1', b: { c: '2' } } } })
    const [zk, other] = [await bed.client(), await bed.client()]
    await using cache = new TreeCache(zk, '/t', quick)
    await cache.start()
    for (const change of [
      () => other.removeTree('/t/b'),
      () => other.setAcl('/t/a', [acl('w', 'world', 'anyone')]),
      () => other.setData('/t/a', '3'),
      () => other.delete('/t/a'),
      () => other.delete('/t'),
      () => other.ensurePath('/t/a'),
    ]) {
      await change()
      await settle()
      await until('it has read', () => !cache.stale)
    }
    expect([...cache.current.keys()]).to.deep.equal(['/t', '/t/a'])
  })

  it('is not stale for ever when an event comes while its znodes are read again', async () => {
    for (const version of VERSIONS) {
      await using bed = await TestBed.start({ version, seed: { t: { '': '', a: '1', b: { c: '2' } } } })
      const [zk, other] = [await bed.client(), await bed.client()]
      await using cache = new TreeCache(zk, '/t', quick)
      await cache.start()
      for (const path of ['/t', '/t/a', '/t/b', '/t/b/c']) {
        const { end } = await lossOf(bed, zk)
        bed.server.clearRequests()
        bed.server.holdNextReply(({ sessionId, operation }) => {
          return sessionId === zk.session.id && READS.includes(operation)
        })
        end()
        await until('it reads', () => bed.operations(zk).some(operation => READS.includes(operation)))
        const writing = other.setData(path, path)
        await until('it is written', () => bed.server.dump()[path] === path)
        await settle()
        bed.server.releaseReplies()
        await writing
        await until('it has read', () => !cache.stale)
        expect(String(cache.current.get(path)!.data)).to.equal(path)
      }
    }
  })

  it('is not stale when a missing root has a watch again, and until then it is, on servers without persistent watches', async () => {
    await using bed = await TestBed.start({ version: '3.5', seed: { t: '1' } })
    const [zk, other] = [await bed.client(), await bed.client()]
    await using cache = new NodeCache(zk, '/t', quick)
    await cache.start()
    bed.server.holdNextReply('exists')
    bed.server.clearRequests()
    await other.delete('/t')
    await until('it looks', () => bed.operations(zk).includes('exists'))
    await settle()
    expect([cache.current, cache.stale]).to.deep.equal([null, true])
    bed.server.releaseReplies()
    await until('it stands', () => !cache.stale)
    await other.create('/t', '2')
    await until('it is seen', () => String(cache.current?.data) === '2' && !cache.stale)
  })
})

describe('A kept znode to which something has happened', () => {
  it('is stale until it has been looked at, and until it is as it should be', async () => {
    await using bed = await TestBed.start()
    const [zk, other] = [await bed.client(), await bed.client()]
    await using node = new PersistentNode(zk, '/kept', { ...quick, data: 'ours' })
    await node.start()
    for (const change of [() => other.delete('/kept'), () => other.setData('/kept', 'theirs')]) {
      await until('it is known', () => !node.stale)
      bed.server.clearRequests()
      bed.server.holdNextReply(({ sessionId }) => sessionId === zk.session.id)
      await change()
      await until('it looks', () => bed.operations(zk).includes('exists'))
      await settle()
      expect(node.stale).to.equal(true)
      bed.server.releaseReplies()
      await until('it is as it should be', () => {
        if (!node.stale) expect(bed.server.dump()['/kept']).to.equal('ours')
        return !node.stale
      })
    }
  })

  it('does not count as a member until it has been looked at', async () => {
    await using bed = await TestBed.start()
    const [zk, other] = [await bed.client(), await bed.client()]
    const member = await new Group(zk, '/group', quick).join({ name: 'me' })
    expect(member.held).to.equal(true)
    bed.server.clearRequests()
    bed.server.holdNextReply(({ sessionId }) => sessionId === zk.session.id)
    await other.delete('/group/me')
    await until('it looks', () => bed.operations(zk).includes('exists'))
    await settle()
    expect(member.held).to.equal(false)
    bed.server.releaseReplies()
    await until('it is in again', () => member.held)
    expect(bed.names('/group')).to.deep.equal(['me'])
    await member.setData('more')
    expect(member.held).to.equal(true)
  })
})

describe('A member of a partitioner', () => {
  it('is stale until it has listed the members again', async () => {
    await using bed = await TestBed.start()
    const [zk, other] = [await bed.client(), await bed.client()]
    const first = obey(partitionerOf(zk, { member: 'one' }))
    await first.start()
    expect(first.stale).to.equal(false)
    bed.server.clearRequests()
    const isOurs = ({ sessionId, operation }: { sessionId: bigint; operation: string }): boolean =>
      sessionId === zk.session.id && operation === 'getChildren2'
    bed.server.holdNextReply(isOurs)
    const second = obey(partitionerOf(other, { member: 'two' }))
    const joining = second.start()
    await until('it lists', () => bed.server.requests().some(isOurs))
    await settle()
    expect([first.current.members, first.stale]).to.deep.equal([['one'], true])
    bed.server.releaseReplies()
    await joining
    await until('it has listed', () => !first.stale)
    expect(first.current.members).to.deep.equal(['one', 'two'])
    await Promise.all([first.close(), second.close()])
  })
})
