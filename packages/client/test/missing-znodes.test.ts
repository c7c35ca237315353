import { connect, readOnlyAcl, type ZooKeeper, type ZooKeeperError } from '@zookit/client'
import { expect } from 'chai'
import { describeTargets, failureOf } from './support/targets.ts'

describeTargets('NO_NODE says which znode is missing', target => {
  let zk: ZooKeeper
  let inChroot: ZooKeeper
  let root: ZooKeeper

  beforeEach(async () => {
    zk = await target.freshClient()
    root = await connect(await target.hosts())
    inChroot = await connect(`${await target.hosts()}/missing-chroot`)
  })
  afterEach(async () => {
    await inChroot.close()
    await root.removeTree('/missing-chroot')
    await root.close()
  })

  async function failure(request: Promise<unknown>, operation: string): Promise<ZooKeeperError> {
    const error = await failureOf(request)
    expect(error).to.include({ code: 'NO_NODE', operation, errno: -101, outcome: 'rejected' })
    return error
  }

  it('names the parent of the znode to create, and the call that creates it', async () => {
    const modes = ['persistent', 'ephemeral-sequential', 'container'] as const
    for (const mode of modes) {
      const { message, stack } = await failure(root.create('/missing-chroot/b/c', null, { mode }), 'create')
      expect(message).to.equal(
        "NO_NODE (create /missing-chroot/b/c): /missing-chroot does not exist, nor what is below it: create all that is missing with ensurePath('/missing-chroot/b')",
      )
      expect(stack).to.include('missing-znodes.test.ts')
    }
    const { message } = await failure(root.createWithStat('/missing-chroot/b', null), 'createWithStat')
    expect(message).to.equal(
      "NO_NODE (createWithStat /missing-chroot/b): its parent /missing-chroot does not exist: create it first, with ensurePath('/missing-chroot')",
    )
    await root.ensurePath('/missing-chroot/b')
    await root.create('/missing-chroot/b/c')
    const deeper = await failure(root.create('/missing-chroot/b/x/y'), 'create')
    expect(deeper.explanation).to.equal(
      "its parent /missing-chroot/b/x does not exist: create it first, with ensurePath('/missing-chroot/b/x')",
    )
  })

  it('says how far up znodes may be missing, where to ask would let other replies pass', async () => {
    const told: string[] = []
    const refused = root.create('/missing-chroot/b/c')
    const order = [refused.catch(() => told.push('create')), root.exists('/').then(() => told.push('exists'))]
    await Promise.all(order)
    expect(told).to.deep.equal(['create', 'exists'])
    expect((await failure(refused, 'create')).explanation).to.equal(
      "its parent /missing-chroot/b does not exist, nor perhaps what is above it, from /missing-chroot on: create all that is missing with ensurePath('/missing-chroot/b'); firstMissing('/missing-chroot/b') tells where that begins",
    )
  })

  it('names the parent in a multi', async () => {
    const { message } = await failure(zk.transaction().create('/x').create('/y/z').commit(), 'multi')
    expect(message).to.include('operation 2 of 2 (create)').and.to.include("ensurePath('/y')")
  })

  it('names the chroot, where that is what is missing', async () => {
    const expected =
      "the chroot /missing-chroot does not exist: create it first, with ensurePath('/') or the option createChroot of connect"
    for (const [operation, request] of [
      ['create', inChroot.create('/config')],
      ['getData', inChroot.getData('/')],
      ['getChildren', inChroot.getChildren('/')],
      ['multi', inChroot.transaction().create('/config').commit()],
    ] as const)
      expect((await failure(request, operation)).message).to.include(expected)
    const [read] = await inChroot.multiRead([{ type: 'getData', path: '/' }])
    expect(read).to.have.property('message').that.includes(expected)
    for (const path of ['/a/b', '/a/b/c']) {
      const { message } = await failure(inChroot.create(path), 'create')
      expect(message).to.include(expected)
      const [{ message: among }] = await Promise.all([
        failure(inChroot.create(path), 'create'),
        inChroot.exists('/'),
      ])
      expect(among).to.include('nor perhaps what is above it, from the chroot /missing-chroot on')
    }
    await inChroot.ensurePath('/')
    await inChroot.create('/config')
    const deeper = await failure(inChroot.create('/a/b/c'), 'create')
    expect(deeper.explanation).to.equal(
      "/a does not exist, nor what is below it: create all that is missing with ensurePath('/a/b')",
    )
  })

  it('creates a deep chroot where connect is asked to, and leaves one that exists alone', async () => {
    for (const path of ['/config', '/other']) {
      const made = await connect(`${await target.hosts()}/missing-chroot/a/b`, { createChroot: true })
      await made.create(path)
      await made.close()
    }
    expect((await root.getChildren('/missing-chroot/a/b')).children).to.have.members(['config', 'other'])
  })

  it('says why it cannot create the chroot', async () => {
    await root.create('/missing-chroot', null, { acl: readOnlyAcl })
    const error = await failureOf(connect(`${await target.hosts()}/missing-chroot/a`, { createChroot: true }))
    expect(error).to.include({ code: 'NO_AUTH', operation: 'create' })
  })

  it('tells on request where a path ends, in one round trip', async () => {
    expect(await zk.firstMissing('/')).to.equal(null)
    expect(await zk.firstMissing('/a/b/c')).to.equal('/a')
    await zk.ensurePath('/a/b')
    expect(await zk.firstMissing('/a/b/c')).to.equal('/a/b/c')
    expect(await zk.firstMissing('/a/b')).to.equal(null)
    const asked = Promise.all([zk.firstMissing('/a/x/y'), zk.create('/a/x')])
    expect(await asked, 'asked for before the create').to.deep.equal(['/a/x', '/a/x'])
  })

  it('tells of the chroot as the root, and of znodes below it without it', async () => {
    expect(await inChroot.firstMissing('/a/b')).to.equal('/')
    await inChroot.ensurePath('/a')
    expect(await inChroot.firstMissing('/a/b')).to.equal('/a/b')
    expect(await inChroot.firstMissing('/a')).to.equal(null)
  })

  it('refuses an invalid path', async () => {
    const error = await failureOf(zk.firstMissing('a'))
    expect(error).to.include({ code: 'BAD_ARGUMENTS', operation: 'firstMissing', path: 'a' })
  })

  it('calls a znode missing that is read, set or deleted', async () => {
    for (const [operation, request] of [
      ['getData', zk.getData('/a/b')],
      ['getChildren', zk.getChildren('/a/b')],
      ['getAcl', zk.getAcl('/a/b')],
      ['setAcl', zk.setAcl('/a/b', [{ perms: 31, id: { scheme: 'world', id: 'anyone' } }])],
      ['setData', zk.setData('/a/b', 'x')],
      ['delete', zk.delete('/a/b')],
    ] as const) {
      const { message } = await failure(request, operation)
      expect(message).to.equal(`NO_NODE (${operation} /a/b): the znode does not exist`)
    }
  })
})
