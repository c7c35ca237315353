import type { ZooKeeper } from '@zookit/client'
import { expect } from 'chai'
import { DelayQueue, PriorityQueue, type Publication, Semaphore, ServiceRegistry } from '../src/index.ts'
import { failure, settle, TestBed } from './support/test-bed.ts'

describe('A value of the wrong kind in what a recipe takes', () => {
  let bed: TestBed
  let zk: ZooKeeper
  before(async () => {
    bed = await TestBed.start()
    zk = await bed.client()
  })
  after(() => bed[Symbol.asyncDispose]())

  const nothing = Object.create(null) as object
  const symbol = Symbol('other')

  async function expectRefusals(
    calls: readonly (readonly [call: () => Promise<unknown>, reason: RegExp])[],
  ): Promise<void> {
    await settle()
    const sent = bed.server.requests().length
    for (const [call, reason] of calls) {
      const error = await failure(call())
      expect(error, String(reason)).to.include({ code: 'BAD_ARGUMENTS', outcome: 'not-sent' })
      expect(error.message).to.match(reason)
    }
    expect(bed.server.requests().length, 'requests').to.equal(sent)
  }

  it('is refused in an item of a queue, with an unknown field', async () => {
    const delayed = new DelayQueue(zk, '/delay')
    const ranked = new PriorityQueue(zk, '/priority')
    const delays = ['', true, [], null, new Date(), 5n, symbol, nothing, Number.NaN]
    const dues = ['', true, [], null, 5n, symbol, nothing, new Date(Number.NaN)]
    const priorities = ['1', null, 1.5, symbol, nothing]
    await expectRefusals([
      ...delays.map(delay => [() => delayed.put('x', { delay } as never), /delay must be a number/] as const),
      ...dues.map(due => [() => delayed.put('x', { due } as never), /due time must be a Date or/] as const),
      ...priorities.map(
        priority => [() => ranked.put('x', { priority } as never), /priority must be a whole/] as const,
      ),
      [
        () => delayed.putAll([{ data: 'x', at: 5 } as never]),
        /no field "at"; the fields are data, delay, due/,
      ],
      [
        () => ranked.putAll([{ data: 'x', prio: 5 } as never]),
        /no field "prio"; the fields are data, priority/,
      ],
    ])
  })

  it('is refused in a weight', async () => {
    const semaphore = new Semaphore(zk, '/semaphore', { size: 3 })
    await expectRefusals(
      [null, '1', nothing, symbol].map(
        weight => [() => semaphore.acquire({ weight } as never), /weight must be a whole number/] as const,
      ),
    )
  })

  it('is refused in an instance, a change of one and its health', async () => {
    const registry = new ServiceRegistry(zk, '/services')
    const published: Publication = await registry.publish({ name: 'web', id: 'a', port: 1 })
    const publish = (fields: object, options: object = {}): Promise<unknown> =>
      registry.publish({ name: 'web', id: 'b', ...fields }, options)
    const update = (fields: object): Promise<unknown> => published.update(fields)
    const values: [fields: object, reason: RegExp][] = [
      [{ prot: 5 }, /there is no field "prot"; the fields are name, id, address, port/],
      [{ uriSpec: 5 }, /uriSpec must be text or null/],
      [{ port: nothing }, /a port must be a whole number from 0 to 65535, not an object/],
      [{ sslPort: symbol }, /a port must be a whole number from 0 to 65535, not Symbol\(other\)/],
    ]
    await expectRefusals([
      ...values.map(([fields, reason]) => [() => publish(fields), reason] as const),
      ...values.map(([fields, reason]) => [() => update(fields), reason] as const),
      [() => publish({ serviceType: nothing }), /serviceType must be a known service type, not an object/],
      [() => update({ name: 'other' }), /the field name cannot be changed/],
      [() => update({ id: 'other' }), /the field id cannot be changed/],
      [() => update({ serviceType: 'STATIC' }), /the field serviceType cannot be changed/],
      [() => publish({}, { health: { intervall: 5 } }), /there is no option "intervall"/],
      [() => publish({}, { health: { check: 5 } }), /the option check must be a function, not 5/],
      [() => publish({}, { health: { interval: '5' } }), /health.interval must be/],
      [() => publish({}, { health: { initially: 1 } }), /the option initially must be true or false/],
    ])
    // What was read may be published again, and changed in part.
    await published.update({ ...published.instance, port: 2 })
    expect(published.instance).to.include({ name: 'web', id: 'a', port: 2 })
  })
})
