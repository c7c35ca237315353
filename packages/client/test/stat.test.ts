import { inspect } from 'node:util'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { connect, parseConfig } from '../src/index.ts'
import { createdAt, isEphemeral, modifiedAt } from '../src/stat.ts'

describe('A Stat', () => {
  it('has the times of the creation and of the last change', () => {
    expect(createdAt({ ctime: 1_700_000_000_123 }).toISOString()).to.equal('2023-11-14T22:13:20.123Z')
    expect(modifiedAt({ mtime: 0 }).toISOString()).to.equal('1970-01-01T00:00:00.000Z')
  })

  it('is that of an ephemeral znode if it has an owner, also one whose id has the top bit set', () => {
    expect(isEphemeral({ ephemeralOwner: 0n })).to.equal(false)
    expect(isEphemeral({ ephemeralOwner: 0x100000000000001n })).to.equal(true)
    expect(isEphemeral({ ephemeralOwner: -(2n ** 63n) })).to.equal(true)
  })
})

describe('A result with a Stat', () => {
  it('shows it by the name of its type, also in what a program inspects', async () => {
    await using server = await TestServer.start({ seed: { a: '' } })
    await using zk = await connect(server.hosts)
    expect(inspect(await zk.exists('/a'))).to.match(/^Stat \{\n/)
    expect(inspect(await zk.getAcl('/a'))).to.contain('stat: Stat {')
  })
})

describe('A result with a bigint', () => {
  it('can be turned into JSON, with the bigint as decimal text', async () => {
    await using server = await TestServer.start()
    await using zk = await connect(server.hosts)
    const { stat: created } = await zk.createWithStat('/a', 'x', { mode: 'ephemeral' })
    const { id } = zk.session
    const parsed = (value: unknown) => JSON.parse(JSON.stringify(value))
    const { stat } = parsed(await zk.getData('/a'))
    expect(stat).to.deep.equal({
      ...created,
      czxid: String(created.czxid),
      mzxid: String(created.mzxid),
      pzxid: String(created.pzxid),
      ephemeralOwner: String(id),
    })
    const results = [
      await zk.exists('/a'),
      await zk.getChildren('/'),
      await zk.setData('/a', 'y'),
      await zk.getAcl('/a'),
    ]
    for (const result of results) expect(JSON.stringify(result)).to.match(/"czxid":"\d+"/)
    const session = JSON.parse(JSON.stringify(zk.session))
    expect(session).to.include({ id: String(id), timeout: zk.session.timeout })
    expect(session).to.not.have.property('password')
    expect(parsed(await zk.getConfig()))
      .to.deep.include({ members: [], version: '0' })
      .and.to.have.property('stat')
    expect(JSON.parse(JSON.stringify(parseConfig('version=1000000a2')))).to.deep.equal({
      members: [],
      version: '4294967458',
    })
  })

  it('is turned into JSON within the results of a transaction and of trees too', async () => {
    await using server = await TestServer.start()
    await using zk = await connect(server.hosts)
    const results = await zk.transaction().create('/a').setData('/a', 'x').commit()
    expect(JSON.stringify(results)).to.match(/"mzxid":"\d+"/)
    for await (const znode of zk.walk('/a')) expect(JSON.stringify(znode)).to.match(/"mzxid":"\d+"/)
  })

  for (const chroot of ['', '/app']) {
    it(`is turned into JSON in the events of watches of a client ${chroot === '' ? 'without a' : 'with a'} chroot`, async () => {
      await using server = await TestServer.start({ version: '3.9.4' })
      await using outside = await connect(server.hosts)
      await outside.ensurePath('/app')
      await using zk = await connect(`${server.hosts}${chroot}`)
      const told = new Promise(watch => zk.exists('/a', { watch }))
      const events = zk.watch('/')
      await events.ready
      await zk.create('/a')
      const { value } = await events.next()
      for (const event of [await told, value]) {
        expect(event).to.have.property('zxid').that.is.a('bigint')
        const { path, zxid } = JSON.parse(JSON.stringify(event))
        expect(path).to.equal(event === value ? '/' : '/a')
        expect(zxid).to.match(/^\d+$/)
        expect(Object.keys(event as object)).to.have.members(['type', 'path', 'zxid'])
      }
    })
  }
})
