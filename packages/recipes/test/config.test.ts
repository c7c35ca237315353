import { expect } from 'chai'
import * as v from 'valibot'
import { z } from 'zod'
import { Config, type ConfigEvent, codecs, type Schema, SchemaError } from '../src/index.ts'
import { failure, Ground, settle, until } from './support/ground.ts'

const zod = z.object({ port: z.number().int(), host: z.string().default('localhost') })
const valibot = v.object({ port: v.pipe(v.number(), v.integer()), host: v.optional(v.string(), 'localhost') })

/** Collects events until the configuration is closed. */
function follow<Value>(config: Config<Value>): ConfigEvent<Value>[] {
  const events: ConfigEvent<Value>[] = []
  void (async () => {
    for await (const event of config.changes()) events.push(event)
  })()
  return events
}

for (const [library, schema] of [
  ['zod', zod],
  ['valibot', valibot],
] as const) {
  describe(`A configuration in one node, typed by ${library}`, () => {
    it('is there at once, typed and validated, and follows every change', async () => {
      await using ground = await Ground.lay({ seed: { app: '{"port":1}' } })
      const [zk, other] = [await ground.client(), await ground.client()]
      await using config = new Config(zk, '/app', { schema, jitter: 0 })
      const events = follow(config)
      expect(() => config.current)
        .to.throw()
        .with.property('code', 'NOT_STARTED')
      await config.start({ timeout: 5000 })
      await config.start()
      const { port, host }: { port: number; host: string } = config.current
      expect([port, host, config.stale, config.problem]).to.deep.equal([1, 'localhost', false, null])
      const stat = await other.setData('/app', '{"port":2,"host":"db"}')
      await until('it has changed', () => config.current.port === 2)
      expect(config.version).to.deep.equal({
        value: { port: 2, host: 'db' },
        zxid: stat.mzxid,
        time: stat.mtime,
      })
      await settle()
      expect(events).to.deep.equal([{ type: 'changed', value: config.current, version: config.version }])
    })

    it('keeps the last good value when it is made invalid, and says so', async () => {
      await using ground = await Ground.lay({ seed: { app: '{"port":1}' } })
      const [zk, other] = [await ground.client(), await ground.client()]
      await using config = new Config(zk, '/app', { schema, jitter: 0 })
      const events = follow(config)
      await config.start()
      await other.setData('/app', '{"port":"one"}')
      await until('it was told', () => events.length === 1)
      const [event] = events
      const error = event?.type === 'invalid' ? event.error : null
      expect(error).to.be.instanceOf(SchemaError)
      expect((error as SchemaError).issues.map(({ path }) => path)).to.deep.equal([['port']])
      expect(config.problem).to.equal(error)
      expect(config.current.port).to.equal(1)
      await other.setData('/app', '{"port":')
      await until('it was told again', () => events.length === 2)
      expect(config.problem).to.include({ code: 'INVALID_DATA', path: '/app' })
      await other.setData('/app', '{"port":3}')
      await until('it is good again', () => config.current.port === 3)
      expect(config.problem).to.equal(null)
      expect(config.history.map(({ value }) => value.port)).to.deep.equal([1, 3])
    })

    it('is updated, validated before it is written', async () => {
      await using ground = await Ground.lay({ seed: { app: '{"port":1}' } })
      const zk = await ground.client()
      const config = new Config(zk, '/app', { schema })
      expect(await config.update(({ port }) => ({ port: port + 1, host: 'x' }))).to.deep.equal({
        port: 2,
        host: 'x',
      })
      const broken = failure(config.update(value => ({ ...value, port: 1.5 })))
      expect(await broken).to.be.instanceOf(SchemaError)
      expect(ground.server.dump()['/app']).to.equal('{"port":2,"host":"x"}')
    })
  })
}

