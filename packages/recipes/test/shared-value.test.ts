import { expect } from 'chai'
import { codecs, SharedValue, type SharedValueEvent } from '../src/index.ts'
import { RoundTrips } from './support/round-trips.ts'
import { failure, settle, TestBed, until } from './support/test-bed.ts'

const text = { codec: codecs.text, jitter: 0 }

describe('A shared value', () => {
  it('is created with its initial value by the first start, and seen by all', async () => {
    await using bed = await TestBed.start()
    const [zk, other] = [await bed.client(), await bed.client()]
    await using mine = new SharedValue(zk, '/values/a', { ...text, initial: 'mine' })
    await using theirs = new SharedValue(other, '/values/a', { ...text, initial: 'theirs' })
    expect([mine.current, mine.stale]).to.deep.equal([null, true])
    await mine.start()
    await theirs.start()
    expect(mine.current).to.deep.equal({ value: 'mine', version: 0 })
    expect(theirs.current).to.deep.equal({ value: 'mine', version: 0 })
    expect(await theirs.set('both')).to.deep.equal({ value: 'both', version: 1 })
    await until('it is seen', () => mine.current?.value === 'both')
    expect(mine.stale).to.equal(false)
  })

  it('is read with all earlier writes, and set by a client that knows its version: one round trip each', async () => {
    await using bed = await TestBed.start({ seed: { a: 'one' } })
    const trips = new RoundTrips()
    const zk = await bed.client({ environment: trips.environment })
    const value = new SharedValue(zk, '/a', text)
    trips.take()
    const { version } = (await value.get())!
    expect(trips.take()).to.equal(1)
    expect(bed.operations(zk)).to.deep.equal(['sync', 'getData'])
    expect(await value.trySet('two', version)).to.deep.equal({ value: 'two', version: version + 1 })
    expect(trips.take()).to.equal(1)
    expect(await value.trySet('three', version)).to.equal(null)
    expect(await value.get()).to.deep.equal({ value: 'two', version: version + 1 })
  })

  it('is created, with its ancestors, by a set and by a trySet if it does not exist', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const value = new SharedValue(zk, '/deep/down/a', text)
    expect(await value.get()).to.equal(null)
    expect(await value.trySet('x', 3)).to.equal(null)
    expect(await value.trySet('first', null)).to.deep.equal({ value: 'first', version: 0 })
    expect(await value.trySet('second', null)).to.equal(null)
    expect(await new SharedValue(zk, '/deep/up', text).set('second')).to.deep.equal({
      value: 'second',
      version: 0,
    })
    expect(bed.server.dump()['/deep/down/a']).to.equal('first')
  })

  it('is decoded once for each state, so that what it is decoded to stays the same object', async () => {
    await using bed = await TestBed.start({ seed: { a: '{"x":1}' } })
    const [zk, other] = [await bed.client(), await bed.client()]
    await using value = new SharedValue<unknown>(zk, '/a', { codec: codecs.json, jitter: 0 })
    await value.start()
    const first = value.current
    expect(value.current).to.equal(first)
    const changes = value.changes()
    await other.setData('/a', '{"x":2}')
    const { value: event } = await changes.next()
    expect(event).to.deep.include({ type: 'changed', value: { x: 2 } })
    expect(value.current!.value).to.equal((event as { value: unknown }).value)
  })

  it('loses no change of concurrent updates', async () => {
    await using bed = await TestBed.start()
    const zks = await Promise.all(Array.from({ length: 4 }, () => bed.client()))
    const updates = zks.flatMap((zk, i) =>
      [1, 2, 3].map(j => new SharedValue(zk, '/list', text).update(list => `${list ?? ''}${i}${j} `)),
    )
    const versions = (await Promise.all(updates)).map(({ version }) => version)
    expect(versions.sort((a, b) => a - b)).to.deep.equal(Array.from({ length: 12 }, (_, i) => i))
    const parts = String(bed.server.dump()['/list']).trim().split(' ')
    expect(new Set(parts).size).to.equal(12)
    const thrown = new SharedValue(zks[0]!, '/list', text).update(() => {
      throw new RangeError('no')
    })
    expect(await failure(thrown)).to.be.instanceOf(RangeError)
  })

  it('reports changes, deletions and gaps, and data that its codec refuses', async () => {
    await using bed = await TestBed.start({ seed: { a: '1' } })
    const [zk, other] = [await bed.client(), await bed.client()]
    await using value = new SharedValue<unknown>(zk, '/a', { codec: codecs.json, jitter: 0 })
    await value.start()
    const changes = value.changes()
    const next = async (): Promise<SharedValueEvent<unknown>> => (await changes.next()).value!
    await other.setData('/a', '2')
    expect(await next()).to.deep.equal({ type: 'changed', value: 2, version: 1 })
    await other.setData('/a', 'nonsense')
    const event = await next()
    expect(event.type === 'error' && event.error).to.be.instanceOf(SyntaxError)
    expect(value.current).to.deep.equal({ value: 2, version: 1 })
    expect(await failure(value.get())).to.be.instanceOf(SyntaxError)
    bed.server.dropConnection(zk.session.id)
    expect(await next()).to.deep.equal({ type: 'resynced', reason: 'reconnected' })
    await other.delete('/a')
    expect(await next()).to.deep.equal({ type: 'deleted' })
    expect(value.current).to.equal(null)
    const waiting = changes.next()
    await value.close()
    expect(await waiting).to.deep.equal({ value: undefined, done: true })
    const left = value.changes()
    await left.return!()
    expect((await left.next()).done).to.equal(true)
  })

  it('is set after a lost connection if the outcome of the write is certain', async () => {
    await using bed = await TestBed.start({ seed: { a: 'zero' } })
    const [zk, other] = [await bed.client(), await bed.client()]
    const value = new SharedValue(zk, '/a', text)
    const { version } = (await value.get())!
    // It was not applied, so it is repeated.
    bed.server.dropNextRequest('setData')
    expect(await value.trySet('one', version)).to.deep.equal({ value: 'one', version: version + 1 })
    // It was not applied, and another writer was quicker.
    bed.server.dropNextRequest('setData')
    bed.server.closeNewConnections(true)
    const late = value.trySet('two', version + 1)
    await until('it is cut off', () => zk.state === 'suspended')
    await other.setData('/a', 'quicker')
    bed.server.closeNewConnections(false)
    expect(await late).to.equal(null)
    expect(bed.server.dump()['/a']).to.equal('quicker')
  })

  it('reports an unknown outcome rather than to set it twice', async () => {
    await using bed = await TestBed.start({ seed: { a: 'zero' } })
    const zk = await bed.client()
    const value = new SharedValue(zk, '/a', text)
    const { version } = (await value.get())!
    bed.server.loseNextReply('setData')
    expect(await failure(value.trySet('one', version))).to.include({
      code: 'CONNECTION_LOSS',
      outcome: 'unknown',
    })
    bed.server.loseNextReply('setData')
    expect(await failure(value.set('two'))).to.include({ code: 'CONNECTION_LOSS', outcome: 'unknown' })
    expect(await value.get()).to.deep.equal({ value: 'two', version: version + 2 })
    const stop = new AbortController()
    bed.server.clearRequests()
    bed.server.holdNextReply('setData')
    const given = failure(value.set('three', { signal: stop.signal }))
    await until('it is on its way', () => bed.operations(zk).includes('setData'))
    stop.abort()
    expect(await given).to.include({ code: 'ABORTED', outcome: 'unknown' })
    bed.server.releaseReplies()
    const gone = new SharedValue(zk, '/b', text)
    bed.server.loseNextReply('create')
    expect(await failure(gone.trySet('x', null))).to.include({ code: 'CONNECTION_LOSS', outcome: 'unknown' })
    bed.server.dropNextRequest('create')
    expect(await new SharedValue(zk, '/c', text).trySet('x', null)).to.deep.equal({ value: 'x', version: 0 })
    bed.server.loseNextReply('create')
    await using started = new SharedValue(zk, '/d', { ...text, initial: 'x' })
    await started.start()
    expect(started.current?.value).to.equal('x')
  })

  it('waits for a connection, as long as its limits allow', async () => {
    await using bed = await TestBed.start({ seed: { a: 'x' } })
    const zk = await bed.client({ whenDisconnected: 'reject' })
    const value = new SharedValue(zk, '/a', text)
    bed.server.closeNewConnections(true)
    bed.server.dropConnections()
    await until('it is suspended', () => zk.state === 'suspended')
    expect(await failure(value.get({ timeout: 10 }))).to.include({
      code: 'REQUEST_TIMEOUT',
      operation: 'get',
    })
    expect(await failure(value.set('y', { timeout: 10 }))).to.include({
      code: 'REQUEST_TIMEOUT',
      outcome: 'rejected',
    })
    const setting = value.set('y')
    await settle()
    bed.server.closeNewConnections(false)
    expect((await setting).value).to.equal('y')
    expect(await failure(value.set(7 as unknown as string))).to.include({ code: 'BAD_ARGUMENTS' })
  })

  it('is bytes or null by default', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const value = new SharedValue(zk, '/a')
    await value.set(null)
    expect((await value.get())!.value).to.equal(null)
    await value.set(Buffer.from([1, 2]))
    expect([...(await value.get())!.value!]).to.deep.equal([1, 2])
    expect(await failure(value.set('text' as unknown as null))).to.include({ code: 'BAD_ARGUMENTS' })
    expect(await failure(new SharedValue<unknown>(zk, '/j', { codec: codecs.json }).set(() => 0))).to.include(
      { code: 'BAD_ARGUMENTS' },
    )
  })
})
