import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import * as v from 'valibot'
import { z } from 'zod'
import { connect, type Schema, SchemaError, type ZooKeeper } from '../src/index.ts'
import { describeTargets, failureOf } from './support/targets.ts'

const schemas: Record<string, Schema<{ port: number }>> = {
  zod: z.object({ port: z.number() }),
  valibot: v.object({ port: v.number() }),
  'an asynchronous schema': z.object({ port: z.number().refine(async port => port > 0) }),
}

describeTargets('JSON in a znode', target => {
  let zk: ZooKeeper
  let chroot: string

  beforeEach(async () => {
    chroot = await target.freshPath()
    zk = await target.client(chroot)
    await zk.create('/a')
  })

  it('is written, on a condition too, and read with its Stat', async () => {
    const stat = await zk.setJson('/a', { port: 1, names: ['ü'] })
    expect(stat.version).to.equal(1)
    expect((await zk.getData('/a')).data?.toString()).to.equal('{"port":1,"names":["ü"]}')
    expect(await zk.getJson('/a')).to.deep.equal({ value: { port: 1, names: ['ü'] }, stat })
    expect(await failureOf(zk.setJson('/a', 2, { version: 0 }))).to.include({
      code: 'BAD_VERSION',
      operation: 'setJson',
      path: '/a',
    })
    expect((await zk.setJson('/a', null, { version: 1 })).version).to.equal(2)
    expect((await zk.getJson('/a')).value).to.equal(null)
  })

  it('is told from other data by an error that names the path, and does not show the data', async () => {
    expect(await failureOf(zk.getJson('/a'))).to.include({
      code: 'INVALID_DATA',
      operation: 'getJson',
      path: '/a',
      message: 'INVALID_DATA (getJson /a): the znode has no data: JSON is expected',
    })
    await zk.setData('/a', 'secret')
    const { message } = await failureOf(zk.getJson('/a'))
    expect(message).to.equal("INVALID_DATA (getJson /a): the znode's data is not JSON")
    expect(await failureOf(zk.getJson('/none'))).to.include({ code: 'NO_NODE', operation: 'getJson' })
    // The connection serves the next request.
    expect((await zk.getData('/a')).data?.toString()).to.equal('secret')
  })

  it('has no form for some values, which are refused before anything is sent', async () => {
    const circular: { self?: unknown } = {}
    circular.self = circular
    for (const value of [undefined, () => {}, Symbol('a'), 5n, circular]) {
      const error = await failureOf(zk.setJson('/a', value))
      expect(error).to.include({ code: 'BAD_ARGUMENTS', operation: 'setJson', path: '/a' })
      expect(error.message).to.include('cannot be written as JSON')
    }
    expect((await zk.exists('/a'))?.version).to.equal(0)
  })

  for (const [name, schema] of Object.entries(schemas)) {
    it(`is validated by ${name}, as it is read and before it is written`, async () => {
      const typed = zk.typed('/typed', schema)
      expect(await typed.create({ port: 1 })).to.equal('/typed')
      const { value, stat } = await typed.get()
      expect(value).to.deep.equal({ port: 1 })
      await typed.set({ port: 2 }, { version: stat.version })
      expect(await failureOf(typed.set({ port: 3 }, { version: 0 }))).to.include({ code: 'BAD_VERSION' })
      const updated = await typed.update(async ({ port }) => ({ port: port + 1 }))
      expect(updated.value).to.deep.equal({ port: 3 })
      expect(updated.stat.version).to.equal(2)
      const wrong = { port: 'x' } as unknown as { port: number }
      for (const write of [typed.set(wrong), typed.update(() => wrong)]) {
        const error = await failureOf(write)
        expect(SchemaError.is(error) && error.issues[0]?.path).to.deep.equal(['port'])
        expect(error).to.include({ code: 'INVALID_DATA', path: '/typed', outcome: 'not-sent' })
      }
      expect((await zk.exists('/typed'))?.version).to.equal(2)
      await zk.setJson('/typed', wrong)
      expect(SchemaError.is(await failureOf(typed.get()))).to.equal(true)
    })
  }

  it('is updated once by each of many writers', async () => {
    const other = await target.client(chroot)
    const number = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } }
    const counter = zk.typed('/counter', number as Schema<number>)
    await counter.create(0)
    const same = other.typed('/counter', number as Schema<number>)
    const both = Array.from({ length: 5 }, () => [counter, same]).flat()
    await Promise.all(both.map(one => one.update(value => value + 1)))
    expect((await counter.get()).value).to.equal(10)
  })
})

describe('A typed znode', () => {
  it('refuses what it cannot use, at once', async () => {
    await using server = await TestServer.start()
    await using zk = await connect(server.hosts)
    const schema = z.number()
    const typed = zk.typed('/a', schema)
    for (const make of [() => zk.typed('a', schema), () => zk.typed('/a', {} as Schema<number>)])
      expect(make).to.throw().that.includes({ code: 'BAD_ARGUMENTS', operation: 'typed' })
    const calls: [string, Promise<unknown>][] = [
      ['update', typed.update('x' as never)],
      ['update', typed.update(value => value, { verison: 1 } as never)],
      ['update', (typed.update as (...args: unknown[]) => Promise<unknown>)((v: unknown) => v, {}, 1)],
      ['set', (typed.set as (...args: unknown[]) => Promise<unknown>)(1, {}, 1)],
      ['get', (typed.get as (...args: unknown[]) => Promise<unknown>)({}, 1)],
      ['create', (typed.create as (...args: unknown[]) => Promise<unknown>)(1, {}, 1)],
    ]
    for (const [operation, call] of calls)
      expect(await failureOf(call)).to.include({ code: 'BAD_ARGUMENTS', operation, path: '/a' })
  })

  it('says so when an update has replaced the value of a znode that was made again meanwhile', async () => {
    await using server = await TestServer.start()
    await using zk = await connect(server.hosts)
    const typed = zk.typed('/a', z.number())
    await typed.create(0)
    const updating = typed.update(async value => {
      await zk.delete('/a')
      await zk.create('/a', '7')
      return value + 1
    })
    expect(await failureOf(updating)).to.include({
      code: 'BAD_VERSION',
      operation: 'update',
      outcome: 'unknown',
    })
    expect((await typed.get()).value).to.equal(1)
  })

  it('gives an update up when its signal is aborted, while others are quicker', async () => {
    await using server = await TestServer.start()
    await using zk = await connect(server.hosts)
    const typed = zk.typed('/a', z.number())
    await typed.create(0)
    const controller = new AbortController()
    let rounds = 0
    const losing = typed.update(
      async value => {
        if (++rounds === 3) controller.abort()
        await zk.setJson('/a', value + 1)
        return value
      },
      { signal: controller.signal },
    )
    expect(await failureOf(losing)).to.include({ code: 'ABORTED' })
    expect(rounds).to.equal(3)
  })
})
