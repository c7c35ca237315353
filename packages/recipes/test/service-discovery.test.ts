import { connect } from '@zookit/client'
import { expect } from 'chai'
import { z } from 'zod'
import { ServiceDiscovery, type ServiceInstance, ServiceRegistry } from '../src/index.ts'
import { next, nextOf } from './support/events.ts'
import { idsOf, PATH, publish, seed, serve } from './support/services.ts'
import { failure, settle, TestBed, until } from './support/test-bed.ts'

describe('The instances of a service', () => {
  it('are known after the start, and followed from then on', async () => {
    await using bed = await TestBed.start({ seed })
    const { service, registry } = await serve(bed, 'ba')
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

  it('may be none, also if the service has no znode yet', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    await using service = new ServiceDiscovery(zk, PATH).service('web')
    await service.start()
    expect({ current: service.current, picked: service.pick() }).to.deep.equal({ current: [], picked: null })
    await publish(await bed.client(), 'a')
    await until('it is seen', () => service.current.length === 1)
  })

  it('are not used while they are disabled', async () => {
    await using bed = await TestBed.start({ seed })
    const { service, registry } = await serve(bed, 'ab')
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
    await using bed = await TestBed.start({ seed })
    const { server } = bed
    const { service } = await serve(bed, 'a')
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

  it('are served from the last view without a connection, and reported as stale', async () => {
    await using bed = await TestBed.start({ seed })
    const { service, zk } = await serve(bed, 'ab')
    const { server } = bed
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

  it('report znodes without a valid instance, and keep the last valid one of a znode', async () => {
    await using bed = await TestBed.start({ seed })
    const { service } = await serve(bed, 'a')
    const { server } = bed
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
    const zk = await bed.client()
    await zk.transaction().delete('/services/web/a').create('/services/web/a', 'rubbish').commit()
    await until('another znode in its place is seen', () => idsOf(service.current) === 'b')
    await service.close()
  })

  it('are other ones after their znodes were deleted and created again unseen', async () => {
    await using bed = await TestBed.start({ seed })
    const { service, zk } = await serve(bed, 'ab')
    const { server } = bed
    const other = await bed.client()
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

  it('are reported as stale while their schema is still running', async () => {
    await using bed = await TestBed.start({ seed })
    let validate = (): void => {}
    const gate = new Promise<void>(resolve => (validate = resolve))
    const schema = z.unknown().refine(() => gate.then(() => true))
    const { service, registry } = await serve(bed, '', { schema })
    await registry.publish({ name: 'web', id: 'a' })
    await until('it is seen', () => service.stale)
    expect(service.current).to.deep.equal([])
    validate()
    await until('it is taken', () => !service.stale)
    expect(idsOf(service.current)).to.equal('a')
    await service.close()
  })

  it('have the payload that their schema returns, also an asynchronous one', async () => {
    await using bed = await TestBed.start({ seed })
    const zk = await bed.client()
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

  it('W9 report to a slow reader that it has missed something', async () => {
    await using bed = await TestBed.start({ seed })
    const { service, registry } = await serve(bed, '')
    const changes = service.changes({ buffer: 2 })
    for (const id of 'abc') await registry.publish({ name: 'web', id })
    await until('all are seen', () => service.current.length === 3)
    expect(await next(changes)).to.deep.equal({ type: 'resync' })
    await service.close()
  })

  it('are found by the names of their services', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const discovery = new ServiceDiscovery(zk, PATH)
    expect(await discovery.names()).to.deep.equal([])
    await publish(zk, 'a', 'web')
    await publish(zk, 'a', 'api')
    expect(await discovery.names()).to.deep.equal(['api', 'web'])
    expect(() => discovery.service('a/b'))
      .to.throw()
      .with.property('code', 'BAD_ARGUMENTS')
    expect(await failure(discovery.names({ timeout: -1 }))).to.include({ code: 'BAD_ARGUMENTS' })
  })

  it('have a start that can be given up', async () => {
    await using bed = await TestBed.start({ seed })
    const zk = await bed.client()
    await using service = new ServiceDiscovery(zk, PATH).service('web')
    bed.server.holdReplies()
    expect(await failure(service.start({ timeout: 5 }))).to.include({
      code: 'REQUEST_TIMEOUT',
      operation: 'start',
    })
    bed.server.releaseReplies()
    await service.start()
    expect(service.current).to.deep.equal([])
  })
})
