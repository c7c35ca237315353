import { requestChannel } from '@zookit/connection'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { PulledPairs } from '../src/bulk/pulled-pairs.ts'
import { connect, type NodeData, type ZooKeeper } from '../src/index.ts'
import { describeTargets, failureOf } from './support/targets.ts'

const paths = (count: number): string[] => Array.from({ length: count }, (_, i) => `/n${i}`)
const textOf = (znode: Pick<NodeData, 'data'> | null): string | null | undefined => znode?.data?.toString()

describeTargets('Reads of many znodes', target => {
  it('have a result for each path, in order, and null where there is no znode', async () => {
    const zk = await target.freshClient()
    for (const i of [0, 2, 3]) await zk.create(`/n${i}`, `d${i}`)
    const asked = ['/n3', '/n1', '/n0', '/n2', '/n3', '/']
    const many = await zk.getMany(asked)
    expect(many.map(textOf)).to.deep.equal(['d3', undefined, 'd0', 'd2', 'd3', undefined])
    expect(many[1]).to.equal(null)
    const each = await Promise.all(asked.map(path => zk.exists(path)))
    expect(many.map(znode => znode?.stat ?? null)).to.deep.equal(each)
    expect(await zk.existsMany(asked)).to.deep.equal(each)
    expect(await zk.getMany([])).to.deep.equal([])
    expect(await zk.existsMany([])).to.deep.equal([])
  })

  it('leave out the part that is not wanted', async () => {
    const zk = await target.freshClient()
    await zk.create('/n0', 'd')
    const stat = await zk.exists('/n0')
    expect(await zk.getMany(['/n0', '/n1'], { stat: false })).to.deep.equal([
      { data: Buffer.from('d') },
      null,
    ])
    expect(await zk.getMany(['/n0', '/n1'], { data: false })).to.deep.equal([{ stat }, null])
    const error = await failureOf(zk.getMany(['/n0'], { data: false, stat: false }))
    expect(error).to.include({ code: 'BAD_ARGUMENTS', operation: 'getMany' })
    expect(error.message).to.match(/existsMany/)
  })

  it('keep their order beside other requests, with few or many in flight', async () => {
    const zk = await target.freshClient()
    for (const path of paths(5)) await zk.create(path, '0')
    for (const concurrency of [1, 2, 3, 100]) {
      const before = zk.getMany(paths(5), { concurrency: 100 })
      const writes = paths(5).map(path => zk.setData(path, String(concurrency)))
      const after = zk.getMany(paths(5), { concurrency })
      const old = (await before).map(textOf)
      await Promise.all(writes)
      expect(new Set(old).size).to.equal(1)
      expect(old[0]).to.not.equal(String(concurrency))
      expect((await after).map(textOf)).to.deep.equal(Array(5).fill(String(concurrency)))
    }
  })

  it('fail with the first failure, which names the znode', async () => {
    const zk = await target.freshClient()
    for (const path of paths(3)) await zk.create(path)
    await zk.create('/secret', 'x', { acl: [{ perms: 31, id: { scheme: 'digest', id: 'nobody:x' } }] })
    const error = await failureOf(zk.getMany([...paths(3), '/secret', ...paths(3)], { concurrency: 2 }))
    expect(error).to.include({ code: 'NO_AUTH', operation: 'getMany', path: '/secret', outcome: 'rejected' })
    expect((await zk.getMany(paths(3))).every(znode => znode !== null)).to.equal(true)
  })

  it('name the method where they are a snapshot that fails', async () => {
    const zk = await target.freshClient({ maxResponseSize: 300 })
    for (const path of paths(4)) await zk.create(path, path)
    expect(await failureOf(zk.getMany(paths(4), { snapshot: true }))).to.include({
      code: 'RESPONSE_TOO_LARGE',
      operation: 'getMany',
    })
    await zk.setAcl('/n1', [{ perms: 30, id: { scheme: 'world', id: 'anyone' } }])
    expect(await failureOf(zk.getMany(paths(2), { snapshot: true }))).to.include({
      code: 'NO_AUTH',
      operation: 'getMany',
      path: '/n1',
    })
  })

  it('refuse a path that is not valid before anything is sent, and say which one', async () => {
    const zk = await target.freshClient()
    const error = await failureOf(zk.getMany(['/a', 'b', '/c']))
    expect(error).to.include({ code: 'BAD_ARGUMENTS', operation: 'getMany', path: 'b', outcome: 'not-sent' })
    expect(error.message).to.match(/path 2 of 3/)
  })

  it('list a znode with the data of its children', async () => {
    const zk = await target.freshClient()
    await zk.create('/p', 'parent')
    for (const name of ['a', 'b']) await zk.create(`/p/${name}`, name)
    const { children, stat } = await zk.getChildrenData('/p')
    expect([...children].map(([name, { data }]) => [name, String(data)]).sort()).to.deep.equal([
      ['a', 'a'],
      ['b', 'b'],
    ])
    expect(stat).to.deep.equal(await zk.exists('/p'))
    expect(children.get('a')!.stat).to.deep.equal(await zk.exists('/p/a'))
    const root = await zk.getChildrenData('/', { stat: false })
    expect(root.children.get('p')).to.deep.equal({ data: Buffer.from('parent') })
    const error = await failureOf(zk.getChildrenData('/nowhere'))
    expect(error).to.include({ code: 'NO_NODE', operation: 'getChildrenData', path: '/nowhere' })
  })

  it('hand results out one by one, and read no further than they are taken', async () => {
    const zk = await target.freshClient()
    for (const path of paths(9)) await zk.create(path, path)
    let asked = 0
    const lazily = function* (): Generator<string> {
      for (const path of [...paths(9), '/none']) {
        asked++
        yield path
      }
    }
    const seen: (string | null | undefined)[] = []
    for await (const [path, znode] of zk.streamMany(lazily(), { concurrency: 2 })) {
      seen.push(znode === null ? null : textOf(znode))
      if (path === '/n0') expect(asked).to.be.at.most(4)
    }
    expect(seen).to.deep.equal([...paths(9), null])
    for await (const [path] of zk.streamMany(paths(9), { concurrency: 2 })) if (path === '/n3') break
    expect((await failureOf(zk.streamMany(['/a', 'b']).next())).message).to.match(/path 2: invalid/)
  })

  it('hand out what was read before their paths failed', async () => {
    const zk = await target.freshClient()
    for (const path of paths(9)) await zk.create(path, path)
    const failing = function* (): Generator<string> {
      yield* paths(8)
      throw new Error('no more paths')
    }
    for (const [source, message] of [
      [failing(), /no more paths/],
      [[...paths(8), 'b'], /path 9: invalid path/],
      [[...paths(8), 'b', '/c'], /path 9: invalid path/],
    ] as const) {
      const seen: string[] = []
      const stream = zk.streamMany(source, { concurrency: 4 })
      const taken = (async () => {
        for await (const [path] of stream) seen.push(path)
      })()
      expect(await taken.catch(error => String(error))).to.match(message)
      expect(seen).to.deep.equal(paths(8))
      expect((await stream.next()).done).to.equal(true)
    }
  })

  it('are traced one by one for the subscribers of the request channel', async () => {
    const zk = await target.freshClient()
    await zk.create('/n0', 'x')
    const told: unknown[] = []
    const onEnd = (message: unknown): void => {
      const { operation, path } = message as { operation: string; path: string }
      told.push([operation, path])
    }
    requestChannel.subscribe({ asyncEnd: onEnd } as never)
    try {
      expect((await zk.getMany(['/n0', '/n1'])).map(textOf)).to.deep.equal(['x', undefined])
    } finally {
      requestChannel.unsubscribe({ asyncEnd: onEnd } as never)
    }
    expect(told).to.deep.equal([
      ['getMany', '/n0'],
      ['getMany', '/n1'],
    ])
  })
})

