import { op } from '@zookit/jute'
import type { ConformanceCase } from '../case.ts'
import { equal, holds } from '../mismatch.ts'
import { ephemeral } from '../steps.ts'

const ZEROS = Buffer.alloc(16)
const NEVER_MADE = 0x00ff_1234_5678_9abcn

export const handshake: readonly ConformanceCase[] = [
  {
    title: 'a new session has an id, a password of 16 bytes and protocol version 0',
    area: 'handshake',
    reference: 'Apache ZooKeeper source: ZooKeeperServer.finishSessionInit',
    covers: [],
    async run(t) {
      const { protocolVersion, sessionId, passwd } = await t.connection().shake()
      equal([protocolVersion, passwd?.length], [0, 16], 'the version and the length of the password')
      holds(sessionId !== 0n, 'a session id that is not 0', sessionId)
    },
  },
  {
    title: 'the response has the read-only byte for a client that sent it: 37 bytes',
    area: 'handshake',
    reference: 'ZOOKEEPER-784',
    covers: [],
    async run(t) {
      const client = await t.raw({ readOnly: false })
      equal([client.handshake?.length, client.response?.readOnly], [37, false], 'its length and the byte')
    },
  },
  {
    title: 'the response has no read-only byte for a client that did not send it: 36 bytes',
    area: 'handshake',
    reference: 'ZOOKEEPER-784',
    covers: [],
    async run(t) {
      const client = await t.raw({ readOnly: undefined })
      equal(client.handshake?.length, 36, 'its length')
    },
  },
  {
    title: 'a client that accepts a read-only server is told when it has one that takes writes',
    area: 'handshake',
    reference: 'ZOOKEEPER-784',
    covers: [],
    async run(t) {
      const client = await t.raw({ readOnly: true })
      equal(client.response?.readOnly, false, 'the read-only byte')
    },
  },
  {
    title: 'two sessions have different ids and passwords',
    area: 'handshake',
    reference: 'Apache ZooKeeper source: SessionTrackerImpl.initializeNextSessionId',
    covers: [],
    async run(t) {
      const [one, two] = [await t.raw(), await t.raw()]
      holds(one.sessionId !== two.sessionId, 'different ids', [one.sessionId, two.sessionId])
      holds(!one.password.equals(two.password), 'different passwords', [one.password, two.password])
    },
  },
  {
    title: 'a timeout that is too short becomes the shortest one',
    area: 'handshake',
    reference: "Administrator's Guide: minSessionTimeout",
    covers: [],
    async run(t) {
      const { timeOut } = await t.connection().shake({ timeOut: 1 })
      equal(timeOut, t.subject.minTimeout, 'the timeout')
      holds(timeOut > 1, 'more than a millisecond', timeOut)
    },
  },
  {
    title: 'a timeout that is too long becomes the longest one',
    area: 'handshake',
    reference: "Administrator's Guide: maxSessionTimeout",
    covers: [],
    async run(t) {
      const { timeOut } = await t.connection().shake({ timeOut: 0x7fff_ffff })
      equal(timeOut, t.subject.maxTimeout, 'the timeout')
      holds(timeOut < 0x7fff_ffff, 'a limit', timeOut)
    },
  },
  {
    title: 'a timeout within the limits is granted as it is',
    area: 'handshake',
    reference: "Programmer's Guide: ZooKeeper Sessions",
    covers: [],
    async run(t) {
      const wanted = t.subject.minTimeout + 1
      equal((await t.connection().shake({ timeOut: wanted })).timeOut, wanted, 'the timeout')
    },
  },
  {
    title: 'a negative timeout becomes the shortest one',
    area: 'handshake',
    reference: 'Apache ZooKeeper source: ZooKeeperServer.processConnectRequest',
    covers: [],
    async run(t) {
      equal((await t.connection().shake({ timeOut: -5 })).timeOut, t.subject.minTimeout, 'the timeout')
    },
  },
  {
    title: 'another protocol version is accepted, and the response says 0',
    area: 'handshake',
    reference: 'Apache ZooKeeper source: ZooKeeperServer.processConnectRequest',
    covers: [],
    async run(t) {
      equal((await t.connection().shake({ protocolVersion: 99 })).protocolVersion, 0, 'the version')
    },
  },
  {
    title: 'a new session may be asked for with an empty password',
    area: 'handshake',
    reference: 'Apache ZooKeeper source: ZooKeeperServer.createSession',
    covers: [],
    async run(t) {
      equal(
        (await t.connection().shake({ passwd: Buffer.alloc(0) })).passwd?.length,
        16,
        'the length of the password',
      )
    },
  },
  {
    title: 'a client that has seen a later transaction gets a closed connection and no answer',
    area: 'handshake',
    reference: 'Apache ZooKeeper source: ZooKeeperServer.processConnectRequest',
    covers: [],
    async run(t) {
      const client = t.connection()
      const ahead = client.shake({ lastZxidSeen: 0x7000_0000_0000_0000n }).catch(() => null)
      await client.ended()
      equal([await ahead, client.handshake], [null, undefined], 'the response')
    },
  },
  {
    title: 'an unknown session is answered with timeout 0 and id 0, and the connection ends',
    area: 'handshake',
    reference: "Programmer's Guide: ZooKeeper Sessions",
    covers: ['error:SESSION_EXPIRED'],
    async run(t) {
      const client = t.connection()
      const { timeOut, sessionId, passwd } = await client.shake({ sessionId: NEVER_MADE })
      equal([timeOut, sessionId, passwd], [0, 0n, ZEROS], 'timeout, id and password')
      await client.ended()
    },
  },
  {
    title: 'a wrong password is answered like an unknown session',
    area: 'handshake',
    reference: 'Apache ZooKeeper source: ZooKeeperServer.reopenSession',
    covers: ['error:SESSION_EXPIRED'],
    async run(t) {
      const first = await t.raw()
      const client = t.connection()
      const { timeOut, sessionId } = await client.shake({
        sessionId: first.sessionId,
        passwd: Buffer.alloc(16, 1),
      })
      equal([timeOut, sessionId], [0, 0n], 'timeout and id')
      await client.ended()
    },
  },
  {
    title: 'a wrong password does not end the session',
    area: 'handshake',
    reference: 'Apache ZooKeeper source: ZooKeeperServer.reopenSession',
    covers: [],
    async run(t) {
      const first = await t.raw()
      await t.connection().shake({ sessionId: first.sessionId, passwd: Buffer.alloc(16, 1) })
      const again = await t.raw({ sessionId: first.sessionId, passwd: first.password })
      equal(again.sessionId, first.sessionId, 'the session')
    },
  },
  {
    title: 'a session that is resumed keeps its id, its password and its ephemerals',
    area: 'handshake',
    reference: "Programmer's Guide: ZooKeeper Sessions",
    covers: ['mode:ephemeral'],
    async run(t) {
      const first = await t.raw()
      const path = await ephemeral(first, t.path('a'))
      first.destroy()
      const again = await t.raw({ sessionId: first.sessionId, passwd: first.password })
      equal([again.sessionId, again.password], [first.sessionId, first.password], 'id and password')
      const reply = await again.request(op.exists, { path, watch: false })
      equal(reply?.stat.ephemeralOwner, first.sessionId, 'the owner of its ephemeral')
    },
  },
  {
    title: 'a resumed session gets the timeout that the new connection asks for',
    area: 'handshake',
    reference: 'Apache ZooKeeper source: ZooKeeperServer.processConnectRequest',
    covers: [],
    async run(t) {
      const first = await t.raw({ timeOut: t.subject.maxTimeout })
      const timeOut = t.subject.minTimeout + 7
      const again = await t.raw({ sessionId: first.sessionId, passwd: first.password, timeOut })
      equal(again.response?.timeOut, timeOut, 'the timeout')
    },
  },
  {
    title: 'a session that is resumed is taken from the connection that had it',
    area: 'handshake',
    reference: 'Apache ZooKeeper source: ServerCnxnFactory.closeSession',
    covers: [],
    async run(t) {
      const first = await t.raw()
      const again = await t.raw({ sessionId: first.sessionId, passwd: first.password })
      await first.ended()
      await again.settle()
    },
  },
]
