import { expect } from 'chai'
import { z } from 'zod'
import { type HealthOptions, type Publication, ServiceRegistry } from '../src/index.ts'
import { next, nextOf, typesOf } from './support/events.ts'
import { RoundTrips } from './support/round-trips.ts'
import { failure, settle, TestBed, until } from './support/test-bed.ts'

const PATH = '/services'
const seed = { services: { web: '' } }
const web = { name: 'web', id: 'a', address: '10.0.0.1', port: 80 }

function stored(bed: TestBed, id = 'a'): Record<string, unknown> | undefined {
  const text = bed.server.dump()[`${PATH}/web/${id}`]
  return text === undefined ? undefined : JSON.parse(text!)
}

describe('Publishing an instance', () => {
  it('takes one round trip if the service’s znode exists, and so does unpublishing', async () => {
    await using bed = await TestBed.start({ seed })
    const trips = new RoundTrips()
    const zk = await bed.client({
      environment: { ...trips.environment, wallTime: () => 1_700_000_000_000 },
    })
    const registry = new ServiceRegistry(zk, PATH)
    trips.take()
    const published = await registry.publish({ ...web, payload: { zone: 'b' } })
    expect(trips.take()).to.equal(1)
    expect(stored(bed)).to.deep.equal({
      ...web,
      sslPort: null,
      payload: { zone: 'b' },
      registrationTimeUTC: 1_700_000_000_000,
      serviceType: 'DYNAMIC',
      uriSpec: null,
      enabled: true,
    })
    expect((await zk.exists('/services/web/a'))!.ephemeralOwner).to.equal(zk.session.id)
    expect(published).to.include({ path: '/services/web/a', held: true, healthy: true })
    expect([...registry.publications]).to.deep.equal([published])
    trips.take()
    await published.unpublish()
    expect(trips.take()).to.equal(1)
    expect(stored(bed)).to.equal(undefined)
    expect(registry.publications.size).to.equal(0)
  })

  it('creates missing ancestors, and adds ids and times', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    await using registry = new ServiceRegistry(zk, PATH)
    const before = Date.now()
    const { instance } = await registry.publish({ name: 'web' })
    expect(instance.id).to.match(/^[0-9a-f]{8}-[0-9a-f]{4}-4/)
    expect(instance.registrationTimeUTC).to.be.within(before, Date.now())
    expect(stored(bed, instance.id)).to.include({ id: instance.id, address: null })
  })

  it('creates the kind of znode that the service type needs', async () => {
    await using bed = await TestBed.start({ seed })
    const zk = await bed.client()
    const registry = new ServiceRegistry(zk, PATH)
    for (const serviceType of ['STATIC', 'PERMANENT', 'DYNAMIC_SEQUENTIAL'] as const) {
      await registry.publish({ ...web, id: serviceType, serviceType })
    }
    const owners: Record<string, bigint> = {}
    for (const name of bed.names('/services/web')) {
      owners[name.replace(/^_c_[-0-9a-f]{36}-/, '')] = (await zk.exists(
        `/services/web/${name}`,
      ))!.ephemeralOwner
    }
    const { id } = zk.session
    expect(owners).to.deep.equal({ STATIC: 0n, PERMANENT: 0n, DYNAMIC_SEQUENTIAL0000000002: id })
    await registry.close()
    expect(bed.names('/services/web')).to.deep.equal([])
  })

  it('refuses an instance that others could not read', async () => {
    await using bed = await TestBed.start({ seed })
    const zk = await bed.client()
    await using registry = new ServiceRegistry<unknown>(zk, PATH)
    const bad: object[] = [
      { name: '' },
      { name: 'a/b' },
      { id: 'a/b' },
      { port: 65_536 },
      { port: -1 },
      { sslPort: 1.5 },
      { address: 1 },
      { enabled: 'yes' },
      { serviceType: 'OTHER' },
      { uriSpec: '{' },
      { payload: 1n },
      { payloadClass: 1 },
    ]
    for (const change of bad) {
      const error = await failure(registry.publish({ ...web, ...change }))
      expect(error, Object.keys(change).join()).to.include({ code: 'BAD_ARGUMENTS' })
    }
    for (const health of [{ interval: 0 }, { timeout: 0 }, { threshold: 0 }, { whenUnhealthy: 'x' }]) {
      const error = await failure(registry.publish(web, { health: health as HealthOptions }))
      expect(error, Object.keys(health).join()).to.include({ code: 'BAD_ARGUMENTS' })
    }
    expect(bed.names('/services/web')).to.deep.equal([])
  })

  it('refuses a payload that its schema refuses', async () => {
    await using bed = await TestBed.start({ seed })
    const zk = await bed.client()
    const schema = z.object({ zone: z.string() })
    await using registry = new ServiceRegistry(zk, PATH, { schema, payloadClass: 'com.example.Place' })
    const wrong = { zone: 1 } as unknown as { zone: string }
    expect(await failure(registry.publish({ ...web, payload: wrong }))).to.include({ code: 'INVALID_DATA' })
    const published = await registry.publish({ ...web, payload: { zone: 'a' } })
    expect(await failure(published.update({ payload: wrong }))).to.include({ code: 'INVALID_DATA' })
    expect(stored(bed)!.payload).to.deep.equal({ '@class': 'com.example.Place', zone: 'a' })
    expect(published.instance.payload).to.deep.equal({ zone: 'a' })
  })

  it('Z4 leaves no znode behind when it is given up', async () => {
    await using bed = await TestBed.start({ seed })
    const zk = await bed.client()
    await using registry = new ServiceRegistry(zk, PATH)
    bed.server.holdNextReply('create')
    const given = new AbortController()
    const publishing = failure(registry.publish(web, { signal: given.signal }))
    await until('it is on its way', () => bed.operations(zk).includes('create'))
    given.abort()
    expect(await publishing).to.include({ code: 'ABORTED', operation: 'publish' })
    bed.server.releaseReplies()
    await until('it is deleted', () => bed.operations(zk).includes('delete'))
    await settle()
    expect(bed.names('/services/web')).to.deep.equal([])
    expect(registry.publications.size).to.equal(0)
  })
})

