import type { ZooKeeper } from '@zookit/client'
import { expect } from 'chai'
import { Config, codecs, SharedValue } from '../src/index.ts'
import { failure, TestBed, until } from './support/test-bed.ts'

const text = { codec: codecs.text, jitter: 0 }

interface Updated {
  /** Updates the value of `/v`, or of `/v/key`, by what a function makes of it. */
  update(zk: ZooKeeper, change: (value: string) => string | Promise<string>): Promise<unknown>
  /** The znode with the value, and how it is made. */
  readonly node: string
  make(zk: ZooKeeper, value: string): Promise<unknown>
  unmake(zk: ZooKeeper): Promise<unknown>
}

const plain = {
  node: '/v',
  make: (zk: ZooKeeper, value: string) => zk.create('/v', value),
  unmake: (zk: ZooKeeper) => zk.removeTree('/v'),
}

const KINDS: Record<string, Updated> = {
  'A SharedValue': {
    ...plain,
    update: (zk, change) => new SharedValue(zk, '/v', text).update(value => change(value ?? 'none')),
  },
  'A Config': {
    ...plain,
    update: (zk, change) =>
      new Config<unknown>(zk, '/v', { ...text, default: 'none' }).update(value => change(String(value))),
  },
  'A Config of a subtree': {
    node: '/v/key',
    make: (zk, value) => zk.transaction().create('/v').create('/v/key', value).commit(),
    unmake: zk => zk.removeTree('/v'),
    update: (zk, change) =>
      new Config<unknown>(zk, '/v', { ...text, subtree: true, default: {} }).update(async value => {
        const { key = 'none' } = value as { key?: string }
        return { key: await change(key) }
      }),
  },
}

/** Returns a function that does something the first time that it is called. */
function once(act: () => Promise<unknown>): () => Promise<unknown> {
  let done: Promise<unknown> | undefined
  return () => (done ??= act())
}

for (const [name, { update, make, unmake, node }] of Object.entries(KINDS)) {
  describe(`${name}, updated`, () => {
    it('is computed again when the znode was deleted and made again, with the same version', async () => {
      await using bed = await TestBed.start()
      const [zk, other] = [await bed.client(), await bed.client()]
      await make(other, 'old')
      const remake = once(async () => {
        await unmake(other)
        await make(other, 'new')
      })
      const seen: string[] = []
      await update(zk, async value => {
        seen.push(value)
        await remake()
        return `${value}, changed`
      })
      expect(seen).to.deep.equal(['old', 'new'])
      expect(bed.server.dump()[node]).to.equal('new, changed')
      await until('nothing is left', () => !bed.names('/v').some(one => one.includes('anchor')))
    })

    it('is computed again when only its anchor was deleted', async () => {
      await using bed = await TestBed.start()
      const [zk, other] = [await bed.client(), await bed.client()]
      await make(other, 'old')
      const meddle = once(async () => {
        const anchors = bed.names('/v').filter(one => one.includes('anchor'))
        expect(anchors).to.have.length(1)
        await other.delete(`/v/${anchors[0]}`)
      })
      let calls = 0
      await update(zk, async value => {
        calls++
        await meddle()
        return `${value}, changed`
      })
      expect(calls).to.equal(2)
      expect(bed.server.dump()[node]).to.equal('old, changed')
    })

    it('is changed once when the answer is lost, or the request is', async () => {
      await using bed = await TestBed.start()
      const zk = await bed.client()
      await make(zk, '-')
      const append = (word: string): Promise<unknown> => update(zk, value => value + word)
      await append('a')
      for (const [operation, word] of [
        ['multi', 'b'],
        ['create', 'c'],
      ] as const) {
        bed.server.loseNextReply(operation)
        await append(word)
        bed.server.dropNextRequest(operation)
        await append(word.toUpperCase())
      }
      expect(bed.server.dump()[node]).to.equal('-abBcC')
      await until('nothing is left', () => !bed.names('/v').some(one => one.includes('anchor')))
    })

    it('leaves nothing when the function throws, and when it is given up', async () => {
      await using bed = await TestBed.start()
      const zk = await bed.client()
      await make(zk, 'old')
      const fails = update(zk, () => Promise.reject(new RangeError('no')))
      expect(await failure(fails)).to.be.instanceOf(RangeError)
      await until('nothing is left', () => !bed.names('/v').some(one => one.includes('anchor')))
      bed.server.holdNextReply('multi')
      const value = new SharedValue(zk, '/v', text)
      const given = new AbortController()
      bed.server.clearRequests()
      const updating = failure(value.update(() => 'new', { signal: given.signal }))
      await until('it is on its way', () => bed.operations(zk).includes('multi'))
      given.abort()
      expect(await updating).to.include({ code: 'ABORTED', outcome: 'unknown' })
      bed.server.releaseReplies()
      await until('nothing is left', () => !bed.names('/v').some(one => one.includes('anchor')))
    })

    it('says `unknown` where the session has ended behind the write, and somebody has written', async () => {
      await using bed = await TestBed.start()
      const [zk, other] = [await bed.client(), await bed.client()]
      await make(other, 'old')
      bed.server.closeNewConnections(true)
      bed.server.loseNextReply('multi')
      const error = failure(update(zk, () => 'mine'))
      await until('it was applied', () => bed.server.dump()[node] === 'mine')
      await until('it is cut off', () => zk.state === 'suspended')
      bed.server.expireSession(zk.session.id)
      await update(other, value => `${value}, theirs`)
      bed.server.closeNewConnections(false)
      expect(await error).to.include({ code: 'CONNECTION_LOSS', outcome: 'unknown' })
      expect(bed.server.dump()[node]).to.equal('mine, theirs')
    })
  })
}

