import { connect, type ZooKeeper } from '@zookit/client'
import { expect } from 'chai'
import { z } from 'zod'
import { Outages } from '../src/discovery/outages.ts'
import {
  leastOutstanding,
  rendezvous,
  type Service,
  ServiceDiscovery,
  type ServiceInstance,
  ServiceRegistry,
  sticky,
} from '../src/index.ts'
import { next, nextOf } from './support/events.ts'
import { Clock, failure, Ground, settle, until } from './support/ground.ts'

const PATH = '/services'
const seed = { services: { web: '' } }

function idsOf(instances: readonly ServiceInstance[]): string {
  return instances.map(({ id }) => id).join('')
}

/** Publishes instances `a`, `b` and so on. */
async function publish(zk: ZooKeeper, ids: string, name = 'web'): Promise<ServiceRegistry> {
  const registry = new ServiceRegistry(zk, PATH, { jitter: 0 })
  for (const id of ids) await registry.publish({ name, id, address: `host-${id}`, port: 80 })
  return registry
}

/** A ground with instances, and a service that has started, whose clock a test moves. */
async function serve(
  ground: Ground,
  ids: string,
  options: ConstructorParameters<typeof ServiceDiscovery>[2] = {},
  strategy?: Parameters<ServiceDiscovery['service']>[1],
): Promise<{ service: Service; clock: Clock; registry: ServiceRegistry; zk: ZooKeeper }> {
  const clock = new Clock()
  const environment = { ...clock.environment, random: () => 0 }
  const zk = await ground.client({ environment, sessionTimeout: 60_000 })
  const registry = await publish(await ground.client(), ids)
  const service = new ServiceDiscovery(zk, PATH, { jitter: 0, ...options }).service('web', strategy)
  await service.start()
  return { service, clock, registry, zk }
}