describe('The iteration over batches of znodes', () => {
  it('has ended after `return`, at whatever moment a batch comes', async () => {
    for (let ticks = 0; ticks < 10; ticks++) {
      let come = (): void => {}
      const gate = new Promise<void>(resolve => {
        come = resolve
      })
      const pairs = new PulledPairs<number>(async function* () {
        await gate
        yield { paths: ['/a', '/b'], znodes: [1, 2] }
      })
      const first = pairs.next()
      await new Promise(resolve => setImmediate(resolve))
      come()
      for (let tick = 0; tick < ticks; tick++) await null
      await pairs.return()
      await first
      expect(await pairs.next()).to.deep.equal({ done: true, value: undefined })
    }
  })
})

describe('Reads of many znodes, when something fails', () => {
  const COUNT = 40
  let server: TestServer
  let zk: ZooKeeper

  beforeEach(async () => {
    server = await TestServer.start()
    zk = await connect(server.hosts, { backoff: { initial: 1, max: 5 } })
    await Promise.all(paths(COUNT).map(path => zk.create(path, path)))
  })
  afterEach(async () => {
    await zk.close()
    await server.stop()
  })

  it('are sent again after a lost connection, as often as `retry` says, and only those without an answer', async () => {
    let sent = 0
    const onStart = (): void => void sent++
    requestChannel.subscribe({ start: onStart } as never)
    try {
      server.holdReplies()
      const many = zk.existsMany(paths(COUNT), { concurrency: 8, retry: 1 })
      await new Promise(resolve => setTimeout(resolve, 20))
      server.dropConnections()
      server.releaseReplies()
      expect((await many).every(stat => stat !== null)).to.equal(true)
      expect(sent).to.be.within(COUNT, COUNT + 8)
    } finally {
      requestChannel.unsubscribe({ start: onStart } as never)
    }
  })

  it('count every lost connection, also where few requests are in flight', async () => {
    await using other = await connect(server.hosts, { maxInFlight: 4, backoff: { initial: 1, max: 5 } })
    let lost = 0
    other.on('state', state => void (lost += Number(state === 'suspended')))
    for (let i = 0; i < 8; i++) server.dropNextRequest('exists')
    const error = await failureOf(other.existsMany(paths(COUNT), { retry: 2 }))
    expect(error).to.include({ code: 'CONNECTION_LOSS', operation: 'existsMany' })
    expect(lost).to.equal(3)
  })

  it('fail with CONNECTION_LOSS without `retry`, and leave nothing in flight', async () => {
    server.holdReplies()
    const failure = failureOf(zk.existsMany(paths(COUNT), { concurrency: 8 }))
    await new Promise(resolve => setTimeout(resolve, 20))
    server.dropConnections()
    server.releaseReplies()
    expect(await failure).to.include({ code: 'CONNECTION_LOSS', operation: 'existsMany', outcome: 'unknown' })
    await zk.sync()
    expect(zk.outstanding).to.equal(0)
  })

  it('end with their signal and with their timeout; later requests are answered as ever', async () => {
    const aborted = new AbortController()
    aborted.abort(new Error('enough'))
    const before = await failureOf(zk.getMany(paths(COUNT), { signal: aborted.signal }))
    expect(before).to.include({ code: 'ABORTED', operation: 'getMany', outcome: 'not-sent' })
    server.holdReplies()
    const controller = new AbortController()
    const failures = Promise.all([
      failureOf(zk.getMany(paths(COUNT), { signal: controller.signal, concurrency: 8 })),
      failureOf(zk.getMany(paths(COUNT), { timeout: 15, concurrency: 8 })),
      failureOf(zk.getChildrenData('/', { timeout: 15 })),
    ])
    await new Promise(resolve => setTimeout(resolve, 5))
    controller.abort(new Error('enough'))
    const [abort, late, listing] = await failures
    expect(abort).to.include({ code: 'ABORTED', outcome: 'unknown' })
    expect((abort.cause as Error).message).to.equal('enough')
    expect(late).to.include({ code: 'REQUEST_TIMEOUT', operation: 'getMany' })
    expect(listing).to.include({ code: 'REQUEST_TIMEOUT', operation: 'getChildrenData' })
    server.releaseReplies()
    expect(textOf(await zk.getData('/n7'))).to.equal('/n7')
    expect(zk.outstanding).to.equal(0)
  })

  it('leave nothing to be sent when they end before', async () => {
    await server.refuseConnections(true)
    server.dropConnections()
    while (zk.state === 'connected') await new Promise(resolve => setTimeout(resolve, 1))
    const controller = new AbortController()
    const aborted = failureOf(zk.getMany(paths(COUNT), { signal: controller.signal }))
    controller.abort()
    expect(await aborted).to.include({ code: 'ABORTED', outcome: 'not-sent' })
    expect(await failureOf(zk.existsMany(paths(COUNT), { timeout: 5 }))).to.include({
      code: 'REQUEST_TIMEOUT',
      outcome: 'not-sent',
    })
    expect(zk.outstanding).to.equal(0)
    await server.refuseConnections(false)
    expect(textOf(await zk.getData('/n7'))).to.equal('/n7')
    await using other = await connect(server.hosts, { maxInFlight: 4 })
    await zk.setAcl('/n0', [{ perms: 30, id: { scheme: 'world', id: 'anyone' } }])
    expect(await failureOf(other.getMany(paths(COUNT)))).to.include({ code: 'NO_AUTH', path: '/n0' })
    expect(other.outstanding).to.be.at.most(4)
    expect(textOf(await other.getData('/n7'))).to.equal('/n7')
  })

  it('leave nothing to be sent when their stream is left, and end the iteration over the paths', async () => {
    await server.refuseConnections(true)
    server.dropConnections()
    while (zk.state === 'connected') await new Promise(resolve => setTimeout(resolve, 1))
    let isOver = false
    const endless = function* (): Generator<string> {
      try {
        for (;;) yield '/n0'
      } finally {
        isOver = true
      }
    }
    const stream = zk.streamMany(endless(), { concurrency: 8, retry: 3 })
    const next = stream.next()
    await new Promise(resolve => setTimeout(resolve, 5))
    expect(zk.outstanding).to.equal(16)
    await stream.return()
    expect(await next).to.deep.equal({ done: true, value: undefined })
    await new Promise(resolve => setTimeout(resolve, 5))
    expect({ outstanding: zk.outstanding, isOver }).to.deep.equal({ outstanding: 0, isOver: true })
  })

  it('may have been sent, as far as their end knows, once a lost connection has taken some with it', async () => {
    server.holdReplies()
    const controller = new AbortController()
    zk.on('state', () => controller.abort())
    const ended = failureOf(zk.existsMany(paths(COUNT), { signal: controller.signal, retry: 3 }))
    await new Promise(resolve => setTimeout(resolve, 20))
    server.dropConnections()
    server.releaseReplies()
    expect(await ended).to.include({ code: 'ABORTED', outcome: 'unknown' })
  })

  it('tell whole milliseconds, also where an earlier step took a part of them', async () => {
    server.holdNextReply('getData')
    const late = await failureOf(zk.getChildrenData('/', { timeout: 50 }))
    server.releaseReplies()
    server.dropNextRequest('getData')
    server.holdNextReply('getData')
    const again = await failureOf(zk.getData('/n0', { timeout: 200, retry: 1 }))
    server.releaseReplies()
    for (const error of [late, again]) {
      expect(error.code).to.equal('REQUEST_TIMEOUT')
      expect(error.message).to.match(/within \d+ ms$/)
    }
  })

  it('end with the client', async () => {
    server.holdReplies()
    const failure = failureOf(zk.getMany(paths(COUNT), { concurrency: 8 }))
    setTimeout(() => server.releaseReplies(), 20)
    await zk.close()
    expect(await failure).to.include({ code: 'CLOSED', operation: 'getMany' })
    expect(await failureOf(zk.getMany(['/a']))).to.include({ code: 'CLOSED', outcome: 'not-sent' })
  })

  it('keep the order of results behind an error of another request', async () => {
    const settled: string[] = []
    const failing = zk.getData('/none').catch(() => settled.push('failure'))
    const many = zk.getMany(['/n0', '/n1']).then(() => settled.push('many'))
    const last = zk.exists('/n0').then(() => settled.push('last'))
    await Promise.all([failing, many, last])
    expect(settled.slice(0, 2)).to.deep.equal(['failure', 'many'])
  })

  it('see one point in history with `snapshot`, which old servers refuse', async () => {
    const snapshot = await zk.getMany(['/n1', '/none', '/n0'], { snapshot: true })
    expect(snapshot).to.deep.equal(await zk.getMany(['/n1', '/none', '/n0']))
    expect(await zk.getMany(['/n0'], { snapshot: true, stat: false })).to.deep.equal([
      { data: Buffer.from('/n0') },
    ])
    const old = await TestServer.start({ version: '3.5.10' })
    const past = await connect(old.hosts)
    try {
      expect(await failureOf(past.getMany(['/'], { snapshot: true }))).to.include({ code: 'UNIMPLEMENTED' })
      expect(await past.getMany(['/'], { stat: false })).to.have.length(1)
    } finally {
      await past.close()
      await old.stop()
    }
  })
})
