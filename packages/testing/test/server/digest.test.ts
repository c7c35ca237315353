import { crc32 } from 'node:zlib'
import { connect, openAcl, type ZooKeeper } from '@zookit/client'
import { findTargets, fourLetterWord } from '@zookit/test-fixtures'
import { expect } from 'chai'
import { TestEnsemble, TestServer } from '../../src/index.ts'
import { exchange } from '../support/raw-client.ts'

const INTERVAL = 128n

/** Changes the tree in every way until the number of transactions is one after which servers keep the digest. */
async function change(zk: ZooKeeper): Promise<void> {
  await zk.create('/kept', 'data')
  await zk.setData('/kept', 'other data')
  await zk.setAcl('/kept', openAcl)
  await zk.create('/kept/no-data', null)
  await zk.create('/gone')
  await zk.create('/ephemeral', 'x', { mode: 'ephemeral' })
  await zk.create('/container', null, { mode: 'container' })
  await zk.transaction().create('/kept/together').setData('/kept', 'again').delete('/gone').commit()
  await zk.create('/zookeeper/quota/kept')
  do await zk.create('/kept/child-', 'ä', { mode: 'persistent-sequential' })
  while (zk.session.lastZxid % INTERVAL !== 0n)
}

/** Changes some znodes again, until the next digest is kept. */
async function changeAgain(zk: ZooKeeper): Promise<void> {
  await zk.delete('/kept/together')
  do await zk.setData('/kept', 'more')
  while (zk.session.lastZxid % INTERVAL !== 0n)
  await zk.sync('/')
}

/** Sums up what a client reads of the znodes. */
async function digestOf(zk: ZooKeeper, path = '/'): Promise<number> {
  if (path.startsWith('/zookeeper/')) return 0
  const { data, stat } = await zk.getData(path)
  const { children } = await zk.getChildren(path)
  const bytes = Buffer.alloc(60)
  const longs = [stat.czxid, stat.mzxid, stat.pzxid, BigInt(stat.ctime), BigInt(stat.mtime)]
  for (const [index, value] of longs.entries()) bytes.writeBigInt64BE(value, index * 8)
  bytes.writeInt32BE(stat.version, 40)
  bytes.writeInt32BE((stat.cversion + stat.numChildren) / 2, 44)
  bytes.writeInt32BE(stat.aversion, 48)
  // Clients are not shown what a container has in place of an owner.
  const owner = path === '/container' ? 1n << 63n : stat.ephemeralOwner
  bytes.writeBigUInt64BE(BigInt.asUintN(64, owner), 52)
  let digest = crc32(bytes, crc32(data ?? Buffer.alloc(0), crc32(path === '/' ? '' : path)))
  for (const name of children) digest += await digestOf(zk, `${path === '/' ? '' : path}/${name}`)
  return digest
}

async function expectDigest(server: { readonly hosts: string }): Promise<void> {
  await using zk = await connect(server.hosts)
  await change(zk)
  const expected = `${zk.session.lastZxid.toString(16)}: ${await digestOf(zk)}\n`
  const [host = '', port] = server.hosts.split(':')
  const told = await fourLetterWord(host, Number(port), 'hash')
  expect(told.endsWith(expected), `${told} ends with ${expected}`).to.equal(true)
  expect(told.trimEnd().split('\n')).to.have.length(Number(zk.session.lastZxid / INTERVAL))
}

describe('The digest of the tree', () => {
  it('is told by hash after every 128th transaction, as what a client reads adds up to', async () => {
    await using server = await TestServer.start({ version: '3.9' })
    await expectDigest(server)
  })

  it('is not told by releases before 3.6', async () => {
    await using server = await TestServer.start({ version: '3.5' })
    await using zk = await connect(server.hosts)
    await change(zk)
    expect((await exchange(server, 'hash')).toString()).to.equal('')
  })

  it('is the same on a member that has missed transactions', async () => {
    await using ensemble = await TestEnsemble.start()
    const late = ensemble.members.find(({ role }) => role === 'follower')!
    await late.stop()
    const hosts = ensemble.members.filter(({ role }) => role !== 'down').map(member => member.hosts)
    await using zk = await connect(hosts.join())
    await change(zk)
    await late.start()
    await changeAgain(zk)
    const told = await Promise.all(ensemble.members.map(member => exchange(member, 'hash')))
    expect(new Set(told.map(String)).size).to.equal(1)
    expect(String(told[0]).split('\n').length).to.be.above(2)
  })
})

for (const target of (await findTargets()).slice(0, 1)) {
  it(`The digest of the tree is what a client reads adds up to, on ${target.name}`, async function () {
    this.timeout(40_000)
    const server = await target.startServer()
    try {
      await expectDigest(server)
    } finally {
      await server.stop()
    }
  })
}