describe('An update where no child can be created', () => {
  const OWN = [{ perms: 31, id: { scheme: 'world', id: 'anyone' } }]
  const withoutChildren = [{ perms: 31 & ~4, id: { scheme: 'world', id: 'anyone' } }]
  const withoutDeletion = [{ perms: 31 & ~8, id: { scheme: 'world', id: 'anyone' } }]
  const znodes = {
    'that is ephemeral': { mode: 'ephemeral', acl: OWN },
    'below which no child may be created': { mode: 'persistent', acl: withoutChildren },
  } as const

  for (const [what, options] of Object.entries(znodes)) {
    it(`changes a znode ${what}, by its version`, async () => {
      await using bed = await TestBed.start()
      const [zk, other] = [await bed.client(), await bed.client()]
      await other.create('/v', 'old', options)
      const value = new SharedValue(zk, '/v', text)
      const meddle = once(() => other.setData('/v', 'new'))
      const { version } = await value.update(async now => {
        await meddle()
        return `${now}, changed`
      })
      expect([bed.server.dump()['/v'], version]).to.deep.equal(['new, changed', 2])
    })

    it(`says so when it has written over a znode made in the place of one ${what}`, async () => {
      await using bed = await TestBed.start()
      const [zk, other] = [await bed.client(), await bed.client()]
      await other.create('/v', 'old', options)
      const remake = once(async () => {
        await other.removeTree('/v')
        await other.create('/v', 'new', options)
      })
      const updating = new SharedValue(zk, '/v', text).update(async now => {
        await remake()
        return `${now}, changed`
      })
      const error = await failure(updating)
      expect(error).to.include({ code: 'BAD_VERSION', outcome: 'unknown', retryable: false })
      expect(error.message).to.contain('was deleted and made again while it was being updated')
    })
  }

  it('leaves one anchor for each client where children may be created and not deleted', async () => {
    await using bed = await TestBed.start()
    const [zk, other] = [await bed.client(), await bed.client()]
    await other.create('/v', 'a', { acl: withoutDeletion })
    const value = new SharedValue(zk, '/v', text)
    for (let count = 0; count < 3; count++) await value.update(now => `${now}b`)
    expect(bed.server.dump()['/v']).to.equal('abbb')
    expect(bed.names('/v')).to.have.length(1)
    await zk.close()
    expect(bed.names('/v')).to.deep.equal([])
  })
})

describe('A Config of a subtree that others update', () => {
  for (const version of ['3.9', '3.5'] as const) {
    it(`has one event for each update, and knows nothing of their anchors, on ${version}`, async () => {
      await using bed = await TestBed.start({ version, seed: { v: { key: 'a' } } })
      const [zk, other] = [await bed.client(), await bed.client()]
      await using config = new Config<unknown>(zk, '/v', { ...text, subtree: true })
      await config.start()
      const changes = config.changes()
      const writer = new Config<unknown>(other, '/v', { ...text, subtree: true })
      for (const word of ['b', 'c']) {
        await writer.update(() => ({ key: word }))
        await until('it is seen', () => (config.current as { key: string }).key === word)
      }
      expect(config.history.map(({ value }) => value)).to.deep.equal([
        { key: 'a' },
        { key: 'b' },
        { key: 'c' },
      ])
      await changes.return!()
    })
  }
})