describe('A published instance', () => {
  it('can be changed, except the fields it is found by', async () => {
    await using bed = await TestBed.start({ seed })
    const zk = await bed.client()
    await using registry = new ServiceRegistry(zk, PATH)
    const published = await registry.publish({ ...web, payload: 1 as number | null })
    await published.update({ port: 81, payload: 2, address: undefined, ...{ id: 'a', name: 'web' } })
    expect(stored(bed)).to.include({ name: 'web', id: 'a', port: 81, payload: 2, address: '10.0.0.1' })
    await published.update({ payload: null })
    expect(stored(bed)).to.include({ port: 81, payload: null })
    const renaming = published.update({ port: 82, ...{ name: 'x' } })
    for (const refused of [renaming, published.update({ port: -1 })])
      expect(await failure(refused)).to.include({ code: 'BAD_ARGUMENTS' })
    expect(published.instance.port).to.equal(81)
  })

  it('Z12 is published again after the session has expired, in its last state', async () => {
    await using bed = await TestBed.start({ seed })
    const zk = await bed.client()
    await using registry = new ServiceRegistry(zk, PATH, { jitter: 0 })
    const published = await registry.publish(web)
    await published.update({ port: 81 })
    const changes = published.changes()
    bed.server.expireSession(zk.session.id)
    expect(await next(changes)).to.include({ type: 'lost', reason: 'expired' })
    expect(await next(changes)).to.include({ type: 'created', after: 'expired' })
    expect(stored(bed)).to.include({ port: 81 })
    expect((await zk.exists(published.path))!.ephemeralOwner).to.equal(zk.session.id)
  })

  it('Z9 replaces the leftover of the previous process', async () => {
    await using bed = await TestBed.start({ seed })
    const [before, zk] = [await bed.client(), await bed.client()]
    await new ServiceRegistry(before, PATH).publish(web)
    await using registry = new ServiceRegistry(zk, PATH)
    await registry.publish({ ...web, port: 81 })
    expect(bed.operations(zk)).not.to.include('delete')
    bed.server.expireSession(before.session.id)
    await settle()
    expect(stored(bed)).to.include({ port: 81 })
  })

  it('Z3 is unpublished with a guarantee', async () => {
    await using bed = await TestBed.start({ seed })
    const zk = await bed.client()
    const registry = new ServiceRegistry(zk, PATH)
    await Promise.all(['a', 'b', 'c'].map(id => registry.publish({ ...web, id })))
    bed.server.dropNextRequest('delete')
    await registry.close()
    expect(bed.names('/services/web')).to.deep.equal([])
    expect(registry.publications.size).to.equal(0)
  })
})

