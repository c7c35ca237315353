import { expect } from 'chai'
import { acl, creatorAllAcl, digestId, openAcl, readOnlyAcl, type ZooKeeper } from '../src/index.ts'
import { describeTargets, failureOf, SUPER, type Target } from './support/targets.ts'

describeTargets('The operations on a znode', target => {
  describe('without a chroot', () => {
    operations(target, async () => {
      const root = await target.freshPath()
      return { zk: await target.client(), base: root, root }
    })
  })

  describe('C1 under a chroot', () => {
    operations(target, async () => {
      const root = await target.freshPath()
      return { zk: await target.client(root), base: '', root }
    })
  })
})

/** A client, its path for an empty place in the tree (but `''` for its root), and the server's path for that. */
type Start = () => Promise<{ zk: ZooKeeper; base: string; root: string }>

function operations(target: Target, start: Start): void {
  writes(start)
  modes(start)
  reads(start)
  access(target, start)
  session(target, start)
}

function writes(start: Start): void {
  it('create a znode, read it, change it and delete it', async () => {
    const { zk, base } = await start()
    expect(await zk.create(`${base}/a`, 'v1')).to.equal(`${base}/a`)
    const { data, stat } = await zk.getData(`${base}/a`)
    expect(data?.toString()).to.equal('v1')
    expect(stat).to.include({ version: 0, dataLength: 2, numChildren: 0, ephemeralOwner: 0n })
    const changed = await zk.setData(`${base}/a`, Buffer.from('v22'), { version: stat.version })
    expect(changed).to.include({ version: 1, dataLength: 3, czxid: stat.czxid })
    expect(await zk.exists(`${base}/a`)).to.deep.equal(changed)
    expect(await zk.delete(`${base}/a`, { version: 1 })).to.equal(undefined)
    expect(await zk.exists(`${base}/a`)).to.equal(null)
  })

  it('F6 distinguish null and empty data', async () => {
    const { zk, base } = await start()
    await zk.create(`${base}/null`)
    await zk.create(`${base}/empty`, '')
    await zk.create(`${base}/bytes`, new Uint8Array([0, 255]))
    expect((await zk.getData(`${base}/null`)).data).to.equal(null)
    expect((await zk.getData(`${base}/empty`)).data).to.deep.equal(Buffer.alloc(0))
    expect((await zk.getData(`${base}/bytes`)).data).to.deep.equal(Buffer.from([0, 255]))
    await zk.setData(`${base}/empty`, null)
    expect((await zk.getData(`${base}/empty`)).data).to.equal(null)
  })

  it('return the Stat of a created znode on request', async () => {
    const { zk, base } = await start()
    const { path, stat } = await zk.createWithStat(`${base}/a`, 'hello')
    expect(path).to.equal(`${base}/a`)
    expect(stat).to.deep.equal(await zk.exists(`${base}/a`))
    expect(stat.dataLength).to.equal(5)
  })

  it('fail with the code, the operation and the caller’s path', async () => {
    const { zk, base } = await start()
    await zk.create(`${base}/a`)
    await zk.create(`${base}/a/b`)
    const failures: [string, Promise<unknown>, string, string][] = [
      ['create', zk.create(`${base}/a`), 'NODE_EXISTS', `${base}/a`],
      ['create', zk.create(`${base}/x/y`), 'NO_NODE', `${base}/x/y`],
      ['createWithStat', zk.createWithStat(`${base}/x/y`), 'NO_NODE', `${base}/x/y`],
      ['delete', zk.delete(`${base}/a`), 'NOT_EMPTY', `${base}/a`],
      ['delete', zk.delete(`${base}/x`), 'NO_NODE', `${base}/x`],
      ['setData', zk.setData(`${base}/a`, 'v', { version: 7 }), 'BAD_VERSION', `${base}/a`],
      ['getData', zk.getData(`${base}/x`), 'NO_NODE', `${base}/x`],
      ['getChildren', zk.getChildren(`${base}/x`), 'NO_NODE', `${base}/x`],
      ['getAcl', zk.getAcl(`${base}/x`), 'NO_NODE', `${base}/x`],
      ['setAcl', zk.setAcl(`${base}/x`, openAcl), 'NO_NODE', `${base}/x`],
      ['getAllChildrenNumber', zk.getAllChildrenNumber(`${base}/x`), 'NO_NODE', `${base}/x`],
    ]
    for (const [operation, promise, code, path] of failures) {
      expect(await failureOf(promise)).to.include({ operation, code, path, outcome: 'rejected' })
    }
  })
}

