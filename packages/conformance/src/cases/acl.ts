import { digestId } from '@zookit/client'
import { type ACL, ErrorNumber, op, Perm, Xid } from '@zookit/jute'
import type { ConformanceCase } from '../case.ts'
import type { Context } from '../context.ts'
import { OWNER } from '../keeper.ts'
import { equal, holds, refused } from '../mismatch.ts'
import {
  authenticate,
  children,
  create,
  entry,
  exists,
  getData,
  type Requester,
  remove,
  setData,
} from '../steps.ts'

const GUIDE = "Programmer's Guide: ZooKeeper access control using ACLs"
const SCHEMES = "Programmer's Guide: Builtin ACL Schemes"
const [user, password] = OWNER.secret.split(':') as [string, string]
const OWNER_ID = digestId(user, password)

/** Returns an ACL that gives the owner everything, and the world the given permissions. */
function shared(world: number): ACL[] {
  const own = entry(Perm.ALL, 'digest', OWNER_ID)
  return world === 0 ? [own] : [own, entry(world, 'world', 'anyone')]
}

async function aclOf(client: Requester, path: string): Promise<ACL[]> {
  return (await client.request(op.getACL, { path })).acl
}

/** Makes the case for one permission: the request is refused without it, though the world has all others. */
function permission(
  name: string,
  missing: number,
  covers: string,
  attempt: (client: Requester, t: Context) => Promise<unknown>,
): ConformanceCase {
  return {
    title: `without ${name} it is refused with NO_AUTH`,
    area: 'acl',
    reference: GUIDE,
    covers: [covers, 'error:NO_AUTH'],
    async run(t) {
      const owner = await t.owner()
      await create(owner, t.path('a'))
      await create(owner, t.path('a/child'))
      await owner.request(op.setACL, { path: t.path('a'), acl: shared(Perm.ALL & ~missing), version: -1 })
      await refused(attempt(await t.session(), t), 'NO_AUTH')
    },
  }
}

