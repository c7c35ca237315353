import { connect } from '@zookit/client'
import { findTargets, type RealServer } from '@zookit/test-fixtures'
import { expect } from 'chai'
import { z } from 'zod'
import {
  AtomicCounter,
  ChildrenCache,
  Config,
  codecs,
  IdGenerator,
  NodeCache,
  SharedValue,
  TreeCache,
} from '../src/index.ts'
import { dataOf } from './support/replica.ts'
import { endSession, until } from './support/test-bed.ts'

for (const target of (await findTargets()).slice(0, 1)) {
  describe(`Caches, configurations and numbers, on ${target.name}`, function () {
    this.timeout(40_000)
    let server: RealServer

    before(async () => {
      server = await target.startServer({ tickTime: 200 })
    })

    after(() => server.stop())

    it('Z10 follow the tree, over a lost session too', async () => {
      await using zk = await connect(server.hosts, {
        sessionTimeout: 10_000,
        backoff: { initial: 10, max: 50 },
      })
      await using other = await connect(server.hosts)
      await other.ensurePath('/real/a')
      await using node = new NodeCache(zk, '/real/a/x')
      await using children = new ChildrenCache(zk, '/real/a')
      await using tree = new TreeCache(zk, '/real')
      await Promise.all([node, children, tree].map(cache => cache.start({ timeout: 20_000 })))
      const change = async (text: string): Promise<void> => {
        await other.create('/real/a/x', text)
        await other.setData('/real/a', text)
        await until('the znode is seen', () => node.current?.data?.toString() === text)
        await until('the child is seen', () => children.current.get('x')?.data?.toString() === text)
        await until('the tree is seen', () => tree.current.get('/real/a')?.data?.toString() === text)
        expect(dataOf(tree.current)['/real/a/x']).to.equal(text)
        await other.delete('/real/a/x')
        await until('it has gone', () => node.current === null && tree.current.size === 2)
      }
      await change('before')
      await endSession(zk, server.hosts)
      await other.setData('/real/a', 'meanwhile')
      await until('none is stale', () => ![node, children, tree].some(cache => cache.stale))
      await until('it is seen', () => String(tree.current.get('/real/a')!.data) === 'meanwhile')
      await change('after')
    })

    it('lose no update to a znode that is deleted and made again with the same version', async () => {
      await using zk = await connect(server.hosts)
      await using other = await connect(server.hosts)
      const shared = new SharedValue(zk, '/again', { codec: codecs.text })
      const config = new Config(zk, '/again', { codec: codecs.text })
      const changes = [shared, config].map(
        each => (change: (value: unknown) => Promise<string>) =>
          (each as SharedValue<unknown>).update(change),
      )
      for (const update of changes) {
        await other.create('/again', 'old')
        const seen: unknown[] = []
        await update(async value => {
          seen.push(value)
          if (seen.length === 1) {
            await other.removeTree('/again')
            await other.create('/again', 'new')
          }
          return `${value}, changed`
        })
        expect(seen).to.deep.equal(['old', 'new'])
        const { data, stat } = await other.getData('/again')
        expect([String(data), stat.numChildren]).to.deep.equal(['new, changed', 0])
        await other.delete('/again')
      }
    })

    it('hold configurations and shared values that are updated concurrently', async () => {
      await using zk = await connect(server.hosts)
      await using other = await connect(server.hosts)
      const schema = z.record(z.string(), z.number())
      const options = { schema, subtree: true, default: {} as Record<string, number> }
      await using config = new Config(zk, '/real-config/limits', options)
      await config.start({ timeout: 20_000 })
      const add = (name: string) =>
        new Config(other, '/real-config/limits', options).update(all => ({ ...all, [name]: 1 }))
      await Promise.all([add('a/b'), add('a/c'), config.update(all => ({ ...all, d: 2 }))])
      await until('all is there', () => Object.keys(config.current).length === 3)
      expect(config.current).to.deep.equal({ 'a/b': 1, 'a/c': 1, d: 2 })
      await other.setData('/real-config/limits/d', '"two"')
      await until('it is invalid', () => config.problem !== null)
      expect(config.current.d).to.equal(2)
      await using value = new SharedValue(zk, '/real-value', { codec: codecs.text, initial: '' })
      await value.start({ timeout: 20_000 })
      const append = (name: string) =>
        new SharedValue(other, '/real-value', { codec: codecs.text }).update(all => all + name)
      await Promise.all([append('x'), append('y'), value.update(all => `${all}z`)])
      await until('all is there', () => value.current?.value.length === 3)
    })

    it('count exactly, and generate each id once', async () => {
      await using zk = await connect(server.hosts)
      await using other = await connect(server.hosts)
      const counters = [zk, other].map(one => new AtomicCounter(one, '/real-count', { tries: 2 }))
      const counts = counters.flatMap(counter => Array.from({ length: 10 }, () => counter.increment()))
      expect(new Set(await Promise.all(counts)).size).to.equal(20)
      expect(await counters[0]!.get()).to.equal(20n)
      const generators = [zk, other].map(one => new IdGenerator(one, '/real-ids', { block: 3 }))
      const ids = generators.flatMap(generator => Array.from({ length: 10 }, () => generator.next()))
      expect(new Set(await Promise.all(ids)).size).to.equal(20)
    })
  })
}