function modes(start: Start): void {
  it('number sequential znodes in increasing order', async () => {
    const { zk, base } = await start()
    const paths = await Promise.all([
      zk.create(`${base}/job-`, null, { mode: 'persistent-sequential' }),
      zk.create(`${base}/job-`, null, { mode: 'ephemeral-sequential' }),
      zk.create(`${base}/`, null, { mode: 'persistent-sequential' }),
    ])
    expect(paths).to.deep.equal([`${base}/job-0000000000`, `${base}/job-0000000001`, `${base}/0000000002`])
    const { path } = await zk.createWithStat(`${base}/job-`, null, { mode: 'ephemeral-sequential' })
    expect(path).to.equal(`${base}/job-0000000003`)
  })

  it('create ephemeral znodes that belong to the session', async () => {
    const { zk, base } = await start()
    const { stat } = await zk.createWithStat(`${base}/me`, null, { mode: 'ephemeral' })
    expect(stat.ephemeralOwner).to.equal(zk.session.id)
    const error = await failureOf(zk.create(`${base}/me/child`))
    expect(error.code).to.equal('NO_CHILDREN_FOR_EPHEMERALS')
  })

  it('create containers and znodes with a time to live', async () => {
    const { zk, base } = await start()
    expect(await zk.create(`${base}/box`, null, { mode: 'container' })).to.equal(`${base}/box`)
    expect(await zk.create(`${base}/brief`, 'x', { mode: 'ttl', ttl: 60_000 })).to.equal(`${base}/brief`)
    const { path } = await zk.createWithStat(`${base}/t-`, null, { mode: 'ttl-sequential', ttl: 2 ** 40 - 1 })
    expect(path).to.match(/\/t-0000000002$/)
    const box = await zk.createWithStat(`${base}/box2`, null, { mode: 'container' })
    expect(box.path).to.equal(`${base}/box2`)
    expect(box.stat).to.deep.equal(await zk.exists(`${base}/box2`))
    expect((await zk.getChildren(base || '/')).children).to.have.members([
      'box',
      'box2',
      'brief',
      't-0000000002',
    ])
  })
}

function reads(start: Start): void {
  it('list children and count all znodes below', async () => {
    const { zk, base } = await start()
    for (const path of ['/a', '/a/b', '/a/c', '/a/c/d']) await zk.create(`${base}${path}`)
    const { children, stat } = await zk.getChildren(`${base}/a`)
    expect(children.sort()).to.deep.equal(['b', 'c'])
    expect(stat).to.deep.equal(await zk.exists(`${base}/a`))
    expect(stat.numChildren).to.equal(2)
    expect(await zk.getAllChildrenNumber(`${base}/a`)).to.equal(3)
    expect((await zk.getChildren(`${base}/a/b`)).children).to.deep.equal([])
  })

  it('S4 accept the names of JavaScript’s built-in properties as names', async () => {
    const { zk, base } = await start()
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty']
    for (const name of names) await zk.create(`${base}/${name}`, name)
    expect((await zk.getChildren(base || '/')).children).to.have.members(names)
    for (const name of names) {
      expect((await zk.getData(`${base}/${name}`)).data?.toString()).to.equal(name)
    }
    const seen: string[] = []
    for await (const { path } of zk.walk(base || '/')) seen.push(path)
    expect(seen).to.include(`${base}/__proto__`)
  })

  it('wait with sync until the server has caught up', async () => {
    const { zk, base } = await start()
    expect(await zk.sync(`${base}/nowhere`)).to.equal(undefined)
    expect(await zk.sync()).to.equal(undefined)
  })
}

