import { expect } from 'chai'
import * as v from 'valibot'
import { z } from 'zod'
import { Config, codecs, type Schema, SchemaError } from '../src/index.ts'
import { follow } from './support/follow.ts'
import { failure, settle, TestBed, until } from './support/test-bed.ts'

const zod = z.object({ port: z.number().int(), host: z.string().default('localhost') })
const valibot = v.object({ port: v.pipe(v.number(), v.integer()), host: v.optional(v.string(), 'localhost') })

for (const [library, schema] of [
  ['zod', zod],
  ['valibot', valibot],
] as const) {
  describe(`A configuration in one znode, typed by ${library}`, () => {
    it('is known at once, typed and validated, and follows every change', async () => {
      await using bed = await TestBed.start({ seed: { app: '{"port":1}' } })
      const [zk, other] = [await bed.client(), await bed.client()]
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

    it('keeps the last valid value when it becomes invalid, and reports that', async () => {
      await using bed = await TestBed.start({ seed: { app: '{"port":1}' } })
      const [zk, other] = [await bed.client(), await bed.client()]
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
      await using bed = await TestBed.start({ seed: { app: '{"port":1}' } })
      const zk = await bed.client()
      const config = new Config(zk, '/app', { schema })
      expect(await config.update(({ port }) => ({ port: port + 1, host: 'x' }))).to.deep.equal({
        port: 2,
        host: 'x',
      })
      const broken = failure(config.update(value => ({ ...value, port: 1.5 })))
      expect(await broken).to.be.instanceOf(SchemaError)
      expect(bed.server.dump()['/app']).to.equal('{"port":2,"host":"x"}')
    })
  })
}

describe('A configuration', () => {
  it('that is missing is an error, unless there is a default', async () => {
    await using bed = await TestBed.start()
    const [zk, other] = [await bed.client(), await bed.client()]
    const config = new Config(zk, '/app', { schema: zod, jitter: 0 })
    const error = await failure(config.start())
    expect(error).to.include({ code: 'NO_NODE', path: '/app' })
    expect(error.message).to.include('no default')
    await until('nothing is left running', () => bed.server.watches().length === 0)
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

  it('is read again after a lost connection: changes are reported, and then that nothing is missing', async () => {
    await using bed = await TestBed.start({ seed: { app: '{"port":1}' } })
    const [zk, other] = [await bed.client(), await bed.client()]
    await using config = new Config(zk, '/app', { schema: zod, jitter: 0 })
    await config.start()
    const events = follow(config)
    bed.server.closeNewConnections(true)
    bed.server.dropConnection(zk.session.id)
    await until('it is stale', () => config.stale)
    await other.setData('/app', '{"port":2}')
    bed.server.closeNewConnections(false)
    await until('it is complete', () => events.length === 2)
    expect(events.map(({ type }) => type)).to.deep.equal(['changed', 'resynced'])
    expect([config.current.port, config.stale]).to.deep.equal([2, false])
  })

  it('remembers a number of versions, and tells a slow listener that it has missed some', async () => {
    await using bed = await TestBed.start({ seed: { app: '0' } })
    const [zk, other] = [await bed.client(), await bed.client()]
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

  it('waits for an asynchronous schema, one version after the other', async () => {
    await using bed = await TestBed.start({ seed: { app: '0' } })
    const [zk, other] = [await bed.client(), await bed.client()]
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

  it('loses no change of concurrent updates', async () => {
    await using bed = await TestBed.start()
    const zks = await Promise.all(Array.from({ length: 4 }, () => bed.client()))
    const updates = zks.flatMap((zk, i) =>
      ['a', 'b', 'c'].map(name =>
        new Config(zk, '/config/app', { schema: z.array(z.string()), default: [] }).update(list => [
          ...list,
          `${name}${i}`,
        ]),
      ),
    )
    await Promise.all(updates)
    const list = JSON.parse(bed.server.dump()['/config/app']!)
    expect(new Set(list).size).to.equal(12)
    expect(await failure(new Config(zks[0]!, '/none').update(value => value))).to.include({ code: 'NO_NODE' })
  })

  it('is set unconditionally, and written again only when the write was lost', async () => {
    await using bed = await TestBed.start({ seed: { app: 'nonsense' } })
    const zk = await bed.client()
    const config = new Config(zk, '/app', { schema: z.number() })
    expect(await failure(config.update(value => value))).to.include({ code: 'INVALID_DATA' })
    bed.server.dropNextRequest('multi')
    expect(await config.set(5)).to.equal(5)
    bed.server.loseNextReply('multi')
    expect(await config.set(6)).to.equal(6)
    expect(bed.server.dump()['/app']).to.equal('6')
    bed.server.holdReplies()
    expect(await failure(config.update(value => value + 1, { timeout: 20 }))).to.include({
      code: 'REQUEST_TIMEOUT',
    })
    bed.server.releaseReplies()
  })

  it('is text or bytes if its codec says so', async () => {
    await using bed = await TestBed.start({ seed: { app: 'plain' } })
    const zk = await bed.client()
    await using text = new Config(zk, '/app', { codec: codecs.text, schema: z.string() })
    await using bytes = new Config(zk, '/app', { codec: codecs.binary })
    await Promise.all([text.start(), bytes.start()])
    expect([text.current, bytes.current]).to.deep.equal(['plain', Buffer.from('plain')])
    await bytes.set(null)
    expect(bed.server.dump()['/app']).to.equal(null)
    expect(await failure(text.set(3 as unknown as string))).to.include({ code: 'INVALID_DATA' })
  })

  it('ends with its client, refuses invalid options, and cannot be started once it is closed', async () => {
    await using bed = await TestBed.start({ seed: { app: '1' } })
    const [zk, renewless] = [await bed.client(), await bed.client({ renew: false })]
    expect(() => new Config(zk, '/app', { history: 0 }))
      .to.throw()
      .with.property('code', 'BAD_ARGUMENTS')
    const config = new Config(renewless, '/app')
    await config.start()
    const changes = config.changes()
    bed.server.expireSession(renewless.session.id)
    expect(await failure(changes.next())).to.include({ code: 'SESSION_EXPIRED' })
    expect([config.current, config.stale]).to.deep.equal([1, true])
    const closed = new Config(zk, '/app')
    const last = closed.changes()
    await closed.close()
    expect((await last.next()).done).to.equal(true)
    expect(await failure(closed.start())).to.include({ code: 'CLOSED' })
  })

  it('is stale while a change is being validated', async () => {
    await using bed = await TestBed.start({ seed: { app: '1' } })
    const [zk, other] = [await bed.client(), await bed.client()]
    let go: (() => void) | null = null
    const schema = z.number().refine(value => {
      return value === 1 || new Promise<boolean>(resolve => (go = () => resolve(value === 2)))
    })
    await using config = new Config(zk, '/app', { schema, jitter: 0 })
    await config.start()
    expect([config.current, config.stale]).to.deep.equal([1, false])
    for (const value of ['2', '3']) {
      const changes = config.changes()
      await other.setData('/app', value)
      await until('it is being validated', () => go !== null)
      expect([config.current < 3, config.stale]).to.deep.equal([true, true])
      go!()
      go = null
      const { value: event } = await changes.next()
      expect([event!.type, config.current, config.stale]).to.deep.equal([
        value === '2' ? 'changed' : 'invalid',
        2,
        false,
      ])
    }
  })
})

describe('The problem of a configuration', () => {
  it('is an Error, also where a schema throws something else', async () => {
    await using bed = await TestBed.start({ seed: { app: '"good"' } })
    const [zk, other] = [await bed.client(), await bed.client()]
    const validate = (value: unknown): { value: string } => {
      if (value === 'bad') throw 'no such mode'
      return { value: String(value) }
    }
    const schema: Schema<string> = { '~standard': { version: 1, vendor: 'own', validate } }
    await using config = new Config(zk, '/app', { schema, jitter: 0 })
    await config.start()
    expect(config.problem).to.equal(null)
    await other.setData('/app', '"bad"')
    await until('it is noticed', () => config.problem !== null)
    const problem: Error = config.problem!
    expect(problem).to.be.instanceOf(Error)
    expect(problem.message).to.include('no such mode')
    expect(config.current).to.equal('good')
  })

  it('is not what ends a start that is closed while the value is being validated', async () => {
    await using bed = await TestBed.start({ seed: { app: '1' } })
    const zk = await bed.client()
    let validated = (): void => {}
    const validating = new Promise<void>(resolve => {
      validated = resolve
    })
    let isAsked = false
    const validate = async (value: unknown): Promise<{ value: unknown }> => {
      isAsked = true
      await validating
      return { value }
    }
    const schema: Schema<unknown> = { '~standard': { version: 1, vendor: 'own', validate } }
    const config = new Config(zk, '/app', { schema, jitter: 0 })
    const starting = failure(config.start())
    await until('it is being validated', () => isAsked)
    await config.close()
    validated()
    expect(await starting).to.include({ code: 'CLOSED' })
  })
})
