import type { ZooKeeper } from '@zookit/client'
import { expect } from 'chai'
import { PersistentNode } from '../src/index.ts'
import { typesOf } from './support/events.ts'
import { HeldLink } from './support/held-link.ts'
import { isDone, settle, TestBed, until } from './support/test-bed.ts'

const PATH = '/kept/node'
const seed = { kept: '' }

function nodeOf(zk: ZooKeeper, options: ConstructorParameters<typeof PersistentNode>[2]): PersistentNode {
  return new PersistentNode(zk, PATH, { jitter: 0, ...options })
}

const countOf = (bed: TestBed, zk: ZooKeeper, operation: string): number =>
  bed.operations(zk).filter(each => each === operation).length

/** Starts a kept znode, and holds back from then on what its client is sent. */
async function startHeld(bed: TestBed) {
  const link = new HeldLink()
  const [zk, other] = [await bed.client({ environment: link.environment }), await bed.client()]
  const node = nodeOf(zk, { data: 'here' })
  const told = typesOf(node.changes())
  await node.start()
  link.hold()
  return { link, zk, other, node, told }
}

describe('A kept znode whose answer is lost', () => {
  it('is written once more, and not again, where its create was not answered', async () => {
    await using bed = await TestBed.start({ seed })
    const zk = await bed.client()
    bed.server.loseNextReply('create')
    await using node = nodeOf(zk, { data: 'here' })
    await node.start()
    await settle()
    expect([countOf(bed, zk, 'setData'), node.stale]).to.deep.equal([1, false])
  })

  it('is created again with a number where its create never arrived', async () => {
    await using bed = await TestBed.start({ seed })
    const zk = await bed.client()
    bed.server.dropNextRequest('create')
    await using node = nodeOf(zk, { mode: 'ephemeral-sequential' })
    await node.start()
    expect(node.current!.path).to.match(/^\/kept\/_c_[-0-9a-f]{36}-node\d{10}$/)
    expect(bed.names('/kept')).to.have.length(1)
  })

  it('is closed where its deletion was not answered', async () => {
    await using bed = await TestBed.start({ seed })
    const zk = await bed.client()
    const node = nodeOf(zk, {})
    await node.start()
    bed.server.loseNextReply('delete')
    await node.close()
    expect(bed.names('/kept')).to.deep.equal([])
  })

  it('is looked at again where the look never arrived', async () => {
    await using bed = await TestBed.start({ seed })
    const [zk, other] = [await bed.client(), await bed.client()]
    await using node = nodeOf(zk, {})
    await node.start()
    const { czxid } = node.current!
    bed.server.dropNextRequest('exists')
    await other.delete(PATH)
    await until('it is back', () => node.current !== null && node.current.czxid > czxid)
  })
})

describe('A kept znode', () => {
  it('with a number asks for no list where its create was refused', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    await using node = nodeOf(zk, { mode: 'ephemeral-sequential' })
    await node.start()
    expect(bed.operations(zk).filter(each => each.startsWith('getChildren'))).to.deep.equal([])
  })

  it('goes on with the versions of the leftover that it replaces, and is not stale', async () => {
    await using bed = await TestBed.start({ seed })
    const [zk, other] = [await bed.client(), await bed.client()]
    await other.create(PATH, 'old', { mode: 'ephemeral' })
    for (const data of ['1', '2', '3']) await other.setData(PATH, data)
    bed.server.clearRequests()
    await using node = nodeOf(zk, { data: 'new' })
    await node.start()
    await settle()
    expect([(await zk.exists(PATH))!.version, node.stale]).to.deep.equal([4, false])
    expect([countOf(bed, zk, 'multi'), countOf(bed, zk, 'setData')]).to.deep.equal([1, 0])
  })

  it('takes a write of somebody else in front of its own for no failure', async () => {
    await using bed = await TestBed.start({ seed })
    const { link, zk, other, node, told } = await startHeld(bed)
    await other.setData(PATH, 'theirs')
    const writing = node.setData('mine')
    await until('it was sent', () => bed.operations(zk).includes('setData'))
    link.release()
    await writing
    expect(bed.server.dump()[PATH]).to.equal('mine')
    await node.close()
    expect(await told).to.deep.equal(['created'])
  })

  it('that was replaced under a write has not written, and is no failure either', async () => {
    await using bed = await TestBed.start({ seed })
    const { link, zk, other, node, told } = await startHeld(bed)
    const successor = nodeOf(other, { data: 'theirs' })
    await successor.start()
    const writing = node.setData('mine')
    await until('it was sent', () => bed.operations(zk).includes('setData'))
    link.release()
    await until('it knows', () => node.current === null)
    expect(await isDone(writing)).to.equal(false)
    await successor.close()
    await writing
    expect(bed.server.dump()[PATH]).to.equal('mine')
    await node.close()
    expect(await told).to.deep.equal(['created', 'lost', 'created'])
  })

  it('has not started again while it is being made again', async () => {
    await using bed = await TestBed.start({ seed })
    const [zk, other] = [await bed.client(), await bed.client()]
    await using node = nodeOf(zk, {})
    await node.start()
    bed.server.clearRequests()
    bed.server.holdNextReply('create')
    await other.delete(PATH)
    await until('it is being made', () => bed.operations(zk).includes('create'))
    const starting = node.start()
    expect(await isDone(starting)).to.equal(false)
    bed.server.releaseReplies()
    await starting
    expect(node.current).not.to.equal(null)
  })
})