function access(target: Target, start: Start): void {
  it('read and change access control lists', async () => {
    const { zk, base } = await start()
    await zk.create(`${base}/a`, null, { acl: [acl('rwa', 'world', 'anyone')] })
    const { acl: list, stat } = await zk.getAcl(`${base}/a`)
    expect(list).to.deep.equal([acl('rwa', 'world', 'anyone')])
    const changed = await zk.setAcl(`${base}/a`, readOnlyAcl, { version: stat.aversion })
    expect(changed.aversion).to.equal(stat.aversion + 1)
    expect((await zk.getAcl(`${base}/a`)).acl).to.deep.equal(readOnlyAcl)
    expect((await failureOf(zk.setAcl(`${base}/a`, openAcl))).code).to.equal('NO_AUTH')
    expect((await failureOf(zk.setData(`${base}/a`, 'x'))).code).to.equal('NO_AUTH')
  })

  it('obey an ACL with the identity that addAuth presented', async () => {
    const { zk, base, root } = await start()
    const refusal = await failureOf(zk.create(`${base}/mine`, null, { acl: creatorAllAcl }))
    expect(refusal.code).to.equal('INVALID_ACL')
    expect(refusal.message).to.contain('the session has presented no identity (addAuth)')
    await zk.addAuth('digest', 'bob:builder')
    await zk.create(`${base}/mine`, 'secret', { acl: creatorAllAcl })
    expect((await zk.getAcl(`${base}/mine`)).acl).to.deep.equal([
      acl('cdrwa', 'digest', digestId('bob', 'builder')),
    ])
    const users = (await zk.whoAmI()).map(({ authScheme, user }) => `${authScheme} ${user}`)
    expect(users).to.include('digest bob')
    const stranger = await target.client()
    expect((await failureOf(stranger.getData(`${root}/mine`))).code).to.equal('NO_AUTH')
    for (const auth of ['bob:builder', Buffer.from('bob:builder'), async () => Buffer.from(SUPER)]) {
      const friend = await target.client('', { auth: [{ scheme: 'digest', auth }] })
      expect((await friend.getData(`${root}/mine`)).data?.toString()).to.equal('secret')
    }
  })
}

function session(target: Target, start: Start): void {
  it('list the ephemeral znodes of the session', async () => {
    const { zk, base, root } = await start()
    await zk.create(`${base}/a`)
    for (const path of ['/a/1', '/ab', '/b']) await zk.create(`${base}${path}`, null, { mode: 'ephemeral' })
    const other = await target.client()
    await other.create(`${root}/theirs`, null, { mode: 'ephemeral' })
    const ephemerals = async (prefix?: string) => (await zk.getEphemerals(prefix)).sort()
    expect(await ephemerals()).to.deep.equal([`${base}/a/1`, `${base}/ab`, `${base}/b`])
    expect(await ephemerals(`${base}/a`)).to.deep.equal([`${base}/a/1`, `${base}/ab`])
    expect(await ephemerals(`${base}/a/`)).to.deep.equal([`${base}/a/1`])
    expect(await ephemerals(`${base}/none`)).to.deep.equal([])
  })

  it('reach the configuration of the ensemble', async () => {
    const { zk } = await start()
    const { members, version, stat } = await zk.getConfig()
    expect(members).to.deep.equal([])
    expect(version).to.equal(0n)
    const outside = await target.client()
    expect(stat).to.deep.equal((await outside.getData('/zookeeper/config')).stat)
    expect((await outside.exists('/zookeeper/config'))?.czxid).to.equal(stat.czxid)
  })

  it('report that a change of the ensemble is refused', async () => {
    const { zk } = await start()
    const error = await failureOf(zk.reconfig({ leaving: [3] }))
    expect(error).to.include({ operation: 'reconfig', code: 'RECONFIG_DISABLED' })
  })
}

describeTargets('A chroot', target => {
  it('C3 does not show the ephemeral znodes of a sibling whose name has the same beginning', async () => {
    const root = await target.freshPath()
    const zk = await target.client()
    for (const path of [`${root}/app`, `${root}/apple`]) await zk.create(path)
    const { id, password } = zk.session
    await zk.create(`${root}/apple/x`, null, { mode: 'ephemeral' })
    await zk.create(`${root}/app/y`, null, { mode: 'ephemeral' })
    await zk.close({ keepSession: true })
    const rooted = await target.client(`${root}/app`, { session: { id, password } })
    expect(await rooted.getEphemerals()).to.deep.equal(['/y'])
  })

  it('C1 has the sequential znodes of its root below it, not beside it', async () => {
    const root = await target.freshPath()
    const zk = await target.client(root)
    expect(await zk.create('/', null, { mode: 'ephemeral-sequential' })).to.equal('/0000000000')
    const plain = await target.client()
    expect((await plain.getChildren(root)).children).to.deep.equal(['0000000000'])
  })

  it('that does not exist makes every operation fail with NO_NODE until ensurePath creates it', async () => {
    const root = await target.freshPath()
    const zk = await target.client(`${root}/new/app`)
    expect(await zk.exists('/')).to.equal(null)
    expect(await failureOf(zk.create('/a'))).to.include({ code: 'NO_NODE', path: '/a' })
    await zk.ensurePath('/')
    expect(await zk.create('/a')).to.equal('/a')
  })
})
