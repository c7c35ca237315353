import { expect } from 'chai'
import { Outages } from '../src/discovery/outages.ts'
import { leastOutstanding, rendezvous, ServiceDiscovery, type ServiceInstance, sticky } from '../src/index.ts'
import { next } from './support/events.ts'
import { idsOf, PATH, publish, seed, serve } from './support/services.ts'
import { Clock, failure, settle, TestBed, until } from './support/test-bed.ts'

describe('An instance that has failed', () => {
  const backoff = { initial: 100, max: 350 }

  it('is out for a while, which doubles up to a limit, until it works', async () => {
    await using bed = await TestBed.start({ seed })
    const { service, clock } = await serve(bed, 'ab', { backoff })
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
    await using bed = await TestBed.start({ seed })
    const { service, clock } = await serve(bed, 'ab', { backoff })
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

  it('is used all the same when all are out: the one that comes back first', async () => {
    await using bed = await TestBed.start({ seed })
    const { service, clock } = await serve(bed, 'abc', { backoff })
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

  it('has no failures when it is published again', async () => {
    await using bed = await TestBed.start({ seed })
    const { service, registry } = await serve(bed, 'ab', { backoff: { initial: 1e6, max: 1e6 } })
    service.reportFailure(service.current[0]!)
    await [...registry.publications][0]!.unpublish()
    await registry.publish({ name: 'web', id: 'a' })
    await until('it is used again', () => idsOf(service.available) === 'ab')
    await service.close()
  })

  it('comes back at a random moment within bounds', () => {
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
        .to.throw(/the option (initial|max|jitter) must be/)
        .with.property('code', 'BAD_ARGUMENTS')
    }
  })
})

describe('A call to a service', () => {
  it('returns what the work returns, and starts the service if necessary', async () => {
    await using bed = await TestBed.start({ seed })
    const zk = await bed.client()
    await publish(zk, 'a')
    await using service = new ServiceDiscovery(zk, PATH).service('web')
    const result = await service.call(({ id, address }, signal) => `${id} ${address} ${signal.aborted}`)
    expect(result).to.equal('a host-a false')
  })

  it('goes on with the next instance when one fails, and tries none twice', async () => {
    await using bed = await TestBed.start({ seed })
    const { service } = await serve(bed, 'abc')
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

  it('forgets the failures of an instance that works', async () => {
    await using bed = await TestBed.start({ seed })
    const { service, clock } = await serve(bed, 'a', { backoff: { initial: 100, max: 1000 } })
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
    await using bed = await TestBed.start({ seed })
    const { service } = await serve(bed, 'abc')
    const tried: string[] = []
    const work = ({ id }: ServiceInstance): never => {
      tried.push(id)
      throw new Error(`${id} is down`)
    }
    expect(await failure(service.call(work, { attempts: 2 }))).to.include({ message: 'b is down' })
    expect(await failure(service.call(work, { attempts: 9 }))).to.include({ message: 'b is down' })
    // First the one that is not out, then those that are, in the order in which they come back.
    expect(tried.join('')).to.equal('abcab')
    expect(await failure(service.call(work, { attempts: 0 }))).to.include({ code: 'BAD_ARGUMENTS' })
    await service.close()
  })

  it('fails if there is no instance', async () => {
    await using bed = await TestBed.start({ seed })
    const { service } = await serve(bed, '')
    const error = await failure(service.call(() => 1))
    expect(error).to.include({ code: 'NO_INSTANCE', outcome: 'not-sent', path: '/services/web' })
    await service.close()
  })

  it('throws an error that is not the instance’s failure, which does not count against it', async () => {
    await using bed = await TestBed.start({ seed })
    const { service } = await serve(bed, 'ab')
    const work = (): never => {
      throw new Error('not found')
    }
    const isFailure = (error: unknown): boolean => !String(error).includes('not found')
    expect(await failure(service.call(work, { isFailure }))).to.include({ message: 'not found' })
    expect(idsOf(service.available)).to.equal('ab')
    await service.close()
  })

  it('goes on with the next one when an attempt takes too long, and aborts the work’s signal', async () => {
    await using bed = await TestBed.start({ seed })
    const { service } = await serve(bed, 'ab')
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

  it('ends when it is aborted or its time is over, which counts against no instance', async () => {
    await using bed = await TestBed.start({ seed })
    const { service } = await serve(bed, 'ab')
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

  it('is counted while it is in flight, for strategies that use the load', async () => {
    await using bed = await TestBed.start({ seed })
    const { service } = await serve(bed, 'abc', {}, leastOutstanding())
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

  it('chooses by the key, and by another strategy if one is given', async () => {
    await using bed = await TestBed.start({ seed })
    const byKey = await serve(bed, 'abc', {}, rendezvous())
    const call = (key: string): Promise<string> => byKey.service.call(({ id }) => id, { key })
    const placed = await Promise.all(['x', 'y', 'z', 'x'].map(call))
    expect(placed[0]).to.equal(placed[3])
    expect(byKey.service.pick({ key: 'x' })!.id).to.equal(placed[0])
    const without = { code: 'BAD_ARGUMENTS', path: byKey.service.path }
    expect(() => byKey.service.pick())
      .to.throw('key')
      .with.include({ ...without, operation: 'pick' })
    expect(await failure(byKey.service.call(() => 'x'))).to.include({ ...without, operation: 'call' })
    await byKey.service.close()
    const stuck = await serve(bed, '', {}, sticky())
    expect(new Set([stuck.service.pick(), stuck.service.pick()]).size).to.equal(1)
    await stuck.service.close()
  })

  it('distinguishes sequential instances that share an id', async () => {
    await using bed = await TestBed.start({ seed })
    const { service, registry } = await serve(bed, '')
    for (const port of [1, 2, 3]) {
      await registry.publish({ name: 'web', id: 'n', address: 'h', port, serviceType: 'DYNAMIC_SEQUENTIAL' })
    }
    await until('all are seen', () => service.current.length === 3)
    service.reportFailure(service.current[1]!)
    expect([1, 2, 3].map(() => service.pick()!.port)).to.deep.equal([1, 3, 1])
    await service.close()
  })
})
