import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { connect, type ZooKeeper } from '../src/index.ts'
import { describeTargets, failureOf } from './support/targets.ts'

describeTargets('Requests', target => {
  it('P1 reach the server in the order of the calls, and settle in that order', async () => {
    const zk = await target.freshClient()
    const settled: number[] = []
    const calls: (() => Promise<unknown>)[] = [
      () => zk.create('/a', '0'),
      () => zk.getData('/a'),
      () => zk.setData('/a', '1'),
      () => zk.exists('/a'),
      () => zk.create('/a/b', null, { mode: 'ephemeral-sequential' }),
      () => zk.getChildren('/a'),
      () => zk.getData('/nowhere'),
      () => zk.transaction().setData('/a', '2').commit(),
      () => zk.transaction().check('/a', 99).commit(),
      () => zk.delete('/a'),
      () => zk.multiRead([{ type: 'getData', path: '/a' }]),
      () => zk.getConfig(),
      () => zk.getAcl('/a'),
      () => zk.getData('/a', { watch: () => {} }),
    ]
    const all = Array.from({ length: 50 }, () => calls).flat()
    const note = (index: number) => () => void settled.push(index)
    await Promise.all(all.map((call, index) => call().then(note(index), note(index))))
    expect(settled).to.deep.equal(all.map((_, index) => index))
  })

  it('see the effects of the requests before them', async () => {
    const zk = await target.freshClient()
    const values = Array.from({ length: 100 }, (_, index) => String(index))
    void zk.create('/a')
    const reads = values.map(value => {
      void zk.setData('/a', value)
      return zk.getData('/a')
    })
    expect((await Promise.all(reads)).map(({ data }) => data?.toString())).to.deep.equal(values)
  })
})

describe('Replies and events', () => {
  let server: TestServer
  let zk: ZooKeeper
  let other: ZooKeeper
  beforeEach(async () => {
    server = await TestServer.start({ seed: { a: 'v1', b: '' } })
    ;[zk, other] = [await connect(server.hosts), await connect(server.hosts)]
  })
  afterEach(async () => {
    server.releaseReplies()
    await Promise.all([zk.close(), other.close()])
    await server.stop()
  })

  it('P4 come in the order of the server, also in one chunk', async () => {
    const log: string[] = []
    const note = (text: string) => () => void log.push(text)
    server.holdReplies()
    const reads = [
      zk.getData('/a', { watch: note('event of a') }).then(note('reply of a')),
      zk.exists('/b', { watch: note('event of b') }).then(async () => {
        await Promise.resolve()
        note('after the reply of b')()
      }),
    ]
    await arrived(2)
    void other.setData('/a', 'v2')
    void other.setData('/b', 'v2')
    await arrived(4)
    reads.push(zk.getData('/a').then(note('second reply of a')))
    await arrived(5)
    server.releaseReplies()
    await Promise.all(reads)
    expect(log).to.deep.equal([
      'reply of a',
      'after the reply of b',
      'event of a',
      'event of b',
      'second reply of a',
    ])
  })

  it('P4 come in the order of the server to a watch iterator too', async () => {
    const log: string[] = []
    await using watch = zk.watch('/a')
    await watch.ready
    const iterating = watch.next().then(({ value }) => log.push(`event ${value?.type}`))
    server.holdReplies()
    const first = zk.getData('/b').then(() => log.push('reply before'))
    await arrived(2)
    void other.setData('/a', 'v2')
    await arrived(3)
    const second = zk.getData('/a').then(({ data }) => log.push(`reply ${data}`))
    await arrived(4)
    server.releaseReplies()
    await Promise.all([first, iterating, second])
    expect(log).to.deep.equal(['reply before', 'event changed', 'reply v2'])
  })

  it('P4 come in the order of the server, also to a loop over a watch with several waiting events', async () => {
    const log: string[] = []
    await using watch = zk.watch('/a')
    await watch.ready
    const iterating = (async () => {
      for await (const { type } of watch) {
        log.push(`event ${type}`)
        if (log.filter(line => line.startsWith('event')).length === 5) return
      }
    })()
    server.holdReplies()
    const first = zk.getData('/b').then(() => log.push('first reply'))
    await arrived(2)
    for (const count of [3, 4, 5]) {
      void other.setData('/a', 'v2')
      await arrived(count)
    }
    const second = zk.getData('/b').then(() => log.push('second reply'))
    await arrived(6)
    for (const count of [7, 8]) {
      void other.setData('/a', 'v2')
      await arrived(count)
    }
    const third = zk.getData('/b').then(() => log.push('third reply'))
    await arrived(9)
    server.releaseReplies()
    await Promise.all([first, second, third, iterating])
    const events = (count: number): string[] => Array.from({ length: count }, () => 'event changed')
    expect(log).to.deep.equal(['first reply', ...events(3), 'second reply', ...events(2), 'third reply'])
  })

  it('P4 come behind the resync of a watch that is set again in a new session', async () => {
    const log: string[] = []
    await using watch = zk.watch('/a')
    await watch.ready
    const iterating = watch.next().then(({ value }) => log.push(`${value?.type}`))
    const expired = new Promise<void>(resolve => {
      zk.on('state', state => state === 'expired' && setImmediate(resolve))
    })
    server.expireSession(zk.session.id)
    await expired
    const reading = zk.getData('/a').then(() => log.push('reply'))
    await Promise.all([iterating, reading])
    expect(log).to.deep.equal(['resync', 'reply'])
  })

  it('P4 holds back no reply for which a loop waits before it takes the next event', async () => {
    await using watch = zk.watch('/a')
    await watch.ready
    const iterating = (async () => {
      let taken = 0
      for await (const { type } of watch) {
        expect(type).to.equal('changed')
        // The reply that is awaited here comes behind the second event.
        expect((await zk.getData('/a')).stat.version).to.be.greaterThan(taken)
        if (++taken === 2) return
      }
    })()
    server.holdReplies()
    for (const count of [2, 3]) {
      void other.setData('/a', 'v2')
      await arrived(count)
    }
    server.releaseReplies()
    await iterating
  })

  /** Waits until the server has received a number of requests. */
  async function arrived(count: number): Promise<void> {
    while (server.requests().filter(({ operation }) => operation !== 'connect').length < count) {
      await new Promise(resolve => setImmediate(resolve))
    }
  }
})

