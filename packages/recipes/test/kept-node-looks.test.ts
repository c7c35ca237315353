import type { ZooKeeper } from '@zookit/client'
import { expect } from 'chai'
import { PersistentNode } from '../src/index.ts'
import { typesOf } from './support/events.ts'
import { HeldLink } from './support/held-link.ts'
import { failure, settle, TestBed, until } from './support/test-bed.ts'

const PATH = '/kept/node'
const seed = { kept: '' }
const ANYONE = { scheme: 'world', id: 'anyone' }
const [READ, WRITE, CREATE, DELETE, ADMIN] = [1, 2, 4, 8, 16]
const withoutWrite = [{ perms: READ | CREATE | DELETE | ADMIN, id: ANYONE }]

function nodeOf(zk: ZooKeeper, options: ConstructorParameters<typeof PersistentNode>[2]): PersistentNode {
  return new PersistentNode(zk, PATH, { jitter: 0, ...options })
}

describe('A kept znode', () => {
  it('is stale for whoever hears of its deletion, at once and until it was looked at', async () => {
    await using bed = await TestBed.start({ seed })
    const [zk, other] = [await bed.client(), await bed.client()]
    await using node = nodeOf(zk, { data: 'here' })
    await node.start()
    const heard: boolean[] = []
    await zk.getData(PATH, { watch: () => heard.push(node.stale) })
    bed.server.clearRequests()
    bed.server.holdNextReply('exists')
    await other.delete(PATH)
    await until('it looks', () => bed.operations(zk).includes('exists'))
    await settle()
    expect([heard, node.stale]).to.deep.equal([[true], true])
    bed.server.releaseReplies()
    await until('it is back', () => !node.stale)
  })

  it('that is persistent says nothing when others write into it', async () => {
    await using bed = await TestBed.start({ seed })
    const [zk, other] = [await bed.client(), await bed.client()]
    const node = nodeOf(zk, { mode: 'persistent', data: 'here' })
    const told = typesOf(node.changes())
    await node.start()
    const { czxid } = node.current!
    bed.server.clearRequests()
    await other.setData(PATH, 'theirs')
    await until('it has looked', () => bed.operations(zk).includes('exists') && !node.stale)
    expect([node.current?.czxid, bed.server.dump()[PATH]]).to.deep.equal([czxid, 'theirs'])
    await node.close()
    expect(await told).to.deep.equal(['created'])
  })

  it('with a number takes two requests, and has another name than any other', async () => {
    await using bed = await TestBed.start({ seed })
    const zk = await bed.client()
    bed.server.clearRequests()
    await using first = nodeOf(zk, { mode: 'ephemeral-sequential' })
    await first.start()
    expect(bed.operations(zk)).to.deep.equal(['create', 'exists'])
    await using second = nodeOf(zk, { mode: 'ephemeral-sequential' })
    await second.start()
    const stems = [first, second].map(({ current }) => current!.path.slice(0, -10))
    expect(stems[0]).not.to.equal(stems[1])
  })

  it('asks nothing of the server when it is given up before anything was sent', async () => {
    await using bed = await TestBed.start({ seed })
    const zk = await bed.client()
    bed.server.closeNewConnections(true)
    bed.server.dropConnections()
    await until('it is cut off', () => zk.state === 'suspended')
    bed.server.clearRequests()
    const node = nodeOf(zk, {})
    const given = new AbortController()
    const starting = failure(node.start({ signal: given.signal }))
    await settle()
    given.abort()
    expect(await starting).to.include({ code: 'ABORTED' })
    bed.server.closeNewConnections(false)
    await zk.ready()
    await node.close()
    await settle()
    expect(bed.operations(zk)).to.deep.equal([])
  })
})

describe('A persistent kept znode over one that exists', () => {
  it('is written again when somebody else writes between the look and the write', async () => {
    await using bed = await TestBed.start({ seed: { kept: { node: 'old' } } })
    const link = new HeldLink()
    const [zk, other] = [await bed.client({ environment: link.environment }), await bed.client()]
    const node = nodeOf(zk, { mode: 'persistent', data: 'mine' })
    link.hold()
    const starting = node.start()
    await until('it has looked', () => bed.operations(zk).includes('exists'))
    await other.setData(PATH, 'theirs')
    link.release()
    await starting
    expect(bed.server.dump()[PATH]).to.equal('mine')
    await node.close()
  })

  it('fails with NO_AUTH when it must not be written', async () => {
    await using bed = await TestBed.start({ seed })
    const [zk, other] = [await bed.client(), await bed.client()]
    await other.create(PATH, 'old', { acl: withoutWrite })
    const node = nodeOf(zk, { mode: 'persistent', data: 'mine' })
    expect(await failure(node.start())).to.include({ code: 'NO_AUTH' })
    expect(bed.server.dump()[PATH]).to.equal('old')
  })
})

describe('A kept znode in the place of a leftover', () => {
  it('that has versions waits for the end of the leftover if its ACL lets nobody write', async () => {
    await using bed = await TestBed.start({ seed })
    const [zk, other] = [await bed.client(), await bed.client()]
    await other.create(PATH, 'old', { mode: 'ephemeral' })
    await other.setData(PATH, 'older')
    await using node = nodeOf(zk, { data: 'new', acl: withoutWrite })
    const starting = node.start()
    await until('it was refused', () => bed.operations(zk).includes('multi'))
    await settle()
    bed.server.clearRequests()
    await settle()
    expect([bed.server.dump()[PATH], bed.operations(zk)]).to.deep.equal(['older', []])
    await other.close()
    await starting
    expect(bed.server.dump()[PATH]).to.equal('new')
  })

  it('fails with NO_AUTH where the leftover must not be deleted', async () => {
    await using bed = await TestBed.start()
    const [zk, other] = [await bed.client(), await bed.client()]
    await other.create('/kept')
    await other.create(PATH, 'old', { mode: 'ephemeral' })
    await other.setAcl('/kept', [{ perms: READ | WRITE | CREATE | ADMIN, id: ANYONE }])
    const node = nodeOf(zk, { data: 'new' })
    expect(await failure(node.start())).to.include({ code: 'NO_AUTH' })
    expect(bed.server.dump()[PATH]).to.equal('old')
  })
})