export const acls: readonly ConformanceCase[] = [
  permission('READ: getData', Perm.READ, 'op:getData', (client, t) => getData(client, t.path('a'))),
  permission('READ: getChildren', Perm.READ, 'op:getChildren', (client, t) => children(client, t.path('a'))),
  permission('READ: getChildren2', Perm.READ, 'op:getChildren2', (client, t) =>
    client.request(op.getChildren2, { path: t.path('a'), watch: false }),
  ),
  permission('WRITE: setData', Perm.WRITE, 'op:setData', (client, t) => setData(client, t.path('a'))),
  permission('CREATE on the parent: create', Perm.CREATE, 'op:create', (client, t) =>
    create(client, t.path('a/new')),
  ),
  permission('DELETE on the parent: delete', Perm.DELETE, 'op:delete', (client, t) =>
    remove(client, t.path('a/child')),
  ),
  permission('ADMIN: setACL', Perm.ADMIN, 'op:setACL', (client, t) =>
    client.request(op.setACL, { path: t.path('a'), acl: shared(Perm.ALL), version: -1 }),
  ),
  {
    title: 'a znode may be deleted without any permission on itself',
    area: 'acl',
    reference: GUIDE,
    covers: ['op:delete'],
    async run(t) {
      await create(await t.owner(), t.path('a'), { acl: shared(0) })
      await remove(await t.session(), t.path('a'))
    },
  },
  {
    title: 'permissions are not inherited',
    area: 'acl',
    reference: GUIDE,
    covers: ['op:getData'],
    async run(t) {
      const owner = await t.owner()
      await create(owner, t.path('a'))
      await create(owner, t.path('a/b'))
      await owner.request(op.setACL, { path: t.path('a'), acl: shared(0), version: -1 })
      await getData(await t.session(), t.path('a/b'))
    },
  },
  {
    title: 'exists needs no permission',
    area: 'acl',
    reference: GUIDE,
    until: ['3.8.4', '3.9.2'],
    covers: ['op:exists'],
    async run(t) {
      await create(await t.owner(), t.path('a'), { acl: shared(0) })
      holds((await exists(await t.session(), t.path('a'))) !== null, 'a stat', null)
    },
  },
  {
    title: 'without READ it is refused with NO_AUTH: exists',
    area: 'acl',
    reference: 'ZOOKEEPER-2590',
    since: ['3.8.4', '3.9.2'],
    covers: ['op:exists', 'error:NO_AUTH'],
    async run(t) {
      await create(await t.owner(), t.path('a'), { acl: shared(0) })
      await refused(exists(await t.session(), t.path('a')), 'NO_AUTH')
    },
  },
  {
    title: 'getACL shows what was set, with the stat',
    area: 'acl',
    reference: GUIDE,
    covers: ['op:getACL'],
    async run(t) {
      const session = await t.session()
      await create(session, t.path('a'))
      const { acl, stat } = await session.request(op.getACL, { path: t.path('a') })
      equal(acl, [entry(Perm.ALL, 'world', 'anyone')], 'the ACL')
      equal(stat, await exists(session, t.path('a')), 'the stat')
    },
  },
  {
    title: 'getACL without ADMIN shows digests as x',
    area: 'acl',
    reference: 'ZOOKEEPER-1392',
    since: ['3.4.14', '3.5.5'],
    covers: ['op:getACL'],
    async run(t) {
      await create(await t.owner(), t.path('a'), { acl: shared(Perm.READ) })
      equal(
        (await aclOf(await t.session(), t.path('a')))[0],
        entry(Perm.ALL, 'digest', `${user}:x`),
        'the entry',
      )
    },
  },
  {
    title: 'getACL with ADMIN shows digests as they are',
    area: 'acl',
    reference: 'ZOOKEEPER-1392',
    covers: ['op:getACL'],
    async run(t) {
      const owner = await t.owner()
      await create(owner, t.path('a'), { acl: shared(0) })
      equal(await aclOf(owner, t.path('a')), shared(0), 'the ACL')
    },
  },
  {
    title: 'getACL with neither READ nor ADMIN is refused with NO_AUTH',
    area: 'acl',
    reference: 'ZOOKEEPER-1392',
    since: ['3.4.14', '3.5.5'],
    covers: ['op:getACL', 'error:NO_AUTH'],
    async run(t) {
      await create(await t.owner(), t.path('a'), { acl: shared(0) })
      await refused(aclOf(await t.session(), t.path('a')), 'NO_AUTH')
    },
  },
  {
    title: 'the scheme auth stands for every identity that the connection has proved',
    area: 'acl',
    reference: SCHEMES,
    covers: ['op:create', 'op:auth'],
    async run(t) {
      const owner = await t.owner()
      await authenticate(owner, 'second:user')
      await create(owner, t.path('a'), { acl: [entry(Perm.READ | Perm.ADMIN, 'auth', '')] })
      // Beside them stands what the run proves by SASL or by a certificate.
      const proved = (await aclOf(owner, t.path('a'))).filter(({ id }) => id.scheme === 'digest')
      equal(proved.map(({ id }) => id.id).sort(), [digestId('second', 'user'), OWNER_ID].sort(), 'the ids')
    },
  },
  {
    title: 'the scheme auth without any identity is refused with INVALID_ACL',
    area: 'acl',
    reference: SCHEMES,
    needs: ['anonymous'],
    covers: ['error:INVALID_ACL'],
    async run(t) {
      await refused(
        create(await t.session(), t.path('a'), { acl: [entry(Perm.ALL, 'auth', '')] }),
        'INVALID_ACL',
      )
    },
  },
  {
    title: 'the scheme digest admits a client that knows the password, and no other',
    area: 'acl',
    reference: SCHEMES,
    covers: ['op:auth', 'error:NO_AUTH'],
    async run(t) {
      await create(await t.owner(), t.path('a'), { acl: shared(0) })
      const [right, wrong] = [await t.raw(), await t.raw()]
      await authenticate(right, OWNER.secret)
      await authenticate(wrong, `${user}:guess`)
      await getData(right, t.path('a'))
      await refused(getData(wrong, t.path('a')), 'NO_AUTH')
    },
  },
  {
    title: 'the scheme ip refuses a client with another address',
    area: 'acl',
    reference: SCHEMES,
    covers: ['error:NO_AUTH'],
    async run(t) {
      const session = await t.session()
      await create(session, t.path('a'), { acl: [entry(Perm.READ, 'ip', '192.0.2.1')] })
      await refused(getData(session, t.path('a')), 'NO_AUTH')
    },
  },
  {
    title: 'the scheme ip admits a client whose address is in a block',
    area: 'acl',
    reference: SCHEMES,
    since: ['3.5'],
    covers: ['op:create'],
    async run(t) {
      const session = await t.session()
      const halves = ['0.0.0.0/1', '128.0.0.0/1'].map(block => entry(Perm.READ, 'ip', block))
      await create(session, t.path('a'), { acl: halves })
      await getData(session, t.path('a'))
    },
  },
  {
    title: 'ids that a scheme does not take are refused with INVALID_ACL',
    area: 'acl',
    reference: SCHEMES,
    covers: ['error:INVALID_ACL'],
    async run(t) {
      const session = await t.session()
      for (const [scheme, id] of [
        ['world', 'nobody'],
        ['digest', 'no-colon'],
        ['ip', '300.1.1.1'],
        ['ip', '10.0.0.0/99'],
        ['unheard-of', 'x'],
      ] as const) {
        await refused(
          create(session, t.path('a'), { acl: [entry(31, scheme, id)] }),
          'INVALID_ACL',
          `${scheme}:${id}`,
        )
      }
    },
  },
  {
    title: 'an entry that is there twice is kept once',
    area: 'acl',
    reference: 'Apache ZooKeeper source: PrepRequestProcessor.removeDuplicates',
    covers: ['op:create'],
    async run(t) {
      const session = await t.session()
      const world = entry(Perm.ALL, 'world', 'anyone')
      await create(session, t.path('a'), { acl: [world, world] })
      equal(await aclOf(session, t.path('a')), [world], 'the ACL')
    },
  },
  {
    title: 'setACL with an empty ACL is refused with INVALID_ACL',
    area: 'acl',
    reference: 'Apache ZooKeeper source: PrepRequestProcessor.fixupACL',
    covers: ['op:setACL', 'error:INVALID_ACL'],
    async run(t) {
      await refused(
        (await t.session()).request(op.setACL, { path: t.root, acl: [], version: -1 }),
        'INVALID_ACL',
      )
    },
  },
  {
    title: 'the super user passes every ACL',
    area: 'acl',
    reference: "Administrator's Guide: DigestAuthenticationProvider.superDigest",
    needs: ['super'],
    covers: ['op:auth'],
    async run(t) {
      await create(await t.owner(), t.path('a'), { acl: shared(0) })
      const client = await t.raw()
      await authenticate(client, t.subject.superSecret!)
      await getData(client, t.path('a'))
      await setData(client, t.path('a'))
    },
  },
  {
    title: 'auth is answered with xid -4, error 0 and no body',
    area: 'auth',
    reference: 'Apache ZooKeeper source: ZooKeeperServer.processPacket',
    needs: ['digest'],
    covers: ['op:auth'],
    async run(t) {
      const client = await t.raw()
      const { xid, err, bytes } = await client.ask(op.auth, {
        type: 0,
        scheme: 'digest',
        auth: Buffer.from('a:b'),
      })
      equal([xid, err, bytes.length], [Xid.auth, ErrorNumber.OK, 0], 'xid, error number and length')
    },
  },
  {
    title: 'an unknown scheme is refused with AUTH_FAILED, and then the connection ends',
    area: 'auth',
    reference: 'Apache ZooKeeper source: ZooKeeperServer.processPacket',
    covers: ['op:auth', 'error:AUTH_FAILED'],
    async run(t) {
      const client = await t.raw()
      const { err } = await client.ask(op.auth, { type: 0, scheme: 'unheard-of', auth: Buffer.from('x') })
      equal(err, ErrorNumber.AUTH_FAILED, 'the error number')
      await client.ended()
    },
  },
  {
    title: 'auth works from the next request on, also for one that was sent along with it',
    area: 'auth',
    reference: 'Apache ZooKeeper source: ZooKeeperServer.processPacket',
    covers: ['op:auth'],
    async run(t) {
      await create(await t.owner(), t.path('a'), { acl: shared(0) })
      const client = await t.raw()
      client.post(op.auth, { type: 0, scheme: 'digest', auth: Buffer.from(OWNER.secret) })
      const { err } = await client.ask(op.getData, { path: t.path('a'), watch: false })
      equal(err, 0, 'the error number')
    },
  },
  {
    title: 'an identity belongs to the connection, not to the session',
    area: 'auth',
    reference: SCHEMES,
    covers: ['op:auth', 'error:NO_AUTH'],
    async run(t) {
      const owner = await t.owner()
      await create(owner, t.path('a'), { acl: shared(0) })
      const again = await t.raw({ sessionId: owner.sessionId, passwd: owner.password })
      await refused(getData(again, t.path('a')), 'NO_AUTH')
    },
  },
  {
    title: 'whoAmI lists the identities of the connection without secrets',
    area: 'auth',
    reference: 'ZOOKEEPER-3969',
    since: ['3.7'],
    covers: ['op:whoAmI'],
    async run(t) {
      const { clientInfo } = await (await t.owner()).request(op.whoAmI, null)
      const schemes = clientInfo.map(({ authScheme }) => authScheme)
      holds(schemes.includes('ip'), 'an ip', clientInfo)
      equal(clientInfo.find(({ authScheme }) => authScheme === 'digest')?.user, user, 'the user')
    },
  },
  {
    title: 'a SASL token to a server without SASL is answered with a null token, and the connection goes on',
    area: 'auth',
    reference: 'Apache ZooKeeper source: ZooKeeperServer.processSasl',
    needs: ['no-sasl'],
    covers: ['op:sasl'],
    async run(t) {
      const client = await t.raw()
      equal((await client.request(op.sasl, { token: Buffer.alloc(0) })).token, null, 'the token')
      await client.settle()
    },
  },
  {
    title: 'an empty first SASL token is answered with a DIGEST-MD5 challenge',
    area: 'auth',
    reference: 'Apache ZooKeeper source: ZooKeeperSaslServer',
    needs: ['sasl', 'anonymous'],
    covers: ['op:sasl'],
    async run(t) {
      const { token } = await (await t.raw()).request(op.sasl, { token: Buffer.alloc(0) })
      holds(token?.includes('nonce=') === true, 'a challenge with a nonce', token)
    },
  },
]
