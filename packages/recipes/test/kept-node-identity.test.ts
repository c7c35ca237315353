import type { ZooKeeper } from '@zookit/client'
import { expect } from 'chai'
import { Group, PersistentNode, ServiceRegistry } from '../src/index.ts'
import { HeldLink } from './support/held-link.ts'
import { settle, TestBed, until } from './support/test-bed.ts'

const PATH = '/kept'

async function keep(zk: ZooKeeper, data: string): Promise<PersistentNode> {
  const node = new PersistentNode(zk, PATH, { data, jitter: 0 })
  await node.start()
  return node
}

const isSetData = ({ operation }: { operation: string }): boolean => operation === 'setData'

/** Returns a process that keeps a znode and then hears nothing, and the one that is started in its place. */
async function stalled(
  bed: TestBed,
  updates: number,
): Promise<{
  link: HeldLink
  zk: ZooKeeper
  node: PersistentNode
  other: ZooKeeper
  successor: PersistentNode
}> {
  const link = new HeldLink()
  const zk = await bed.client({ environment: link.environment })
  const other = await bed.client()
  const node = await keep(zk, 'old')
  for (let update = 0; update < updates; update++) await node.setData(`old ${update}`)
  link.hold()
  return { link, zk, node, other, successor: await keep(other, 'new') }
}

describe('A process that does not know that its kept znode was replaced', () => {
  for (const updates of [0, 1, 2, 5]) {
    it(`writes nothing into the new one, after ${updates} updates of its own`, async () => {
      await using bed = await TestBed.start()
      const { link, zk, node, successor } = await stalled(bed, updates)
      bed.server.clearRequests()
      // The new znode passes through every version that the old one had.
      for (let update = 0; update < 8; update++) {
        void node.setData(`stale ${update}`).catch(() => {})
        await until('the first one was sent', () => bed.operations(zk).includes('setData'))
        expect(bed.server.dump()[PATH]).to.equal(update === 0 ? 'new' : `new ${update - 1}`)
        await successor.setData(`new ${update}`)
      }
      link.release()
      await until('it knows', () => !node.current)
      await settle()
      expect(bed.server.dump()[PATH]).to.equal('new 7')
      expect(successor.stale).to.equal(false)
    })

    it(`deletes nothing of the new one when it is closed, after ${updates} updates of its own`, async () => {
      await using bed = await TestBed.start()
      const { link, node, successor } = await stalled(bed, updates)
      for (let update = 1; update < updates; update++) await successor.setData('new')
      const { czxid } = successor.current!
      const closing = node.close()
      await settle()
      link.release()
      await closing
      await settle()
      expect([successor.stale, successor.current?.czxid]).to.deep.equal([false, czxid])
    })
  }

  it('deletes nothing of the new one when its deletion was applied and is repeated', async () => {
    await using bed = await TestBed.start()
    const [zk, other] = [await bed.client(), await bed.client()]
    const node = await keep(zk, 'old')
    bed.server.loseNextReply('delete')
    const { id } = zk.session
    const closing = node.close()
    await until('the old one is gone', () => !(PATH in bed.server.dump()))
    // The repeated deletion is answered only after the new znode was created.
    bed.server.holdNextReply(({ operation, sessionId }) => operation === 'connect' && sessionId === id)
    const successor = new PersistentNode(other, PATH, { data: 'new', jitter: 0 })
    const starting = successor.start()
    await until('the new one is there', () => PATH in bed.server.dump())
    await until('all is done', () => {
      bed.server.releaseReplies()
      return zk.state === 'connected'
    })
    await Promise.all([closing, starting])
    await settle()
    const lost = bed.server.requests().filter(({ operation }) => operation === 'create')
    expect([bed.server.dump()[PATH], lost.length]).to.deep.equal(['new', 2])
  })

  it('leaves a publication of its successor as it is', async () => {
    await using bed = await TestBed.start()
    const link = new HeldLink()
    const [zk, other] = [await bed.client({ environment: link.environment }), await bed.client()]
    const instance = { name: 'web', id: 'x', port: 1 }
    const old = await new ServiceRegistry(zk, '/s').publish({ ...instance, address: 'a' })
    link.hold()
    await new ServiceRegistry(other, '/s').publish({ ...instance, address: 'b' })
    const reporting = old.report(false).catch(() => {})
    await settle()
    link.release()
    await until('it knows', () => !old.held)
    await settle()
    const { address, enabled } = JSON.parse(bed.server.dump()['/s/web/x']!)
    expect([address, enabled]).to.deep.equal(['b', true])
    await old.unpublish()
    await reporting
    expect(bed.server.dump()).to.have.property('/s/web/x')
  })

  it('leaves a member of its successor as it is', async () => {
    await using bed = await TestBed.start()
    const link = new HeldLink()
    const [zk, other] = [await bed.client({ environment: link.environment }), await bed.client()]
    const old = await new Group(zk, '/g').join({ name: 'x', data: 'old' })
    link.hold()
    const successor = await new Group(other, '/g').join({ name: 'x', data: 'new' })
    const { token } = successor
    const leaving = old.leave()
    await settle()
    link.release()
    await leaving
    await settle()
    expect([bed.server.dump()['/g/x'], successor.token]).to.deep.equal(['new', token])
  })
})