describe('The instances of a service', () => {
  it('are known when it has started, and followed from then on', async () => {
    await using ground = await Ground.lay({ seed })
    const { service, registry } = await serve(ground, 'ba')
    expect(idsOf(service.current)).to.equal('ab')
    expect(service.stale).to.equal(false)
    const changes = service.changes()
    const c = await registry.publish({ name: 'web', id: 'c' })
    const added = (await next(changes)) as { type: string; instance: ServiceInstance }
    expect(added.type).to.equal('added')
    expect(added.instance).to.include({ id: 'c', port: null })
    await c.update({ port: 1 })
    const changed = (await nextOf(changes, 'changed'))!
    expect([changed.previous.port, changed.instance.port]).to.deep.equal([null, 1])
    await c.unpublish()
    expect((await nextOf(changes, 'removed')).instance).to.include({ id: 'c', port: 1 })
    expect(idsOf(service.current)).to.equal('ab')
    await service.close()
    expect(await next(changes)).to.equal(undefined)
    expect(idsOf(service.current), 'what was known last').to.equal('ab')
    expect(service.stale).to.equal(true)
    expect(await failure(service.start())).to.include({ code: 'CLOSED' })
  })

  it('may be none: also where the service has no node yet', async () => {
    await using ground = await Ground.lay()
    const zk = await ground.client()
    await using service = new ServiceDiscovery(zk, PATH).service('web')
    await service.start()
    expect({ current: service.current, picked: service.pick() }).to.deep.equal({ current: [], picked: null })
    await publish(await ground.client(), 'a')
    await until('it is seen', () => service.current.length === 1)
  })

  it('are not used while they are disabled', async () => {
    await using ground = await Ground.lay({ seed })
    const { service, registry } = await serve(ground, 'ab')
    const [a, b] = [...registry.publications]
    await a!.report(false)
    await until('it is seen', () => idsOf(service.available) === 'b')
    expect(idsOf(service.current)).to.equal('ab')
    expect([service.pick()!.id, service.pick()!.id]).to.deep.equal(['b', 'b'])
    await b!.update({ enabled: false })
    await until('it is seen', () => service.available.length === 0)
    expect(service.pick()).to.equal(null)
    await service.close()
  })

  it('Z12 lose one that crashes after its session timeout and a tick', async () => {
    await using ground = await Ground.lay({ seed })
    const { server } = ground
    const { service } = await serve(ground, 'a')
    server.freezeTime()
    const crashing = await connect(server.hosts, { sessionTimeout: 1000 })
    await publish(crashing, 'z')
    await until('it is seen', () => idsOf(service.current) === 'az')
    await crashing.close({ keepSession: true })
    server.advance(999)
    await settle()
    expect(idsOf(service.current)).to.equal('az')
    server.advance(101)
    await until('it is seen to go', () => idsOf(service.current) === 'a')
    await service.close()
  })

  it('are served from what is known while there is no connection, and said to be stale', async () => {
    await using ground = await Ground.lay({ seed })
    const { service, zk } = await serve(ground, 'ab')
    const { server } = ground
    server.closeNewConnections(true)
    server.dropConnections()
    await until('it is noticed', () => service.stale)
    expect(idsOf(service.current)).to.equal('ab')
    expect(await service.call(({ id }) => id)).to.equal('a')
    server.seed({ services: { web: { c: JSON.stringify({ name: 'web', id: 'c' }) } } })
    server.closeNewConnections(false)
    await until('it has caught up', () => !service.stale && zk.state === 'connected')
    expect(idsOf(service.current)).to.equal('abc')
    await service.close()
  })

  it('are told of nodes that are none, and keep the last good one of a node', async () => {
    await using ground = await Ground.lay({ seed })
    const { service } = await serve(ground, 'a')
    const { server } = ground
    const changes = service.changes()
    server.seed({ services: { web: { a: 'rubbish', b: 'rubbish' } } })
    const invalid = [await next(changes), await next(changes)] as {
      type: string
      path: string
      error: Error
    }[]
    expect(invalid.map(({ type }) => type)).to.deep.equal(['invalid', 'invalid'])
    expect(invalid.map(({ path }) => path)).to.have.members(['/services/web/a', '/services/web/b'])
    expect(invalid[0]!.error).to.include({ code: 'INVALID_DATA' })
    expect(idsOf(service.current)).to.equal('a')
    server.seed({ services: { web: { b: JSON.stringify({ name: 'web', id: 'b' }) } } })
    await until('it is seen', () => idsOf(service.current) === 'ab')
    const zk = await ground.client()
    await zk.transaction().delete('/services/web/a').create('/services/web/a', 'rubbish').commit()
    await until('another node in its place is seen', () => idsOf(service.current) === 'b')
    await service.close()
  })

  it('are others when their nodes were made anew while that could not be seen', async () => {
    await using ground = await Ground.lay({ seed })
    const { service, zk } = await serve(ground, 'ab')
    const { server } = ground
    const other = await ground.client()
    const changes = service.changes()
    server.closeNewConnections(true)
    server.dropConnection(zk.session.id)
    const again = JSON.stringify({ name: 'web', id: 'a', port: 2 })
    for (const [id, data] of Object.entries({ a: again, b: 'rubbish' })) {
      await other.transaction().delete(`/services/web/${id}`).create(`/services/web/${id}`, data).commit()
    }
    server.closeNewConnections(false)
    const events = [await next(changes), await next(changes), await next(changes), await next(changes)]
    const told = events.map(event => `${event!.type} ${'instance' in event! ? event.instance.id : ''}`)
    expect(told).to.have.members(['removed a', 'added a', 'removed b', 'invalid '])
    expect(told.indexOf('removed a')).to.be.lessThan(told.indexOf('added a'))
    expect(idsOf(service.current)).to.equal('a')
    await service.close()
  })

  it('are said to be stale while their schema is still at work', async () => {
    await using ground = await Ground.lay({ seed })
    let validate = (): void => {}
    const gate = new Promise<void>(resolve => (validate = resolve))
    const schema = z.unknown().refine(() => gate.then(() => true))
    const { service, registry } = await serve(ground, '', { schema })
    await registry.publish({ name: 'web', id: 'a' })
    await until('it is seen', () => service.stale)
    expect(service.current).to.deep.equal([])
    validate()
    await until('it is taken', () => !service.stale)
    expect(idsOf(service.current)).to.equal('a')
    await service.close()
  })

  it('have a payload as their schema makes it, also one that takes its time', async () => {
    await using ground = await Ground.lay({ seed })
    const zk = await ground.client()
    const schema = z.object({ weight: z.coerce.number() }).refine(async ({ weight }) => weight > 0)
    const registry = new ServiceRegistry(zk, PATH)
    await registry.publish({ name: 'web', id: 'a', payload: { weight: '3', more: 1 } })
    await registry.publish({ name: 'web', id: 'b', payload: { weight: 0 } })
    await using service = new ServiceDiscovery(zk, PATH, { schema }).service('web')
    const changes = service.changes()
    await service.start()
    expect(service.current.map(({ payload }) => payload)).to.deep.equal([{ weight: 3 }])
    expect(await nextOf(changes, 'invalid')).to.include({ path: '/services/web/b' })
  })

  it('W9 tell a slow reader that it has missed something', async () => {
    await using ground = await Ground.lay({ seed })
    const { service, registry } = await serve(ground, '')
    const changes = service.changes({ buffer: 2 })
    for (const id of 'abc') await registry.publish({ name: 'web', id })
    await until('all are seen', () => service.current.length === 3)
    expect(await next(changes)).to.deep.equal({ type: 'resync' })
    await service.close()
  })

  it('are found by the names of their services', async () => {
    await using ground = await Ground.lay()
    const zk = await ground.client()
    const discovery = new ServiceDiscovery(zk, PATH)
    expect(await discovery.names()).to.deep.equal([])
    await publish(zk, 'a', 'web')
    await publish(zk, 'a', 'api')
    expect(await discovery.names()).to.deep.equal(['api', 'web'])
    expect(() => discovery.service('a/b'))
      .to.throw()
      .with.property('code', 'BAD_ARGUMENTS')
    expect(await failure(discovery.names({ timeout: 0 }))).to.include({ code: 'BAD_ARGUMENTS' })
  })

  it('need a start that can be given up', async () => {
    await using ground = await Ground.lay({ seed })
    const zk = await ground.client()
    await using service = new ServiceDiscovery(zk, PATH).service('web')
    ground.server.holdReplies()
    expect(await failure(service.start({ timeout: 5 }))).to.include({
      code: 'REQUEST_TIMEOUT',
      operation: 'start',
    })
    ground.server.releaseReplies()
    await service.start()
    expect(service.current).to.deep.equal([])
  })
})