describe('The health of a published instance', () => {
  interface Scenario {
    bed: TestBed
    published: Publication
    /** Results of the checks from now on. */
    set(result: () => unknown): void
    checks(): number
  }

  async function publish(bed: TestBed, health: HealthOptions = {}): Promise<Scenario> {
    const zk = await bed.client()
    let [result, checks]: [() => unknown, number] = [() => true, 0]
    const check = (): unknown => {
      checks++
      return result()
    }
    const registry = new ServiceRegistry(zk, PATH)
    const published = await registry.publish(web, { health: { check, interval: 2, ...health } })
    const set = (next: () => unknown): void => {
      result = next
    }
    return { bed, published, set, checks: () => checks }
  }

  const sick: Record<string, () => unknown> = {
    'says false': () => false,
    'comes to false': async () => false,
    throws: () => {
      throw new Error('sick')
    },
    'is rejected': () => Promise.reject(new Error('sick')),
    'does not come to an end': () => new Promise(() => {}),
  }

  for (const [what, result] of Object.entries(sick)) {
    it(`is reported to all when its check ${what}, and when it is well again`, async () => {
      await using bed = await TestBed.start({ seed })
      const scenario = await publish(bed, { timeout: 5 })
      const changes = scenario.published.changes()
      scenario.set(result)
      const event = await nextOf(changes, 'unhealthy')
      if (what === 'throws' || what === 'is rejected') expect(String(event.reason)).to.include('sick')
      if (what.includes('end')) expect(event.reason).to.include({ code: 'REQUEST_TIMEOUT' })
      await until('it is disabled', () => stored(bed)!.enabled === false)
      expect(scenario.published.healthy).to.equal(false)
      expect(scenario.published.instance.enabled, 'as it was published').to.equal(true)
      scenario.set(() => undefined)
      await nextOf(changes, 'healthy')
      await until('it is enabled', () => stored(bed)!.enabled === true)
      await scenario.published.unpublish()
    })
  }

  it('stays good until the threshold of failed checks in a row is reached', async () => {
    await using bed = await TestBed.start({ seed })
    const scenario = await publish(bed, { threshold: 3 })
    let checks = 0
    scenario.set(() => ++checks % 3 === 0)
    await until('many have failed', () => checks > 12)
    expect(scenario.published.healthy).to.equal(true)
    scenario.set(() => false)
    await until('three have failed', () => !scenario.published.healthy)
    await scenario.published.unpublish()
  })

  it('can withdraw the znode instead, until it is good again; changes stay meanwhile', async () => {
    await using bed = await TestBed.start({ seed })
    const scenario = await publish(bed, { whenUnhealthy: 'withdraw' })
    const changes = scenario.published.changes()
    scenario.set(() => false)
    await nextOf(changes, 'withdrawn')
    expect(stored(bed)).to.equal(undefined)
    await scenario.published.update({ port: 81 })
    expect(stored(bed)).to.equal(undefined)
    scenario.set(() => true)
    expect(await nextOf(changes, 'created')).to.include({ after: 'withdrawn' })
    expect(stored(bed)).to.include({ port: 81, enabled: true })
    await scenario.published.unpublish()
    expect(stored(bed)).to.equal(undefined)
  })

  it('can be reported without a check', async () => {
    await using bed = await TestBed.start({ seed })
    const zk = await bed.client()
    await using registry = new ServiceRegistry(zk, PATH)
    const published = await registry.publish(web)
    const changes = published.changes()
    await published.report(false, { reason: 'overloaded' })
    expect(stored(bed)).to.include({ enabled: false })
    await published.report(false)
    await published.update({ enabled: true, port: 81 })
    expect(stored(bed)).to.include({ enabled: false, port: 81 })
    await published.report(true)
    expect(stored(bed)).to.include({ enabled: true })
    await published.update({ enabled: false })
    expect(stored(bed), 'disabled by hand').to.include({ enabled: false })
    await published.unpublish()
    expect(await typesOf(changes)).to.deep.equal(['unhealthy', 'healthy'])
  })

  it('can be assumed bad until the first check: then it is published disabled, or not at all', async () => {
    for (const whenUnhealthy of ['disable', 'withdraw'] as const) {
      await using bed = await TestBed.start({ seed })
      const zk = await bed.client()
      const registry = new ServiceRegistry(zk, PATH)
      let answer: (well: boolean) => void = () => {}
      const check = (): Promise<boolean> => new Promise(resolve => (answer = resolve))
      const published = await registry.publish(web, { health: { check, whenUnhealthy, initially: false } })
      if (whenUnhealthy === 'disable') expect(stored(bed)).to.include({ enabled: false })
      else expect(stored(bed)).to.equal(undefined)
      answer(true)
      await until('it is enabled', () => stored(bed)?.enabled === true)
      await published.unpublish()
      expect(stored(bed)).to.equal(undefined)
    }
  })

  it('is not checked after the client was closed', async () => {
    await using bed = await TestBed.start({ seed })
    const zk = await bed.client()
    const registry = new ServiceRegistry(zk, PATH)
    let checks = 0
    const published = await registry.publish(web, { health: { check: () => ++checks, interval: 1 } })
    await until('it is looked at', () => checks > 1)
    await zk.close()
    expect(await typesOf(published.changes())).to.deep.equal([])
    expect(registry.publications.size).to.equal(0)
    checks = 0
    await new Promise(resolve => setTimeout(resolve, 10))
    expect(checks).to.equal(0)
    await published.unpublish()
  })

  it('is not checked after it was unpublished', async () => {
    await using bed = await TestBed.start({ seed })
    let aborted = false
    const check = (signal: AbortSignal): Promise<void> =>
      new Promise(resolve => {
        signal.addEventListener('abort', () => {
          aborted = true
          resolve()
        })
      })
    const { published } = await publish(bed, { check })
    const unpublishing = published.unpublish()
    expect(aborted, 'before it is gone').to.equal(true)
    await unpublishing
    const other = await publish(bed)
    await until('it is looked at', () => other.checks() > 1)
    await other.published.unpublish()
    const checks = other.checks()
    await settle()
    await new Promise(resolve => setTimeout(resolve, 10))
    expect(other.checks()).to.equal(checks)
  })
})