describe('A kept znode', () => {
  it('is written again where somebody else has written into it', async () => {
    await using bed = await TestBed.start()
    const [zk, other] = [await bed.client(), await bed.client()]
    const node = await keep(zk, 'a')
    await other.setData(PATH, 'theirs')
    await node.setData('b')
    expect(bed.server.dump()[PATH]).to.equal('b')
    await other.setData(PATH, 'theirs')
    await node.close()
    expect(bed.server.dump()).to.not.have.property(PATH)
  })

  it('gets its data back after a stale write to an older znode of the same version has met it', async () => {
    await using bed = await TestBed.start()
    const link = new HeldLink()
    const [zk, other] = [await bed.client({ environment: link.environment }), await bed.client()]
    const old = await new Group(zk, '/g').join({ name: 'x', data: 'old' })
    link.hold()
    const writing = old.setData('stale').catch(() => {})
    await other.delete('/g/x')
    const successor = await new Group(other, '/g').join({ name: 'x', data: 'new' })
    const { token } = successor
    link.release()
    await until('the stale write has met it', () => bed.server.requests().some(isSetData))
    await until('its data is back', () => bed.server.dump()['/g/x'] === 'new')
    await settle()
    expect([bed.server.dump()['/g/x'], successor.token, successor.held]).to.deep.equal(['new', token, true])
    await old.leave()
    await writing
    expect(bed.server.dump()['/g/x']).to.equal('new')
  })

  it('of each ephemeral mode gets its data back; others keep what was written', async () => {
    await using bed = await TestBed.start()
    const [zk, other] = [await bed.client(), await bed.client()]
    const modes = ['ephemeral', 'ephemeral-sequential', 'persistent', 'persistent-sequential'] as const
    for (const mode of modes) {
      const node = new PersistentNode(zk, `${PATH}-${mode}-`, { data: 'mine', mode })
      await node.start()
      const { path } = node.current!
      await other.setData(path, 'theirs')
      if (mode.startsWith('ephemeral')) await until(mode, () => bed.server.dump()[path] === 'mine')
      await settle()
      expect(bed.server.dump()[path], mode).to.equal(mode.startsWith('ephemeral') ? 'mine' : 'theirs')
      await node.close()
    }
  })

  it('waits until an old one with too many versions is gone', async () => {
    await using bed = await TestBed.start()
    const [zk, other] = [await bed.client(), await bed.client()]
    await other.create(PATH, 'old', { mode: 'ephemeral' })
    await Promise.all(Array.from({ length: 1000 }, () => other.setData(PATH, 'old')))
    const starting = keep(zk, 'new')
    await settle()
    expect(bed.server.dump()[PATH]).to.equal('old')
    await other.close()
    await starting
    expect(bed.server.dump()[PATH]).to.equal('new')
  })
})