describe('An instance that has failed', () => {
  const backoff = { initial: 100, max: 350 }

  it('is out for a while, which doubles up to a limit, until it works', async () => {
    await using ground = await Ground.lay({ seed })
    const { service, clock } = await serve(ground, 'ab', { backoff })
    const changes = service.changes()
    const a = service.current[0]!
    for (const milliseconds of [100, 200, 350, 350]) {
      service.reportFailure(a)
      expect(await next(changes)).to.deep.equal({ type: 'out', instance: a, milliseconds })
      expect(idsOf(service.available)).to.equal('b')
      clock.advance(milliseconds - 50)
      expect(idsOf(service.available)).to.equal('b')
      clock.advance(50)
      expect(idsOf(service.available)).to.equal('ab')
    }
    service.reportSuccess(a)
    service.reportFailure(a)
    expect(await next(changes)).to.include({ milliseconds: 100 })
    await service.close()
  })

  it('is not out for longer because several calls failed at the same time', async () => {
    await using ground = await Ground.lay({ seed })
    const { service, clock } = await serve(ground, 'ab', { backoff })
    const changes = service.changes()
    const a = service.current[0]!
    for (let call = 0; call < 5; call++) service.reportFailure(a)
    clock.advance(100)
    expect(idsOf(service.available)).to.equal('ab')
    service.reportFailure(a)
    expect(await next(changes)).to.include({ milliseconds: 100 })
    expect(await next(changes)).to.include({ milliseconds: 200 })
    await service.close()
  })

  it('is used all the same when all are out: the one that is to come back first', async () => {
    await using ground = await Ground.lay({ seed })
    const { service, clock } = await serve(ground, 'abc', { backoff })
    const [a, b, c] = service.current as [ServiceInstance, ServiceInstance, ServiceInstance]
    service.reportFailure(b)
    clock.advance(10)
    service.reportFailure(a)
    clock.advance(10)
    service.reportFailure(c)
    expect(service.pick()!.id).to.equal('b')
    service.reportSuccess(c)
    expect(service.pick()!.id).to.equal('c')
    await service.close()
  })

  it('begins anew when it is published anew', async () => {
    await using ground = await Ground.lay({ seed })
    const { service, registry } = await serve(ground, 'ab', { backoff: { initial: 1e6, max: 1e6 } })
    service.reportFailure(service.current[0]!)
    await [...registry.publications][0]!.unpublish()
    await registry.publish({ name: 'web', id: 'a' })
    await until('it is used again', () => idsOf(service.available) === 'ab')
    await service.close()
  })

  it('comes back at a moment that chance has a part in, within bounds', () => {
    let chance = 0
    const clock = new Clock()
    const environment = { ...clock.environment, random: () => chance }
    const pauses = [0, 0.5, 1].map(value => {
      chance = value
      return new Outages(environment, { initial: 100, jitter: 0.5 }).failed('a')
    })
    expect(pauses).to.deep.equal([100, 75, 50])
    for (const options of [{ initial: 0 }, { initial: 10, max: 5 }, { jitter: 2 }]) {
      expect(() => new Outages(environment, options))
        .to.throw('backoff')
        .with.property('code', 'BAD_ARGUMENTS')
    }
  })
})