describe('A configuration', () => {
  it('that is missing is an error that says so, unless there is a default', async () => {
    await using ground = await Ground.lay()
    const [zk, other] = [await ground.client(), await ground.client()]
    const config = new Config(zk, '/app', { schema: zod, jitter: 0 })
    const error = await failure(config.start())
    expect(error).to.include({ code: 'NO_NODE', path: '/app' })
    expect(error.message).to.include('no default')
    await until('nothing is left running', () => ground.server.watches().length === 0)
    await other.create('/app', '{"port":"x"}')
    expect(await failure(config.start())).to.be.instanceOf(SchemaError)
    await other.setData('/app', '{"port":7}')
    await config.start()
    expect(config.current.port).to.equal(7)
    const events = follow(config)
    await other.delete('/app')
    await until('it was told', () => events.length === 1)
    expect([events[0]!.type, config.current.port]).to.deep.equal(['deleted', 7])
    expect(config.problem).to.include({ code: 'NO_NODE' })
    await config.close()

    await using lenient = new Config(zk, '/app', {
      schema: zod,
      default: { port: 80, host: 'here' },
      jitter: 0,
    })
    await lenient.start()
    expect(lenient.version).to.deep.equal({ value: { port: 80, host: 'here' }, zxid: null, time: null })
    await other.create('/app', '{"port":8}')
    await until('it is there', () => lenient.current.port === 8)
    await other.delete('/app')
    await until('it has gone', () => lenient.current.port === 80)
    expect(lenient.problem).to.equal(null)
  })

  it('is read again after a lost connection: what has changed is told, and then that nothing is missing', async () => {
    await using ground = await Ground.lay({ seed: { app: '{"port":1}' } })
    const [zk, other] = [await ground.client(), await ground.client()]
    await using config = new Config(zk, '/app', { schema: zod, jitter: 0 })
    await config.start()
    const events = follow(config)
    ground.server.closeNewConnections(true)
    ground.server.dropConnection(zk.session.id)
    await until('it is stale', () => config.stale)
    await other.setData('/app', '{"port":2}')
    ground.server.closeNewConnections(false)
    await until('it is complete', () => events.length === 2)
    expect(events.map(({ type }) => type)).to.deep.equal(['changed', 'resynced'])
    expect([config.current.port, config.stale]).to.deep.equal([2, false])
  })

  it('remembers so many versions, and tells a slow listener that it has missed some', async () => {
    await using ground = await Ground.lay({ seed: { app: '0' } })
    const [zk, other] = [await ground.client(), await ground.client()]
    await using config = new Config(zk, '/app', { schema: z.number(), history: 3, jitter: 0 })
    await config.start()
    const slow = config.changes({ buffer: 2 })
    for (let i = 1; i <= 5; i++) {
      await other.setData('/app', String(i))
      await until('it has changed', () => config.current === i)
    }
    expect(config.history.map(({ value }) => value)).to.deep.equal([3, 4, 5])
    expect((await slow.next()).value).to.deep.equal({ type: 'resynced', reason: 'overflow' })
    await slow.return!()
  })

  it('takes the time that a schema takes, one version after the other', async () => {
    await using ground = await Ground.lay({ seed: { app: '0' } })
    const [zk, other] = [await ground.client(), await ground.client()]
    const gates: (() => void)[] = []
    const validate = async (value: unknown): Promise<{ value: number }> => {
      await new Promise<void>(resolve => void gates.push(resolve))
      return { value: Number(value) }
    }
    const slow: Schema<number> = { '~standard': { version: 1, vendor: 'test', validate } }
    await using config = new Config(zk, '/app', { schema: slow, jitter: 0 })
    const starting = config.start()
    await until('it is validated', () => gates.length === 1)
    for (let i = 1; i <= 4; i++) await other.setData('/app', String(i))
    await settle()
    expect(gates).to.have.length(1)
    gates.shift()!()
    await starting
    expect(config.current).to.equal(0)
    await until('the next is validated', () => gates.length === 1)
    gates.shift()!()
    await until('it is the newest', () => config.current === 4)
    expect(config.history).to.have.length(2)
  })

  it('is updated by all at the same time without one change lost', async () => {
    await using ground = await Ground.lay()
    const zks = await Promise.all(Array.from({ length: 4 }, () => ground.client()))
    const updates = zks.flatMap((zk, i) =>
      ['a', 'b', 'c'].map(name =>
        new Config(zk, '/config/app', { schema: z.array(z.string()), default: [] }).update(list => [
          ...list,
          `${name}${i}`,
        ]),
      ),
    )
    await Promise.all(updates)
    const list = JSON.parse(ground.server.dump()['/config/app']!)
    expect(new Set(list).size).to.equal(12)
    expect(await failure(new Config(zks[0]!, '/none').update(value => value))).to.include({ code: 'NO_NODE' })
  })

  it('is set whatever it was, and written again where a lost connection has taken it', async () => {
    await using ground = await Ground.lay({ seed: { app: 'nonsense' } })
    const zk = await ground.client()
    const config = new Config(zk, '/app', { schema: z.number() })
    expect(await failure(config.update(value => value))).to.include({ code: 'INVALID_DATA' })
    ground.server.dropNextRequest('setData')
    expect(await config.set(5)).to.equal(5)
    ground.server.loseNextReply('setData')
    expect(await failure(config.set(6))).to.include({ code: 'CONNECTION_LOSS', outcome: 'unknown' })
    expect(ground.server.dump()['/app']).to.equal('6')
    ground.server.holdReplies()
    expect(await failure(config.update(value => value + 1, { timeout: 20 }))).to.include({
      code: 'REQUEST_TIMEOUT',
    })
    ground.server.releaseReplies()
  })

  it('is text or bytes if its codec says so', async () => {
    await using ground = await Ground.lay({ seed: { app: 'plain' } })
    const zk = await ground.client()
    await using text = new Config(zk, '/app', { codec: codecs.text, schema: z.string() })
    await using bytes = new Config(zk, '/app', { codec: codecs.binary })
    await Promise.all([text.start(), bytes.start()])
    expect([text.current, bytes.current]).to.deep.equal(['plain', Buffer.from('plain')])
    await bytes.set(null)
    expect(ground.server.dump()['/app']).to.equal(null)
    expect(await failure(text.set(3 as unknown as string))).to.include({ code: 'INVALID_DATA' })
  })

  it('ends with its client, refuses what cannot be, and cannot be started once it is closed', async () => {
    await using ground = await Ground.lay({ seed: { app: '1' } })
    const [zk, renewless] = [await ground.client(), await ground.client({ renew: false })]
    expect(() => new Config(zk, '/app', { history: 0 }))
      .to.throw()
      .with.property('code', 'BAD_ARGUMENTS')
    const config = new Config(renewless, '/app')
    await config.start()
    const changes = config.changes()
    ground.server.expireSession(renewless.session.id)
    expect(await failure(changes.next())).to.include({ code: 'SESSION_EXPIRED' })
    expect([config.current, config.stale]).to.deep.equal([1, true])
    const closed = new Config(zk, '/app')
    const last = closed.changes()
    await closed.close()
    expect((await last.next()).done).to.equal(true)
    expect(await failure(closed.start())).to.include({ code: 'CLOSED' })
  })
})

