import { expect } from 'chai'
import { PersistentTtlNode } from '../src/index.ts'
import { typesOf } from './support/events.ts'
import { failure, TestBed, until } from './support/test-bed.ts'

const PATH = '/kept/node'
const seed = { kept: '' }
const quick = { seed, containerCheckInterval: 20 }

describe('A kept TTL znode', () => {
  it('outlives its time to live while it is touched, and is deleted when nobody does', async () => {
    await using bed = await TestBed.start(quick)
    const zk = await bed.client()
    const node = new PersistentTtlNode(zk, PATH, { ttl: 400, touchInterval: 10, data: 'here' })
    const changes = node.changes()
    await node.start()
    const { czxid, ctime } = (await zk.exists(PATH))!
    await until('it is older than its time', async () => {
      const stat = await zk.exists(PATH)
      return stat !== null && stat.mtime > ctime + 800
    })
    expect((await zk.getData(PATH)).stat.czxid).to.equal(czxid)
    expect(bed.server.dump()[PATH]).to.equal('here')
    await node.close()
    expect(bed.names('/kept'), 'it is left to the server').to.deep.equal(['node'])
    await until('it is gone', () => bed.names('/kept').length === 0)
    expect(await typesOf(changes)).to.deep.equal(['created'])
  })

  it('outlives its session, and is kept in the next one', async () => {
    await using bed = await TestBed.start(quick)
    const zk = await bed.client()
    await using node = new PersistentTtlNode(zk, PATH, { ttl: 60_000, touchInterval: 10, jitter: 0 })
    await node.start()
    const { czxid } = node.current!
    const { id } = zk.session
    bed.server.expireSession(id)
    await until('there is a new session', () => zk.state === 'connected' && zk.session.id !== id)
    const { version } = (await zk.exists(PATH))!
    await until('it is touched', async () => (await zk.exists(PATH))!.version > version)
    expect(node.current!.czxid).to.equal(czxid)
  })

  it('is created again as a TTL znode when it was deleted', async () => {
    await using bed = await TestBed.start(quick)
    const zk = await bed.client()
    const node = new PersistentTtlNode(zk, PATH, { ttl: 200, touchInterval: 20 })
    await node.start()
    const { czxid } = node.current!
    await zk.delete(PATH)
    await until('it is back', () => node.current !== null && node.current.czxid > czxid)
    await node.close()
    await until('it is gone', () => bed.names('/kept').length === 0)
  })

  it('reports servers without TTL znodes: those that are not set up for them, and those that are too old', async () => {
    for (const options of [{ extendedTypes: false }, { version: '3.4' as const }]) {
      await using bed = await TestBed.start({ ...quick, ...options })
      const zk = await bed.client()
      const node = new PersistentTtlNode(zk, PATH, { ttl: 1000 })
      const error = await failure(node.start({ timeout: 5000 }))
      expect(error).to.include({ code: 'UNIMPLEMENTED', outcome: 'rejected', path: PATH })
      expect(error.message).to.include('extendedTypesEnabled')
      await node.close()
    }
  })

  it('refuses invalid times', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const bad = [{ ttl: 0 }, { ttl: 1.5 }, { ttl: 2 ** 40 }, { ttl: 10, touchInterval: 0 }]
    for (const options of bad) {
      expect(() => new PersistentTtlNode(zk, PATH, options))
        .to.throw()
        .with.property('code', 'BAD_ARGUMENTS')
    }
  })
})