describe('A request that is cut off', () => {
  let server: TestServer
  beforeEach(async () => {
    server = await TestServer.start({ seed: { a: 'v1' } })
  })
  afterEach(() => server.stop())

  const BRISK = { backoff: { initial: 1, max: 2 } }
  const sent = (operation: string) =>
    server.requests().filter(request => request.operation === operation).length

  it('R2 is not sent again, and its error says that it may have been applied', async () => {
    await using zk = await connect(server.hosts, BRISK)
    server.loseNextReply('setData')
    const error = await failureOf(zk.setData('/a', 'v2'))
    expect(error).to.include({
      code: 'CONNECTION_LOSS',
      outcome: 'unknown',
      path: '/a',
      operation: 'setData',
    })
    expect((await zk.getData('/a')).stat.version).to.equal(1)
    server.dropNextRequest('getData')
    expect((await failureOf(zk.getData('/a'))).code).to.equal('CONNECTION_LOSS')
    expect([sent('setData'), sent('getData')]).to.deep.equal([1, 2])
  })

  it('is sent again as often as `retry` allows', async () => {
    await using zk = await connect(server.hosts, BRISK)
    server.loseNextReply('setData')
    expect((await zk.setData('/a', 'v2', { retry: 1 })).version).to.equal(2)
    server.dropNextRequest('getData')
    server.dropNextRequest('getData')
    expect((await failureOf(zk.getData('/a', { retry: 1 }))).code).to.equal('CONNECTION_LOSS')
    expect((await zk.getData('/a', { retry: 1 })).data?.toString()).to.equal('v2')
  })

  it('R2 stays `unknown` once an attempt may have been applied, whatever ends the last one', async () => {
    const loseReply = (): void => void server.loseNextReply(({ operation }) => operation !== 'ping')
    await using impatient = await connect(server.hosts, { ...BRISK, whenDisconnected: 'reject' })
    loseReply()
    const refused = await failureOf(impatient.create('/own', null, { retry: 1 }))
    expect(refused).to.include({ code: 'NOT_CONNECTED', outcome: 'unknown' })
    await using zk = await connect(server.hosts, BRISK)
    loseReply()
    const own = await failureOf(zk.create('/mine', null, { retry: 1 }))
    expect(own).to.include({ code: 'NODE_EXISTS', outcome: 'unknown' })
    expect(own.message).to.match(/an earlier attempt may have been applied$/)
    expect(own.cause).to.include({ code: 'CONNECTION_LOSS' })
    loseReply()
    const multi = zk.transaction().create('/both').setData('/a', 'both').commit({ retry: 1 })
    expect(await failureOf(multi)).to.include({ code: 'NODE_EXISTS', outcome: 'unknown', index: 0 })
    expect((await zk.getData('/a')).data?.toString()).to.equal('both')
    // An attempt that never left this process leaves the last one's outcome as it is.
    expect(await failureOf(zk.create('/mine', null, { retry: 1 }))).to.include({ outcome: 'rejected' })
  })

  it('is sent again by `retryReads` if it reads, never if it writes', async () => {
    await using zk = await connect(server.hosts, { ...BRISK, retryReads: 2 })
    for (const operation of ['getData', 'getChildren2', 'exists', 'exists']) server.dropNextRequest(operation)
    expect((await zk.getData('/a')).data?.toString()).to.equal('v1')
    expect((await zk.getChildren('/a')).children).to.deep.equal([])
    const events: string[] = []
    expect((await zk.exists('/a', { watch: event => events.push(event.type) }))?.version).to.equal(0)
    server.dropNextRequest('getData')
    expect((await failureOf(zk.getData('/a', { retry: 0 }))).code).to.equal('CONNECTION_LOSS')
    server.loseNextReply('setData')
    expect((await failureOf(zk.setData('/a', 'v2'))).code).to.equal('CONNECTION_LOSS')
    await zk.sync()
    expect(events).to.deep.equal(['changed'])
  })

  it('is not sent again by `retryReads` if it is a sync, which would come behind the reads that follow it', async () => {
    await using zk = await connect(server.hosts, { ...BRISK, retryReads: 2, maxInFlight: 1 })
    server.loseNextReply('sync')
    const [lost, read] = [failureOf(zk.sync('/a')), zk.getData('/a')]
    expect(await lost).to.include({ code: 'CONNECTION_LOSS', operation: 'sync' })
    expect((await read).data?.toString()).to.equal('v1')
    expect(sent('sync')).to.equal(1)
    server.loseNextReply('sync')
    await zk.sync('/a', { retry: 1 })
    expect(sent('sync')).to.equal(3)
  })

  it('is not sent again for any other failure', async () => {
    await using zk = await connect(server.hosts, BRISK)
    expect((await failureOf(zk.getData('/nowhere', { retry: 3 }))).code).to.equal('NO_NODE')
    server.answerWith('getData', -118, 2)
    expect((await failureOf(zk.getData('/a', { retry: 3 }))).code).to.equal('SESSION_MOVED')
    expect(sent('getData')).to.equal(2)
  })

  it('P7 ends after its own timeout or the client’s, and its late reply has no effect', async () => {
    await using zk = await connect(server.hosts, { requestTimeout: 20 })
    server.holdReplies()
    const [first, second] = [failureOf(zk.getData('/a')), failureOf(zk.setData('/a', 'x', { timeout: 5 }))]
    const { signal } = new AbortController()
    const third = failureOf(zk.exists('/a', { signal }))
    const patient = zk.exists('/a', { timeout: Infinity })
    expect(await first).to.include({ code: 'REQUEST_TIMEOUT', outcome: 'unknown', path: '/a' })
    expect(await second).to.include({ code: 'REQUEST_TIMEOUT', outcome: 'unknown', path: '/a' })
    expect(await third).to.include({ code: 'REQUEST_TIMEOUT', outcome: 'unknown' })
    server.releaseReplies()
    expect((await patient)?.version).to.equal(1)
  })

  it('has one timeout for all attempts', async () => {
    let time = 0
    const { nodeEnvironment } = await import('../src/index.ts')
    const timeouts: number[] = []
    const environment = {
      ...nodeEnvironment,
      now: () => time,
      setTimer: (callback: () => void, delay: number) => {
        timeouts.push(delay)
        return nodeEnvironment.setTimer(callback, delay)
      },
    }
    await using zk = await connect(server.hosts, { ...BRISK, environment })
    server.dropNextRequest(() => {
      time += 1000
      return true
    })
    await zk.getData('/a', { retry: 1, timeout: 7777 })
    expect(timeouts).to.include.members([7777, 6777])
  })

  it('P8 ends with its signal, sent or not, and other requests go on', async () => {
    await using zk = await connect(server.hosts, { maxInFlight: 1 })
    const controller = new AbortController()
    const { signal } = controller
    server.holdReplies()
    const calls = [zk.getData('/a', { signal }), zk.setData('/a', 'never', { signal })].map(failureOf)
    const last = zk.exists('/a')
    while (sent('getData') === 0) await new Promise(resolve => setImmediate(resolve))
    const reason = new Error('changed my mind')
    controller.abort(reason)
    const [first, second] = await Promise.all(calls)
    expect(first).to.include({ code: 'ABORTED', name: 'AbortError', outcome: 'unknown', cause: reason })
    expect(second).to.include({ code: 'ABORTED', outcome: 'not-sent', path: '/a' })
    server.releaseReplies()
    expect((await last)?.version).to.equal(0)
    expect(await failureOf(zk.getData('/a', { signal }))).to.include({ code: 'ABORTED', outcome: 'not-sent' })
    expect(sent('setData')).to.equal(0)
  })
})
