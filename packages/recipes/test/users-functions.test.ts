import type { ZooKeeper } from '@zookit/client'
import { expect } from 'chai'
import { type Limits, type Schema, ServiceRegistry, SharedValue } from '../src/index.ts'
import { failure, TestBed } from './support/test-bed.ts'

const never = (): Promise<never> => new Promise(() => {})

/** A schema that takes a time, in milliseconds, for each value. */
function slow(milliseconds: number): Schema<unknown> {
  const validate = async (value: unknown): Promise<{ value: unknown }> => {
    await new Promise(resolve => setTimeout(resolve, milliseconds))
    return { value }
  }
  return { '~standard': { version: 1, vendor: 'own', validate } }
}

const CALLS: Record<string, (zk: ZooKeeper, limits: Limits) => Promise<unknown>> = {
  'SharedValue.update': (zk, limits) => new SharedValue(zk, '/value').update(never, limits),
  'ServiceRegistry.publish': (zk, limits) =>
    new ServiceRegistry(zk, '/services', { schema: slow(1e6) }).publish({ name: 'web' }, limits),
}

describe('A call that waits for a function of the user', () => {
  for (const [name, call] of Object.entries(CALLS)) {
    it(`waits no longer than its timeout, and its signal, allow: ${name}`, async () => {
      await using bed = await TestBed.start({ seed: { value: '' } })
      const zk = await bed.client()
      expect(await failure(call(zk, { timeout: 50 }))).to.include({ code: 'REQUEST_TIMEOUT' })
      const stop = new AbortController()
      const calling = failure(call(zk, { signal: stop.signal }))
      stop.abort()
      expect(await calling).to.include({ code: 'ABORTED' })
      expect(bed.names('/services')).to.deep.equal([])
    })
  }

  it('has one timeout for that and for the write: update of a publication', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const registry = new ServiceRegistry(zk, '/services', { schema: slow(600), jitter: 0 })
    const publication = await registry.publish({ name: 'web', id: 'a' })
    bed.server.holdNextReply('setData')
    const begun = performance.now()
    const updating = publication.update({ payload: 1 }, { timeout: 800 })
    expect(await failure(updating)).to.include({ code: 'REQUEST_TIMEOUT', outcome: 'unknown' })
    expect(performance.now() - begun).to.be.below(1300)
    bed.server.releaseReplies()
  })
})
