import { expect } from 'chai'
import { z } from 'zod'
import { Config, codecs, SchemaError } from '../src/index.ts'
import { follow } from './support/follow.ts'
import { failure, settle, TestBed, until } from './support/test-bed.ts'

describe('A configuration in a subtree', () => {
  const schema = z.object({
    'db/host': z.string(),
    'db/port': z.number(),
    debug: z.boolean().optional(),
  })

  it('is an object with a key for each znode that holds a value, validated as a whole', async () => {
    await using bed = await TestBed.start({ seed: { app: { db: { host: '"a"', port: '1' } } } })
    const [zk, other] = [await bed.client(), await bed.client()]
    await using config = new Config(zk, '/app', { schema, subtree: true, jitter: 0 })
    const events = follow(config)
    await config.start()
    expect(config.current).to.deep.equal({ 'db/host': 'a', 'db/port': 1 })
    const [, stat] = await other
      .transaction()
      .setData('/app/db/host', '"b"')
      .setData('/app/db/port', '2')
      .create('/app/debug', 'true')
      .commit()
    await until('it has changed', () => config.current.debug === true)
    expect(config.current).to.deep.equal({ 'db/host': 'b', 'db/port': 2, debug: true })
    expect(config.version.zxid).to.equal(stat.mzxid)
    await settle()
    // No reader sees half of a transaction.
    expect(events.map(({ type }) => type)).to.deep.equal(['changed'])
    await other.delete('/app/db/port')
    await until('it was told', () => events.length === 2)
    expect(events[1]!.type).to.equal('invalid')
    expect(config.current['db/port']).to.equal(2)
  })

  it('has no key for the znode at its path, also if that has data', async () => {
    await using bed = await TestBed.start({ seed: { app: { '': '"not a value"', a: '1' } } })
    const config = new Config(await bed.client(), '/app', { subtree: true })
    await config.start()
    expect(config.current).to.deep.equal({ a: 1 })
    await config.close()
  })

  it('is read again where the data of its top was sent for again, behind its listing', async () => {
    await using bed = await TestBed.start({ seed: { app: { '': '', a: '1' } } })
    const [zk, other] = [await bed.client({ maxInFlight: 1, retryReads: 3 }), await bed.client()]
    const few = z.record(z.string(), z.number()).refine(values => Object.keys(values).length <= 2)
    bed.server.loseNextReply({ operation: 'getData', path: '/app' })
    bed.server.holdNextReply({ operation: 'getChildren2', path: '/app' })
    const config = new Config(zk, '/app', { schema: few, subtree: true })
    const updating = config.update(values =>
      Object.keys(values).length < 2 ? { ...values, ours: 3 } : values,
    )
    await until('its listing is held', () => bed.operations(zk).includes('getChildren2'))
    // As a ConfigWriter writes: the version of the top changes with each transaction.
    const writing = other.transaction().setData('/app', '').create('/app/theirs', '2').commit()
    await until('the other has written', () => '/app/theirs' in bed.server.dump())
    bed.server.releaseReplies()
    await Promise.all([writing, updating])
    const keys = Object.keys(bed.server.dump()).filter(path => !path.endsWith('-anchor'))
    expect(keys).to.deep.equal(['/app', '/app/a', '/app/theirs'])
  })

  it('is updated in one transaction: changed keys are set, new ones created, missing ones deleted', async () => {
    await using bed = await TestBed.start({
      seed: { app: { db: { host: '"a"', port: '1' }, old: { deep: '2' }, kept: '3' } },
    })
    const zk = await bed.client()
    const config = new Config(zk, '/app', { schema: z.record(z.string(), z.unknown()), subtree: true })
    bed.server.clearRequests()
    await config.update(({ 'old/deep': _, 'db/port': __, ...rest }) => ({
      ...rest,
      'db/host': 'b',
      'new/er/est': [1],
    }))
    expect(bed.server.dump()).to.deep.equal({
      '/app': '',
      '/app/db': '',
      '/app/db/host': '"b"',
      '/app/kept': '3',
      '/app/new': null,
      '/app/new/er': null,
      '/app/new/er/est': '[1]',
    })
    expect(bed.operations(zk).filter(name => name === 'multi')).to.have.length(1)
    await config.update(value => ({ ...value, new: 'both', 'kept/too': 4 }))
    await config.update(({ new: _, kept: __, ...value }) => value)
    expect(bed.server.dump()).to.include({ '/app/new': null, '/app/kept': null, '/app/kept/too': '4' })
    bed.server.clearRequests()
    await config.update(value => value)
    expect(bed.operations(zk)).not.to.include('multi')
    for (const key of ['', '/a', 'a//b', 'a/../b']) {
      expect(await failure(config.update(value => ({ ...value, [key]: 1 })))).to.include({
        code: 'BAD_ARGUMENTS',
      })
    }
    const text = new Config(zk, '/app', { codec: codecs.text, subtree: true })
    expect(await failure(text.set({ empty: '' }))).to.include({ code: 'BAD_ARGUMENTS', path: '/app/empty' })
    await zk.create('/app/empty')
    await config.update(({ 'kept/too': _, ...value }) => value)
    // A znode without a value is left alone, unless it has lost its descendants.
    expect(Object.keys(bed.server.dump())).to.include('/app/empty')
    expect(Object.keys(bed.server.dump())).not.to.include('/app/kept')
    expect(await failure(config.set(3 as unknown as Record<string, unknown>))).to.be.instanceOf(SchemaError)
    expect(await failure(new Config(zk, '/app', { subtree: true }).set(3))).to.include({
      code: 'BAD_ARGUMENTS',
    })
  })

  it('is not written over a change that was made elsewhere: it is validated as a whole', async () => {
    await using bed = await TestBed.start({ seed: { app: { low: '1', high: '5', deep: { kept: '0' } } } })
    const [zk, other] = [await bed.client(), await bed.client()]
    const config = new Config(zk, '/app', { schema: z.record(z.string(), z.number()), subtree: true })
    const meanwhile = [
      () => other.setData('/app/high', '3'),
      () => other.delete('/app/deep/kept'),
      () => Promise.resolve(),
    ]
    const seen: number[] = []
    await config.update(async value => {
      await meanwhile[seen.length]!()
      seen.push(value.high!)
      return { ...value, low: value.high! - 1 }
    })
    expect(seen).to.deep.equal([5, 3, 3])
    expect(bed.server.dump()['/app/low']).to.equal('2')
  })

  it('is read in a state no older than the update’s begin', async () => {
    await using bed = await TestBed.start({ seed: { app: { n: '1' } } })
    const zk = await bed.client()
    await new Config(zk, '/app', { subtree: true }).update(value => value)
    expect(bed.operations(zk).slice(0, 3)).to.deep.equal(['create', 'sync', 'getData'])
  })

  it('loses no change of concurrent updates, and creates missing znodes', async () => {
    await using bed = await TestBed.start()
    const zks = await Promise.all(Array.from({ length: 3 }, () => bed.client()))
    const options = {
      schema: z.record(z.string(), z.number()),
      subtree: true,
      default: {} as Record<string, number>,
    }
    await Promise.all(
      zks.flatMap((zk, i) =>
        [0, 1].map(j =>
          new Config(zk, '/some/where', options).update(value => ({
            ...value,
            shared: (value.shared ?? 0) + 1,
            [`own/${i}${j}`]: 1,
          })),
        ),
      ),
    )
    const dump = bed.server.dump()
    expect(dump['/some/where/shared']).to.equal('6')
    expect(bed.names('/some/where/own')).to.have.members(['00', '01', '10', '11', '20', '21'])
  })

  it('is written again when the transaction was lost, and not when only its answer was', async () => {
    await using bed = await TestBed.start({ seed: { app: { n: '1' } } })
    const zk = await bed.client()
    const config = new Config(zk, '/app', { schema: z.record(z.string(), z.number()), subtree: true })
    const increment = (): Promise<Record<string, number>> => config.update(({ n }) => ({ n: n! + 1 }))
    bed.server.dropNextRequest('multi')
    expect(await increment()).to.deep.equal({ n: 2 })
    bed.server.loseNextReply('multi')
    expect(await increment()).to.deep.equal({ n: 3 })
    expect(bed.server.dump()['/app/n']).to.equal('3')
    const stop = new AbortController()
    bed.server.clearRequests()
    bed.server.holdNextReply('multi')
    const given = failure(config.update(({ n }) => ({ n: n! + 1 }), { signal: stop.signal }))
    await until('it is on its way', () => bed.operations(zk).includes('multi'))
    stop.abort()
    expect(await given).to.include({ code: 'ABORTED', outcome: 'unknown' })
    bed.server.releaseReplies()
  })

  it('keeps a znode with descendants, without its value, and is not written if a znode cannot be read', async () => {
    await using bed = await TestBed.start({ seed: { app: { n: { '': '1', empty: '' }, m: '2' } } })
    const [zk, other] = [await bed.client(), await bed.client()]
    const config = new Config(zk, '/app', { schema: z.record(z.string(), z.number()), subtree: true })
    await config.update(({ n: _, ...value }) => value)
    expect(bed.server.dump()).to.deep.equal({
      '/app': '',
      '/app/n': null,
      '/app/n/empty': '',
      '/app/m': '2',
    })
    await other.addAuth('digest', 'u:p')
    await other.create('/app/secret', '3', { acl: [{ perms: 31, id: { scheme: 'auth', id: '' } }] })
    expect(await failure(config.update(value => ({ ...value, m: 4 })))).to.include({ code: 'NO_AUTH' })
    expect(bed.server.dump()['/app/m']).to.equal('2')
  })

  it('S4 accepts any name as a key', async () => {
    await using bed = await TestBed.start({
      seed: { app: { ['__proto__']: '1', constructor: '2', toString: '3' } },
    })
    bed.server.seed({ 'app/__proto__': '1' })
    const zk = await bed.client()
    await using config = new Config<Record<string, unknown>>(zk, '/app', { subtree: true })
    await config.start()
    expect(Object.keys(config.current).sort()).to.deep.equal(['__proto__', 'constructor', 'toString'])
    expect(Object.entries(config.current).map(([, value]) => value)).to.have.members([1, 2, 3])
  })
})