describe('A call to a service', () => {
  it('returns what the work returns, and starts the service if need be', async () => {
    await using ground = await Ground.lay({ seed })
    const zk = await ground.client()
    await publish(zk, 'a')
    await using service = new ServiceDiscovery(zk, PATH).service('web')
    const result = await service.call(({ id, address }, signal) => `${id} ${address} ${signal.aborted}`)
    expect(result).to.equal('a host-a false')
  })

  it('goes on with the next instance when one fails, and tries none twice', async () => {
    await using ground = await Ground.lay({ seed })
    const { service } = await serve(ground, 'abc')
    const tried: string[] = []
    const work = async ({ id }: ServiceInstance): Promise<string> => {
      tried.push(id)
      if (id !== 'c') throw new Error(`${id} is down`)
      return id
    }
    expect(await service.call(work)).to.equal('c')
    expect(tried.join('')).to.equal('abc')
    expect(idsOf(service.available)).to.equal('c')
    expect(await service.call(work)).to.equal('c')
    expect(tried.join(''), 'those that are out are not tried').to.equal('abcc')
    await service.close()
  })

  it('lets the failures of an instance be forgotten when it has worked', async () => {
    await using ground = await Ground.lay({ seed })
    const { service, clock } = await serve(ground, 'a', { backoff: { initial: 100, max: 1000 } })
    const changes = service.changes()
    const a = service.current[0]!
    service.reportFailure(a)
    clock.advance(100)
    expect(await service.call(({ id }) => id)).to.equal('a')
    service.reportFailure(a)
    const milliseconds = [await next(changes), await next(changes)].map(
      event => event!.type === 'out' && event,
    )
    expect(milliseconds).to.deep.equal(new Array(2).fill({ type: 'out', instance: a, milliseconds: 100 }))
    await service.close()
  })

  it('throws the last error when all attempts have failed, or all instances', async () => {
    await using ground = await Ground.lay({ seed })
    const { service } = await serve(ground, 'abc')
    const tried: string[] = []
    const work = ({ id }: ServiceInstance): never => {
      tried.push(id)
      throw new Error(`${id} is down`)
    }
    expect(await failure(service.call(work, { attempts: 2 }))).to.include({ message: 'b is down' })
    expect(await failure(service.call(work, { attempts: 9 }))).to.include({ message: 'b is down' })
    // First the one that is not out, then those that are, by when they are to come back.
    expect(tried.join('')).to.equal('abcab')
    expect(await failure(service.call(work, { attempts: 0 }))).to.include({ code: 'BAD_ARGUMENTS' })
    await service.close()
  })

  it('fails where there is no instance', async () => {
    await using ground = await Ground.lay({ seed })
    const { service } = await serve(ground, '')
    const error = await failure(service.call(() => 1))
    expect(error).to.include({ code: 'NO_INSTANCE', outcome: 'not-sent', path: '/services/web' })
    await service.close()
  })

  it('throws what is no failure of the instance, which is not blamed for it', async () => {
    await using ground = await Ground.lay({ seed })
    const { service } = await serve(ground, 'ab')
    const work = (): never => {
      throw new Error('not found')
    }
    const isFailure = (error: unknown): boolean => !String(error).includes('not found')
    expect(await failure(service.call(work, { isFailure }))).to.include({ message: 'not found' })
    expect(idsOf(service.available)).to.equal('ab')
    await service.close()
  })

  it('goes on with the next one when an attempt takes too long, and tells the work so', async () => {
    await using ground = await Ground.lay({ seed })
    const { service } = await serve(ground, 'ab')
    let told = false
    const work = ({ id }: ServiceInstance, signal: AbortSignal): string | Promise<string> => {
      if (id === 'b') return id
      signal.addEventListener('abort', () => (told = true))
      return new Promise(() => {})
    }
    expect(await service.call(work, { attemptTimeout: 5 })).to.equal('b')
    expect(told).to.equal(true)
    expect(idsOf(service.available)).to.equal('b')
    await service.close()
  })

  it('ends when it is aborted or its time is over, and blames nobody for that', async () => {
    await using ground = await Ground.lay({ seed })
    const { service } = await serve(ground, 'ab')
    const controller = new AbortController()
    const signals: AbortSignal[] = []
    const work = (_: ServiceInstance, signal: AbortSignal): Promise<never> => {
      signals.push(signal)
      return new Promise(() => {})
    }
    const calling = service.call(work, { signal: controller.signal })
    controller.abort()
    expect(await failure(calling)).to.include({ code: 'ABORTED', operation: 'call' })
    expect(await failure(service.call(work, { timeout: 5 }))).to.include({ code: 'REQUEST_TIMEOUT' })
    const heedful = (_: ServiceInstance, signal: AbortSignal): Promise<never> =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('heeded'))))
    expect(await failure(service.call(heedful, { timeout: 5 }))).to.include({ code: 'REQUEST_TIMEOUT' })
    expect(signals.map(({ aborted }) => aborted)).to.deep.equal([true, true])
    expect(idsOf(service.available)).to.equal('ab')
    expect(await failure(service.call(work, { signal: controller.signal }))).to.include({ code: 'ABORTED' })
    await service.close()
  })

  it('is counted while it is under way, for strategies that heed the load', async () => {
    await using ground = await Ground.lay({ seed })
    const { service } = await serve(ground, 'abc', {}, leastOutstanding())
    const ends: (() => void)[] = []
    const work = ({ id }: ServiceInstance): Promise<string> =>
      new Promise(resolve => {
        ends.push(() => resolve(id))
      })
    const calls = [service.call(work), service.call(work), service.call(work), service.call(work)]
    await settle()
    ends[2]!()
    await settle()
    expect(service.pick()!.id).to.equal('c')
    for (const end of ends) end()
    expect((await Promise.all(calls)).join('')).to.equal('abca')
    await service.close()
  })

  it('chooses by the key, and by another strategy where one is given', async () => {
    await using ground = await Ground.lay({ seed })
    const byKey = await serve(ground, 'abc', {}, rendezvous())
    const call = (key: string): Promise<string> => byKey.service.call(({ id }) => id, { key })
    const placed = await Promise.all(['x', 'y', 'z', 'x'].map(call))
    expect(placed[0]).to.equal(placed[3])
    expect(byKey.service.pick({ key: 'x' })!.id).to.equal(placed[0])
    await byKey.service.close()
    const stuck = await serve(ground, '', {}, sticky())
    expect(new Set([stuck.service.pick(), stuck.service.pick()]).size).to.equal(1)
    await stuck.service.close()
  })

  it('tells numbered instances that share an id apart', async () => {
    await using ground = await Ground.lay({ seed })
    const { service, registry } = await serve(ground, '')
    for (const port of [1, 2, 3]) {
      await registry.publish({ name: 'web', id: 'n', address: 'h', port, serviceType: 'DYNAMIC_SEQUENTIAL' })
    }
    await until('all are seen', () => service.current.length === 3)
    service.reportFailure(service.current[1]!)
    expect([1, 2, 3].map(() => service.pick()!.port)).to.deep.equal([1, 3, 1])
    await service.close()
  })
})
