import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import {
  acl,
  connect,
  creatorAllAcl,
  interimAcls,
  isInterimAcl,
  openAcl,
  readOnlyAcl,
  ZooKeeperError,
} from '../src/index.ts'

describe('An interim ACL', () => {
  it('is left by a copy that is cut off, and is recognised beside the ACL of the original', async () => {
    await using server = await TestServer.start({ seed: { t: { a: '', b: '' } } })
    await using zk = await connect(server.hosts, { auth: [{ scheme: 'digest', auth: 'ann:pw' }] })
    await zk.setAcl('/t', readOnlyAcl)
    server.answerWith({ operation: 'create', path: '/c/b' }, -125)
    await zk.copyTree('/t', '/c').then(
      () => expect.fail('a quota forbids a part of it'),
      error => expect(error).to.include({ code: 'QUOTA_EXCEEDED', outcome: 'unknown' }),
    )
    const { acl: left } = await zk.getAcl('/c')
    expect(left).to.have.length(2)
    expect(isInterimAcl(left, readOnlyAcl)).to.equal(true)
    expect(isInterimAcl(readOnlyAcl, readOnlyAcl)).to.equal(false)
    expect(isInterimAcl(left, openAcl)).to.equal(false)
    expect(isInterimAcl([...readOnlyAcl, acl('cdrwa', 'digest', 'ann:x')], readOnlyAcl)).to.equal(false)
    // The session may go on below it.
    await zk.create('/c/b')
  })

  it('is for the identities of a session where the server does not tell them', async () => {
    await using server = await TestServer.start({ version: '3.6' })
    await using zk = await connect(server.hosts)
    const interim = interimAcls(zk)
    for (const list of [openAcl, creatorAllAcl]) expect(await interim(list)).to.equal(null)
    expect(await interim(readOnlyAcl)).to.deep.equal({
      acl: [...readOnlyAcl, acl('cdra', 'auth', '')],
      own: acl('cdra', 'auth', ''),
    })
  })

  it('is for a client, with limits', () => {
    const asked = { whoAmI: async () => [] }
    for (const limits of [undefined, {}, { timeout: 5 }]) interimAcls(asked, limits)
    const make = interimAcls as (...args: unknown[]) => unknown
    for (const args of [[], [{}], [asked, null], [asked, 5], [asked, { timeout: 0 }], [asked, { retry: 1 }]])
      expect(() => make(...args), JSON.stringify(args)).to.throw(ZooKeeperError, 'BAD_ARGUMENTS')
  })

  it('is asked for again after a question that failed', async () => {
    await using server = await TestServer.start()
    await using zk = await connect(server.hosts, { backoff: { initial: 5, max: 20 } })
    const interim = interimAcls(zk)
    server.loseNextReply('whoAmI')
    await interim(readOnlyAcl).then(
      () => expect.fail('the connection is lost'),
      error => expect(error).to.include({ code: 'CONNECTION_LOSS' }),
    )
    expect((await interim(readOnlyAcl))?.own).to.deep.equal(acl('cdra', 'ip', '127.0.0.1'))
  })
})
