import { expect } from 'chai'
import { z } from 'zod'
import { Config, ServiceRegistry } from '../src/index.ts'
import { failure, settle, TestBed, until } from './support/test-bed.ts'

const quick = { jitter: 0 }

function stored(bed: TestBed): Record<string, unknown> {
  return JSON.parse(bed.server.dump()['/services/web/one'] ?? 'null')
}

describe('Updates of a publication at the same time', () => {
  it('are all kept, also while an asynchronous schema runs', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const schema = z.unknown().refine(async () => {
      await settle()
      return true
    })
    await using registry = new ServiceRegistry(zk, '/services', { ...quick, schema })
    const publication = await registry.publish({ name: 'web', id: 'one', port: 1, payload: 0 })
    await Promise.all([
      publication.update({ payload: 1 }),
      publication.update({ port: 2 }),
      publication.update({ address: 'a', payload: 2 }),
      publication.update({ enabled: false }),
    ])
    const expected = { port: 2, address: 'a', payload: 2, enabled: false }
    expect(stored(bed)).to.include(expected)
    expect(publication.instance).to.include(expected)
  })

  it('of which one is refused leave the others as they are', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const schema = z.number().max(5)
    await using registry = new ServiceRegistry(zk, '/services', { ...quick, schema })
    const publication = await registry.publish({ name: 'web', id: 'one', port: 1, payload: 0 })
    const wrong = failure(publication.update({ payload: 6, port: 9 }))
    await publication.update({ address: 'a' })
    expect((await wrong).code).to.equal('INVALID_DATA')
    expect(stored(bed)).to.include({ port: 1, payload: 0, address: 'a' })
  })
})

describe('A registry that is closed while it publishes', () => {
  for (const slow of [false, true]) {
    it(`leaves nothing published${slow ? ', also while the schema is at work' : ''}`, async () => {
      await using bed = await TestBed.start({ seed: { services: { web: '' } } })
      const zk = await bed.client()
      let go = (): void => {}
      const schema = z
        .unknown()
        .refine(() => !slow || new Promise<true>(resolve => (go = () => resolve(true))))
      const registry = new ServiceRegistry(zk, '/services', { ...quick, schema })
      if (!slow) bed.server.holdNextReply('create')
      const publishing = failure(registry.publish({ name: 'web', id: 'one' }))
      if (!slow) await until('it is under way', () => bed.operations(zk).includes('create'))
      const closing = registry.close()
      await settle()
      go()
      bed.server.releaseReplies()
      await closing
      expect(await publishing).to.include({ code: 'CLOSED' })
      expect(registry.publications.size).to.equal(0)
      await until('it is gone', () => bed.server.dump()['/services/web/one'] === undefined)
    })
  }
})

describe('A configuration in a subtree that several write at the same time', () => {
  const schema = z.record(z.string(), z.number()).refine(value => Object.keys(value).length <= 3, 'too many')
  const open = { schema, subtree: true, default: {}, ...quick } as const

  it('is never merged into what the schema refuses, by updates', async () => {
    await using bed = await TestBed.start()
    const zks = await Promise.all(Array.from({ length: 6 }, () => bed.client()))
    const results = await Promise.allSettled(
      zks.map((zk, index) =>
        new Config(zk, '/app', open).update(value => ({ ...value, [`deep/k${index}`]: index })),
      ),
    )
    expect(results.filter(({ status }) => status === 'fulfilled')).to.have.length(3)
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).to.include({ code: 'INVALID_DATA' })
    }
    expect(bed.names('/app/deep')).to.have.length(3)
  })

  it('is one of the values that were set, by sets', async () => {
    await using bed = await TestBed.start({ seed: { app: { old: '1' } } })
    const zks = await Promise.all(Array.from({ length: 6 }, () => bed.client()))
    const values = zks.map((_, index) => ({ [`a${index}`]: index, [`b${index}`]: index }))
    await Promise.all(zks.map((zk, index) => new Config(zk, '/app', open).set(values[index]!)))
    const names = bed.names('/app').sort()
    expect(values.map(value => Object.keys(value))).to.deep.include(names)
  })

  it('is read as of one moment before it is changed', async () => {
    await using bed = await TestBed.start({ seed: { app: { a: '1', deep: { b: '1' } } } })
    const [zk, other] = [await bed.client(), await bed.client()]
    const equal = z.record(z.string(), z.number()).refine(value => value.a === value['deep/b'], 'torn')
    const writer = new Config(other, '/app', { ...open, schema: equal })
    const getData = zk.getData.bind(zk)
    let isTorn = false
    zk.getData = async (path, options) => {
      if (path === '/app/deep/b' && !isTorn) {
        isTorn = true
        await writer.set({ a: 2, 'deep/b': 2 })
      }
      return await getData(path, options)
    }
    const config = new Config(zk, '/app', { ...open, schema: equal })
    expect(await config.update(value => ({ ...value, c: 3 }))).to.deep.equal({ a: 2, 'deep/b': 2, c: 3 })
    expect(isTorn).to.equal(true)
  })
})
