import type { ZooKeeper } from '@zookit/client'
import { expect } from 'chai'
import { codecs, SharedValue } from '../src/index.ts'
import { failure, settle, TestBed, until } from './support/test-bed.ts'

const ANYONE = { scheme: 'world', id: 'anyone' }
const [READ, WRITE, CREATE, DELETE, ADMIN] = [1, 2, 4, 8, 16]

type Change = (value: string) => string | Promise<string>

function update(zk: ZooKeeper, change: Change): Promise<{ value: string }> {
  const value = new SharedValue(zk, '/v', { codec: codecs.text, jitter: 0 })
  return value.update(now => change(now ?? 'none'))
}

/** Begins to append a word, and returns when the connection was lost under the transaction. */
async function cutOff(
  bed: TestBed,
  zk: ZooKeeper,
  lost: 'request' | 'reply',
): Promise<{ settled: Promise<unknown>; calls: string[] }> {
  const calls: string[] = []
  bed.server.closeNewConnections(true)
  if (lost === 'reply') bed.server.loseNextReply('multi')
  else bed.server.dropNextRequest('multi')
  const updating = update(zk, value => {
    calls.push(value)
    return `${value}, mine`
  })
  const settled = updating.then(
    ({ value }) => value,
    error => error,
  )
  await until('it is cut off', () => zk.state === 'suspended')
  return { settled, calls }
}

describe('An update whose answer is lost', () => {
  it('has an unknown outcome where the znode was deleted behind it', async () => {
    await using bed = await TestBed.start({ seed: { v: 'old' } })
    const [zk, other] = [await bed.client(), await bed.client()]
    const { settled } = await cutOff(bed, zk, 'reply')
    await other.removeTree('/v')
    bed.server.closeNewConnections(false)
    expect(await settled).to.include({ code: 'CONNECTION_LOSS', outcome: 'unknown' })
  })

  for (const [what, version] of [
    ['with the version that was read', 0],
    ['with the version that was to be written', 1],
  ] as const) {
    it(`has an unknown outcome where the znode was made again behind it, ${what}`, async () => {
      await using bed = await TestBed.start({ seed: { v: 'old' } })
      const [zk, other] = [await bed.client(), await bed.client()]
      const { settled } = await cutOff(bed, zk, 'reply')
      await other.removeTree('/v')
      await other.create('/v', 'new')
      for (let at = 0; at < version; at++) await other.setData('/v', 'new')
      bed.server.closeNewConnections(false)
      expect(await settled).to.include({ code: 'CONNECTION_LOSS', outcome: 'unknown' })
      expect(bed.server.dump()['/v']).to.equal('new')
    })
  }

  it('has succeeded where somebody has written behind it, while its session lives', async () => {
    await using bed = await TestBed.start({ seed: { v: 'old' } })
    const [zk, other] = [await bed.client(), await bed.client()]
    const { settled, calls } = await cutOff(bed, zk, 'reply')
    await update(other, value => `${value}, theirs`)
    bed.server.closeNewConnections(false)
    expect(await settled).to.equal('old, mine')
    expect(calls).to.deep.equal(['old'])
    expect(bed.server.dump()['/v']).to.equal('old, mine, theirs')
  })
})

describe('An update whose transaction never arrived, and whose session has ended', () => {
  it('is computed again where nobody has written meanwhile', async () => {
    await using bed = await TestBed.start({ seed: { v: 'old' } })
    const zk = await bed.client()
    const { settled, calls } = await cutOff(bed, zk, 'request')
    bed.server.expireSession(zk.session.id)
    bed.server.closeNewConnections(false)
    expect(await settled).to.equal('old, mine')
    expect(calls).to.deep.equal(['old', 'old'])
  })

  it('is computed again from what somebody else has written in its place', async () => {
    await using bed = await TestBed.start({ seed: { v: 'old' } })
    const [zk, other] = [await bed.client(), await bed.client()]
    const { settled, calls } = await cutOff(bed, zk, 'request')
    bed.server.expireSession(zk.session.id)
    await update(other, value => `${value}, theirs`)
    bed.server.closeNewConnections(false)
    expect(await settled).to.equal('old, theirs, mine')
    expect(calls).to.deep.equal(['old', 'old, theirs'])
  })
})

describe('An update of a znode', () => {
  it('takes four requests, and leaves no other behind', async () => {
    await using bed = await TestBed.start({ seed: { v: 'old' } })
    const zk = await bed.client()
    bed.server.clearRequests()
    await update(zk, value => `${value}, changed`)
    await settle()
    expect(bed.operations(zk)).to.deep.equal(['create', 'sync', 'getData', 'multi'])
  })

  it('is still guarded against a znode in the place of the one that was read, after its anchor was once deleted', async () => {
    await using bed = await TestBed.start({ seed: { v: 'old' } })
    const [zk, other] = [await bed.client(), await bed.client()]
    let isMet = false
    await update(zk, async value => {
      if (!isMet) await other.delete(`/v/${bed.names('/v')[0]}`)
      isMet = true
      return value
    })
    const seen: string[] = []
    await update(zk, async value => {
      seen.push(value)
      if (seen.length > 1) return `${value}, changed`
      const { version } = (await other.exists('/v'))!
      await other.removeTree('/v')
      await other.create('/v', 'new')
      for (let at = 0; at < version; at++) await other.setData('/v', 'new')
      return `${value}, changed`
    })
    expect(seen).to.deep.equal(['old', 'new'])
    expect(bed.server.dump()['/v']).to.equal('new, changed')
  })

  for (const [what, perms] of [
    ['children may be created', READ | CREATE | DELETE | ADMIN],
    ['no child may be created either', READ | DELETE | ADMIN],
  ] as const) {
    it(`is refused with NO_AUTH where the data must not be written, and ${what}`, async () => {
      await using bed = await TestBed.start()
      const [zk, other] = [await bed.client(), await bed.client()]
      await other.create('/v', 'old', { acl: [{ perms: perms & ~WRITE, id: ANYONE }] })
      const error = await failure(update(zk, value => `${value}, changed`))
      expect(error).to.include({ code: 'NO_AUTH', outcome: 'rejected' })
      await until('nothing is left', () => bed.names('/v').length === 0)
      expect(bed.server.dump()['/v']).to.equal('old')
    })
  }

  it('is computed anew only once where the znode is made again after a read that found none', async () => {
    await using bed = await TestBed.start({ seed: { v: 'old' } })
    const [zk, other] = [await bed.client(), await bed.client()]
    bed.server.closeNewConnections(true)
    bed.server.loseNextReply('getData')
    const seen: string[] = []
    const updating = update(zk, async value => {
      seen.push(value)
      if (seen.length === 1) await other.create('/v', 'new')
      return `${value}, changed`
    })
    await until('it is cut off', () => zk.state === 'suspended')
    await other.removeTree('/v')
    bed.server.closeNewConnections(false)
    await updating
    expect(seen).to.deep.equal(['none', 'new'])
    expect(bed.server.dump()['/v']).to.equal('new, changed')
  })
})
