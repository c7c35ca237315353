import { type ACL, acl, type ZooKeeper, ZooKeeperError } from '@zookit/client'
import { expect } from 'chai'
import { createIf, readLatest, retryRead, writeIf } from '../src/core/conditional-write.ts'
import { Deadline, type Limits } from '../src/core/deadline.ts'
import { failure, settle, TestBed, until } from './support/test-bed.ts'

const PATH = '/value'
/** All rights but that of changing this list. */
const NO_ADMIN: readonly ACL[] = [acl('cdrw', 'world', 'anyone')]

function begin(zk: ZooKeeper, limits: Limits = {}): Deadline {
  return new Deadline(zk, limits, { operation: 'set', path: PATH })
}

/** The requests of a client that write. */
function writesOf(bed: TestBed, zk: ZooKeeper): string[] {
  return bed.operations(zk).filter(name => name === 'setData' || name === 'create')
}

describe('A read that survives lost connections', () => {
  it('is null where there is no znode, and fails where it must not be read', async () => {
    await using bed = await TestBed.start({ seed: { value: 'here' } })
    const zk = await bed.client()
    using deadline = begin(zk)
    expect(await readLatest(zk, '/nothing', deadline)).to.equal(null)
    bed.server.answerWith('getData', 'NO_AUTH')
    expect(await failure(readLatest(zk, PATH, deadline))).to.include({ code: 'NO_AUTH', path: PATH })
    expect(String((await readLatest(zk, PATH, deadline))?.data)).to.equal('here')
  })

  it('is repeated, and once only, where the server was busy', async () => {
    await using bed = await TestBed.start({ seed: { value: 'here' } })
    const zk = await bed.client()
    using deadline = begin(zk)
    bed.server.answerWith('getData', 'THROTTLED_OP')
    expect(String((await readLatest(zk, PATH, deadline))?.data)).to.equal('here')
    expect(bed.operations(zk).filter(name => name === 'getData')).to.have.length(2)
  })

  it('begins when there is a connection', async () => {
    await using bed = await TestBed.start({ seed: { value: 'here' } })
    const zk = await bed.client({ whenDisconnected: 'reject' })
    bed.server.closeNewConnections(true)
    bed.server.dropConnections()
    await until('the connection is lost', () => zk.state === 'suspended')
    using deadline = begin(zk)
    let begun = 0
    const reading = retryRead(zk, deadline, async () => {
      begun++
      return zk.getData(PATH)
    })
    await settle()
    expect(begun).to.equal(0)
    bed.server.closeNewConnections(false)
    expect(String((await reading).data)).to.equal('here')
    expect(begun).to.equal(1)
  })

  it('takes turns with the others that the client’s own full queue has refused', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    using deadline = begin(zk)
    let [running, most] = [0, 0]
    const reader = (name: string): Promise<string> => {
      let attempts = 0
      return retryRead(zk, deadline, async () => {
        if (++attempts < 3) throw new ZooKeeperError('QUEUE_FULL', { outcome: 'not-sent', retryable: true })
        most = Math.max(most, ++running)
        await settle()
        running--
        return name
      })
    }
    expect(await Promise.all(['a', 'b', 'c'].map(reader))).to.deep.equal(['a', 'b', 'c'])
    expect(most).to.equal(1)
  })
})

describe('A conditional write', () => {
  it('fails where the server refuses it for good, and is not repeated', async () => {
    await using bed = await TestBed.start({ seed: { value: 'old' } })
    const zk = await bed.client()
    using deadline = begin(zk)
    bed.server.answerWith(({ operation }) => operation === 'setData' || operation === 'create', 'NO_AUTH', 2)
    expect(await failure(writeIf(zk, PATH, 'mine', 0, deadline))).to.include({ code: 'NO_AUTH' })
    expect(await failure(createIf(zk, '/other', 'mine', undefined, deadline))).to.include({ code: 'NO_AUTH' })
    expect(writesOf(bed, zk)).to.deep.equal(['setData', 'create'])
  })

  it('is not repeated where a busy server has refused it, and somebody else has written', async () => {
    await using bed = await TestBed.start({ seed: { value: 'old' } })
    const zk = await bed.client()
    using deadline = begin(zk)
    bed.server.seed({ value: 'theirs' })
    bed.server.answerWith('setData', 'THROTTLED_OP')
    expect(await writeIf(zk, PATH, 'mine', 0, deadline)).to.equal(null)
    expect(writesOf(bed, zk)).to.deep.equal(['setData'])
  })

  it('has its own outcome where what became of it cannot be read', async () => {
    await using bed = await TestBed.start({ seed: { value: 'old' } })
    const zk = await bed.client()
    using deadline = begin(zk)
    bed.server.answerWith('setData', 'THROTTLED_OP')
    bed.server.answerWith('getData', 'NO_AUTH', 2)
    expect(await failure(writeIf(zk, PATH, 'mine', 0, deadline))).to.include({
      code: 'NO_AUTH',
      outcome: 'rejected',
    })
    bed.server.loseNextReply('setData')
    expect(await failure(writeIf(zk, PATH, 'mine', 0, deadline))).to.include({
      code: 'NO_AUTH',
      outcome: 'unknown',
    })
  })

  it('ends with its limits, as the call that it is a part of, and with its own outcome', async () => {
    await using bed = await TestBed.start({ seed: { value: 'old' } })
    const zk = await bed.client()
    const writes: ((deadline: Deadline) => Promise<unknown>)[] = [
      deadline => writeIf(zk, PATH, 'mine', 0, deadline),
      deadline => createIf(zk, '/new', 'mine', undefined, deadline),
    ]
    for (const write of writes) {
      const ended = new AbortController()
      using deadline = begin(zk, { signal: ended.signal })
      bed.server.holdReplies()
      const writing = failure(write(deadline))
      await settle()
      ended.abort()
      expect(await writing).to.include({ code: 'ABORTED', operation: 'set', outcome: 'unknown' })
      bed.server.releaseReplies()
    }
  })

  it('was not sent where its limits end before there is a connection', async () => {
    await using bed = await TestBed.start({ seed: { value: 'old' } })
    const zk = await bed.client()
    bed.server.closeNewConnections(true)
    bed.server.dropConnections()
    await until('the connection is lost', () => zk.state === 'suspended')
    const ended = new AbortController()
    using deadline = begin(zk, { signal: ended.signal })
    const writing = failure(writeIf(zk, PATH, 'mine', 0, deadline))
    await settle()
    ended.abort()
    expect(await writing).to.include({ code: 'ABORTED', operation: 'set', outcome: 'not-sent' })
    bed.server.closeNewConnections(false)
  })

  it('gives the access list to the znode that it creates, and to those above', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    using deadline = begin(zk)
    expect(await createIf(zk, '/deep/value', 'mine', NO_ADMIN, deadline)).to.equal(true)
    for (const path of ['/deep', '/deep/value']) expect((await zk.getAcl(path)).acl).to.deep.equal(NO_ADMIN)
  })
})
