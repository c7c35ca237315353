import { connect, type ZooKeeper } from '@zookit/client'
import { findTargets, type RealServer } from '@zookit/test-fixtures'
import { expect } from 'chai'
import { Group, PersistentNode, PersistentTtlNode, ServiceDiscovery, ServiceRegistry } from '../src/index.ts'
import { next } from './support/events.ts'
import { endSession, failure, until } from './support/test-bed.ts'

for (const target of await findTargets()) {
  describe(`Membership and discovery, on ${target.name}`, function () {
    this.timeout(60_000)
    let server: RealServer
    const clients: ZooKeeper[] = []

    before(async () => {
      server = await target.startServer({ tickTime: 100 })
    })
    afterEach(async () => {
      await Promise.all(clients.splice(0).map(zk => zk.close()))
    })
    after(async () => {
      await server?.stop()
    })

    async function client(): Promise<ZooKeeper> {
      const zk = await connect(server.hosts, { sessionTimeout: 10_000, backoff: { initial: 10, max: 100 } })
      clients.push(zk)
      return zk
    }

    it('Z9 a kept znode takes over a leftover, survives its session and deletions, and is deleted by close', async () => {
      const [zk, old] = [await client(), await client()]
      await zk.ensurePath('/kept')
      await old.create('/kept/node', 'old', { mode: 'ephemeral' })
      const node = new PersistentNode(zk, '/kept/node', { data: 'new', jitter: 0 })
      const changes = node.changes()
      await node.start()
      await old.close()
      expect((await zk.exists('/kept/node'))!.ephemeralOwner).to.equal(zk.session.id)
      expect(await next(changes)).to.include({ type: 'created', after: 'start' })
      await endSession(zk, server.hosts)
      expect(await next(changes)).to.include({ type: 'lost', reason: 'expired' })
      expect(await next(changes)).to.include({ type: 'created', after: 'expired' })
      await zk.delete('/kept/node')
      expect(await next(changes)).to.include({ type: 'lost', reason: 'deleted' })
      expect(await next(changes)).to.include({ type: 'created', after: 'deleted' })
      expect((await zk.getData('/kept/node')).data!.toString()).to.equal('new')
      await node.close()
      expect(await zk.exists('/kept/node')).to.equal(null)
    })

    it('a TTL znode exists while it is touched, and is deleted when nobody touches it', async () => {
      const zk = await client()
      const node = new PersistentTtlNode(zk, '/ttl/node', { ttl: 600, touchInterval: 50 })
      await node.start()
      const { ctime, czxid } = (await zk.exists('/ttl/node'))!
      await until(
        'it is older than its time',
        async () => (await zk.exists('/ttl/node'))!.mtime > ctime + 1200,
      )
      expect((await zk.exists('/ttl/node'))!.czxid).to.equal(czxid)
      await node.close()
      await until('it is gone', async () => (await zk.exists('/ttl/node')) === null)
    })

    it('a group knows its members', async () => {
      const [one, two] = [await client(), await client()]
      const group = new Group(one, '/group', { jitter: 0 })
      await using members = group.members
      await members.start()
      await using first = await group.join({ name: 'one', data: '1' })
      const second = await new Group(two, '/group').join({ name: 'two' })
      await until('both are there', () => members.current.size === 2)
      await second.leave()
      await until('one is there', () => members.current.size === 1)
      const { token } = first
      await endSession(one, server.hosts)
      await until('it has joined again', () => (first.token ?? 0n) > token!)
      await until('it is seen again', () => members.current.get('one')?.stat.czxid === first.token)
    })

    it('Z12 a service is published, found, called, and published again after its session', async () => {
      const [offering, calling] = [await client(), await client()]
      await using registry = new ServiceRegistry(offering, '/services', { jitter: 0 })
      for (const id of ['a', 'b']) await registry.publish({ name: 'web', id, payload: { id } })
      await using service = new ServiceDiscovery(calling, '/services').service('web')
      const work = ({ id }: { id: string }): string => {
        if (id === 'a') throw new Error('down')
        return id
      }
      expect(await service.call(work)).to.equal('b')
      expect(service.current.map(({ id, payload }) => ({ id, payload }))).to.deep.equal([
        { id: 'a', payload: { id: 'a' } },
        { id: 'b', payload: { id: 'b' } },
      ])
      await endSession(offering, server.hosts)
      const isBack = ({ held }: { held: boolean }): boolean => held
      await until('both are back', () => [...registry.publications].every(isBack))
      await until('both are seen', () => service.current.length === 2 && !service.stale)
      await registry.close()
      await until('none is seen', () => service.current.length === 0)
    })
  })

  describe(`A server without TTL znodes: ${target.name}`, function () {
    this.timeout(60_000)

    it('is reported as one', async () => {
      const server = await target.startServer({ tickTime: 100, extendedTypesEnabled: false })
      const zk = await connect(server.hosts)
      const node = new PersistentTtlNode(zk, '/ttl', { ttl: 1000 })
      const error = await failure(node.start({ timeout: 20_000 }))
      expect(error).to.include({ code: 'UNIMPLEMENTED', outcome: 'rejected' })
      expect(error.message).to.include('extendedTypesEnabled')
      await zk.close()
      await server.stop()
    })
  })
}
