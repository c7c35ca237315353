import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { connect, MultiError, ZooKeeperError } from '../src/index.ts'
import { describeTargets, failureOf } from './support/targets.ts'

describeTargets('A transaction', target => {
  it('M1 applies all of its operations and returns a result for each', async () => {
    const zk = await target.freshClient()
    await zk.create('/a', 'v1')
    await zk.create('/old')
    const [checked, stat, path, created, deleted] = await zk
      .transaction()
      .check('/a', 0)
      .setData('/a', 'v2', { version: 0 })
      .create('/a/b', 'child')
      .createWithStat('/c')
      .delete('/old')
      .commit()
    expect([checked, deleted]).to.deep.equal([undefined, undefined])
    expect(path).to.equal('/a/b')
    expect(created.path).to.equal('/c')
    const there = await zk.exists('/c')
    // Servers before 3.7.2, 3.8.2 and 3.9.0 treat it as a plain create; the in-memory server does not.
    if (created.stat !== null || !target.real) expect(created.stat).to.deep.equal(there)
    expect(stat).to.include({ version: 1, mzxid: there?.czxid })
    expect((await zk.getData('/a')).data?.toString()).to.equal('v2')
    expect(await zk.exists('/old')).to.equal(null)
  })

  it('M1 applies none of its operations when one fails, and says which and why', async () => {
    const zk = await target.freshClient()
    await zk.create('/a')
    const commit = zk.transaction().create('/b').delete('/a').check('/nowhere', 3).setData('/b', 'x').commit()
    const error = (await failureOf(commit)) as MultiError
    expect(error).to.be.instanceOf(MultiError)
    expect(error).to.be.instanceOf(ZooKeeperError)
    expect(error).to.include({
      code: 'NO_NODE',
      errno: -101,
      operation: 'multi',
      path: '/nowhere',
      outcome: 'rejected',
      index: 2,
      type: 'check',
    })
    expect(error.results).to.deep.equal([null, null, 'NO_NODE', 'RUNTIME_INCONSISTENCY'])
    expect(error.message).to.match(/operation 3 of 4 \(check\) failed, none was applied/)
    expect((await zk.getChildren('/')).children).to.deep.equal(['a'])
  })

  it('M1 names the operation that failed at every position', async () => {
    const zk = await target.freshClient()
    await zk.create('/a')
    for (const index of [0, 1, 2]) {
      const writes = [0, 1, 2].map(i => ({ type: 'create' as const, path: i === index ? '/a' : `/new${i}` }))
      const error = (await failureOf(zk.multi(writes))) as MultiError
      expect(error).to.include({ code: 'NODE_EXISTS', index, path: '/a' })
    }
  })

  it('M1 may be empty', async () => {
    const zk = await target.freshClient()
    expect(await zk.multi([])).to.deep.equal([])
    expect(await zk.transaction().commit()).to.deep.equal([])
  })

  it('M2 creates znodes in every mode, with paths and Stats in order', async () => {
    const zk = await target.freshClient()
    const [box, brief, job, me, boxed] = await zk
      .transaction()
      .create('/box', null, { mode: 'container' })
      .create('/brief', 'x', { mode: 'ttl', ttl: 60_000 })
      .create('/job-', null, { mode: 'persistent-sequential' })
      .createWithStat('/me-', null, { mode: 'ephemeral-sequential' })
      .createWithStat('/box2', null, { mode: 'container' })
      .commit()
    expect([box, brief, job, me.path, boxed.path]).to.deep.equal([
      '/box',
      '/brief',
      '/job-0000000002',
      '/me-0000000003',
      '/box2',
    ])
    expect((await zk.exists(me.path))?.ephemeralOwner).to.equal(zk.session.id)
    expect(boxed.stat).to.deep.equal(await zk.exists('/box2'))
  })

  it('sends the list of the call, not later changes of it', async () => {
    const zk = await target.freshClient()
    const writes = [{ type: 'create' as const, path: '/a' }]
    const sent = zk.multi(writes)
    writes.push({ type: 'create', path: '/b' })
    expect(await sent).to.deep.equal(['/a'])
    expect((await zk.getChildren('/')).children).to.deep.equal(['a'])
  })

  it('keeps its place among the requests around it', async () => {
    const zk = await target.freshClient()
    const order: string[] = []
    await Promise.all([
      zk.create('/a').then(() => order.push('create')),
      zk
        .transaction()
        .check('/a', 0)
        .create('/a/b')
        .commit()
        .then(() => order.push('commit')),
      zk.getChildren('/a').then(({ children }) => order.push(...children)),
    ])
    expect(order[0]).to.equal('create')
    expect(order.slice(1)).to.have.members(['commit', 'b'])
  })
})

describeTargets('A multiRead', target => {
  it('M1 returns a result for each of its reads, failures too', async () => {
    const zk = await target.freshClient()
    await zk.create('/a', 'hello')
    await zk.create('/a/b')
    const [data, missing, names, nobody] = await zk.multiRead([
      { type: 'getData', path: '/a' },
      { type: 'getData', path: '/nowhere' },
      { type: 'getChildren', path: '/a' },
      { type: 'getChildren', path: '/nowhere' },
    ])
    expect(data).to.deep.equal(await zk.getData('/a'))
    expect(names).to.deep.equal({ children: ['b'] })
    expect(missing).to.be.instanceOf(ZooKeeperError)
    expect(missing).to.include({
      code: 'NO_NODE',
      operation: 'getData',
      path: '/nowhere',
      outcome: 'rejected',
    })
    expect(nobody).to.include({ code: 'NO_NODE', operation: 'getChildren', path: '/nowhere' })
  })

  it('may be empty', async () => {
    const zk = await target.freshClient()
    expect(await zk.multiRead([])).to.deep.equal([])
  })
})

describe('The error of a transaction', () => {
  it('M1 names no operation that only failed because of another', () => {
    const writes = ['/a', '/b', '/c'].map(path => ({ type: 'delete' as const, path }))
    expect(new MultiError(writes, [-2, -111, -2])).to.include({ index: 1, code: 'NOT_EMPTY', path: '/b' })
    expect(new MultiError(writes, [0, -2, -2])).to.include({ index: 1, code: 'RUNTIME_INCONSISTENCY' })
    expect(new MultiError(writes, [0, 0, -999])).to.include({ index: 2, code: 'UNKNOWN', errno: -999 })
  })
})

describe('The reply of a multi that contradicts the request', () => {
  for (const method of ['multi', 'multiRead'] as const) {
    it(`is a MARSHALLING_ERROR of ${method}, and the connection goes on`, async () => {
      await using server = await TestServer.start({ seed: { a: '' } })
      await using zk = await connect(server.hosts)
      await zk.exists('/')
      // A reply without results: a header with the next xid, and the end of the list.
      const reply = Buffer.alloc(4 + 16 + 9)
      reply.writeInt32BE(reply.length - 4, 0)
      reply.writeInt32BE(server.requests().at(-1)!.xid + 1, 4)
      reply.writeInt32BE(-1, 20)
      reply[24] = 1
      reply.writeInt32BE(-1, 25)
      server.garbleNextReply(method, reply)
      const sent =
        method === 'multi'
          ? zk.multi([{ type: 'setData', path: '/a', data: 'x' }])
          : zk.multiRead([{ type: 'getData', path: '/a' }])
      const error = await failureOf(sent)
      expect(error).to.include({ code: 'MARSHALLING_ERROR', operation: method, outcome: 'unknown' })
      expect(zk.state).to.equal('connected')
      expect((await zk.getData('/a')).data).to.be.instanceOf(Buffer)
    })
  }
})