describe('A configuration in a subtree', () => {
  const schema = z.object({
    'db/host': z.string(),
    'db/port': z.number(),
    debug: z.boolean().optional(),
  })

  it('is an object with a key for each node that holds a value, validated as a whole', async () => {
    await using ground = await Ground.lay({ seed: { app: { db: { host: '"a"', port: '1' } } } })
    const [zk, other] = [await ground.client(), await ground.client()]
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
    // What one transaction changes is never seen by halves.
    expect(events.map(({ type }) => type)).to.deep.equal(['changed'])
    await other.delete('/app/db/port')
    await until('it was told', () => events.length === 2)
    expect(events[1]!.type).to.equal('invalid')
    expect(config.current['db/port']).to.equal(2)
  })

  it('is updated in one transaction: what has changed is set, what is new created, what is left out deleted', async () => {
    await using ground = await Ground.lay({
      seed: { app: { db: { host: '"a"', port: '1' }, old: { deep: '2' }, kept: '3' } },
    })
    const zk = await ground.client()
    const config = new Config(zk, '/app', { schema: z.record(z.string(), z.unknown()), subtree: true })
    ground.server.clearRequests()
    await config.update(({ 'old/deep': _, 'db/port': __, ...rest }) => ({
      ...rest,
      'db/host': 'b',
      'new/er/est': [1],
    }))
    expect(ground.server.dump()).to.deep.equal({
      '/app': '',
      '/app/db': '',
      '/app/db/host': '"b"',
      '/app/kept': '3',
      '/app/new': null,
      '/app/new/er': null,
      '/app/new/er/est': '[1]',
    })
    expect(ground.operations(zk).filter(name => name === 'multi')).to.have.length(1)
    await config.update(value => ({ ...value, new: 'both', 'kept/too': 4 }))
    await config.update(({ new: _, kept: __, ...value }) => value)
    expect(ground.server.dump()).to.include({ '/app/new': null, '/app/kept': null, '/app/kept/too': '4' })
    ground.server.clearRequests()
    await config.update(value => value)
    expect(ground.operations(zk)).not.to.include('multi')
    for (const key of ['', '/a', 'a//b', 'a/../b']) {
      expect(await failure(config.update(value => ({ ...value, [key]: 1 })))).to.include({
        code: 'BAD_ARGUMENTS',
      })
    }
    const text = new Config(zk, '/app', { codec: codecs.text, subtree: true })
    expect(await failure(text.set({ empty: '' }))).to.include({ code: 'BAD_ARGUMENTS', path: '/app/empty' })
    await zk.create('/app/empty')
    await config.update(({ 'kept/too': _, ...value }) => value)
    // A node that holds no value is left alone, unless it has lost what was below it.
    expect(Object.keys(ground.server.dump())).to.include('/app/empty')
    expect(Object.keys(ground.server.dump())).not.to.include('/app/kept')
    expect(await failure(config.set(3 as unknown as Record<string, unknown>))).to.be.instanceOf(SchemaError)
    expect(await failure(new Config(zk, '/app', { subtree: true }).set(3))).to.include({
      code: 'BAD_ARGUMENTS',
    })
  })

  it('is not written in the place of what has changed elsewhere: it is validated as a whole', async () => {
    await using ground = await Ground.lay({ seed: { app: { low: '1', high: '5', deep: { kept: '0' } } } })
    const [zk, other] = [await ground.client(), await ground.client()]
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
    expect(ground.server.dump()['/app/low']).to.equal('2')
  })

  it('is read no older than an update begins', async () => {
    await using ground = await Ground.lay({ seed: { app: { n: '1' } } })
    const zk = await ground.client()
    await new Config(zk, '/app', { subtree: true }).update(value => value)
    expect(ground.operations(zk)[0]).to.equal('sync')
  })

  it('loses no change of those who update it at the same time, and creates what is missing', async () => {
    await using ground = await Ground.lay()
    const zks = await Promise.all(Array.from({ length: 3 }, () => ground.client()))
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
    const dump = ground.server.dump()
    expect(dump['/some/where/shared']).to.equal('6')
    expect(ground.names('/some/where/own')).to.have.members(['00', '01', '10', '11', '20', '21'])
  })

  it('is written again when a lost connection has taken the transaction, and not when that is unknown', async () => {
    await using ground = await Ground.lay({ seed: { app: { n: '1' } } })
    const zk = await ground.client()
    const config = new Config(zk, '/app', { schema: z.record(z.string(), z.number()), subtree: true })
    const increment = (): Promise<Record<string, number>> => config.update(({ n }) => ({ n: n! + 1 }))
    ground.server.dropNextRequest('multi')
    expect(await increment()).to.deep.equal({ n: 2 })
    ground.server.loseNextReply('multi')
    expect(await failure(increment())).to.include({ code: 'CONNECTION_LOSS', outcome: 'unknown' })
    expect(ground.server.dump()['/app/n']).to.equal('3')
    const stop = new AbortController()
    ground.server.clearRequests()
    ground.server.holdNextReply('multi')
    const given = failure(config.update(({ n }) => ({ n: n! + 1 }), { signal: stop.signal }))
    await until('it is on its way', () => ground.operations(zk).includes('multi'))
    stop.abort()
    expect(await given).to.include({ code: 'ABORTED', outcome: 'unknown' })
    ground.server.releaseReplies()
  })

  it('keeps a node that others stand on, without its value, and is not written where not all can be read', async () => {
    await using ground = await Ground.lay({ seed: { app: { n: { '': '1', empty: '' }, m: '2' } } })
    const [zk, other] = [await ground.client(), await ground.client()]
    const config = new Config(zk, '/app', { schema: z.record(z.string(), z.number()), subtree: true })
    await config.update(({ n: _, ...value }) => value)
    expect(ground.server.dump()).to.deep.equal({
      '/app': '',
      '/app/n': null,
      '/app/n/empty': '',
      '/app/m': '2',
    })
    await other.addAuth('digest', 'u:p')
    await other.create('/app/secret', '3', { acl: [{ perms: 31, id: { scheme: 'auth', id: '' } }] })
    expect(await failure(config.update(value => ({ ...value, m: 4 })))).to.include({ code: 'NO_AUTH' })
    expect(ground.server.dump()['/app/m']).to.equal('2')
  })

  it('S4 takes any name for a key', async () => {
    await using ground = await Ground.lay({
      seed: { app: { ['__proto__']: '1', constructor: '2', toString: '3' } },
    })
    ground.server.seed({ 'app/__proto__': '1' })
    const zk = await ground.client()
    await using config = new Config<Record<string, unknown>>(zk, '/app', { subtree: true })
    await config.start()
    expect(Object.keys(config.current).sort()).to.deep.equal(['__proto__', 'constructor', 'toString'])
    expect(Object.entries(config.current).map(([, value]) => value)).to.have.members([1, 2, 3])
  })
})
