import { ErrorNumber, EventType, op, Xid } from '@zookit/jute'
import type { ConformanceCase } from '../case.ts'
import type { Context } from '../context.ts'
import { equal, holds } from '../mismatch.ts'
import type { RawClient } from '../raw-client.ts'
import { children, create, ephemeral, exists } from '../steps.ts'

function pause(milliseconds: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, milliseconds))
}

/**
 * Waits until an unused session must have expired, after its timeout and some ticks. Some clients send heartbeats meanwhile.
 *
 * @param heard the time, by `performance.now()`, from which on the server may have heard nothing of the clients. Default: now.
 * @returns the longest time between two heartbeats, in milliseconds: longer than meant if this process was too busy.
 */
async function outlive(
  t: Context,
  kept: readonly RawClient[] = [],
  heard = performance.now(),
): Promise<number> {
  const { minTimeout } = t.subject
  let longest = 0
  let last = heard
  for (let waited = 0; waited < minTimeout * 2.5; waited += minTimeout / 4) {
    await pause(minTimeout / 4)
    for (const client of kept) client.post(op.ping, null)
    const now = performance.now()
    longest = Math.max(longest, now - last)
    last = now
  }
  return longest
}

/** The number of sessions in a row that may end before their first heartbeat. */
const MOST_TIMES = 10
/** The number of sessions that a server may end in spite of their heartbeats. */
const ATTEMPTS = 3

/** Makes a session, and an ephemeral of it. */
async function ownerOf(
  t: Context,
  path: string,
  timeOut: number,
): Promise<{ client: RawClient; path: string }> {
  const client = await t.raw({ timeOut })
  return { client, path: await ephemeral(client, path) }
}

export const sessions: readonly ConformanceCase[] = [
  {
    title: 'a ping is answered with xid -2, error 0 and no body',
    area: 'sessions',
    reference: 'Apache ZooKeeper source: FinalRequestProcessor',
    covers: ['op:ping'],
    async run(t) {
      const client = await t.raw()
      const { xid, err, bytes } = await client.ask(op.ping, null)
      equal([xid, err, bytes.length], [Xid.ping, ErrorNumber.OK, 0], 'xid, error number and length')
    },
  },
  {
    title: 'closeSession is answered under its xid, and then the connection ends',
    area: 'sessions',
    reference: "Programmer's Guide: ZooKeeper Sessions",
    covers: ['op:closeSession'],
    async run(t) {
      const client = await t.raw()
      const { err, bytes } = await client.ask(op.closeSession, null, 42)
      equal([err, bytes.length], [0, 0], 'error number and length')
      await client.ended()
    },
  },
  {
    title: 'a closed session takes its ephemerals with it at once',
    area: 'sessions',
    reference: "Programmer's Guide: Ephemeral Nodes",
    covers: ['op:closeSession', 'mode:ephemeral'],
    async run(t) {
      const [owner, other] = [await t.raw(), await t.raw()]
      for (const name of ['a', 'b', 'c']) await ephemeral(owner, t.path(name))
      await owner.ask(op.closeSession, null)
      await other.request(op.sync, { path: t.root })
      equal(await children(other, t.root), [], 'the children')
    },
  },
  {
    title: 'a closed session cannot be resumed',
    area: 'sessions',
    reference: "Programmer's Guide: ZooKeeper Sessions",
    covers: ['error:SESSION_EXPIRED'],
    async run(t) {
      const client = await t.raw()
      await client.ask(op.closeSession, null)
      const { timeOut } = await t.connection().shake({ sessionId: client.sessionId, passwd: client.password })
      equal(timeOut, 0, 'the timeout')
    },
  },
  {
    title: 'a lost connection does not end the ephemerals while the session lives',
    area: 'sessions',
    reference: "Programmer's Guide: Ephemeral Nodes",
    covers: ['mode:ephemeral'],
    async run(t) {
      const [owner, other] = [await t.raw({ timeOut: t.subject.maxTimeout }), await t.raw()]
      const path = await ephemeral(owner, t.path('a'))
      owner.destroy()
      await other.request(op.sync, { path })
      equal((await exists(other, path))?.ephemeralOwner, owner.sessionId, 'the owner')
    },
  },
  {
    title: 'a session expires when its client is silent, and its ephemerals are deleted with an event',
    area: 'sessions',
    reference: "Programmer's Guide: ZooKeeper Sessions",
    needs: ['short-sessions'],
    covers: ['event:nodeDeleted', 'mode:ephemeral'],
    async run(t) {
      const [owner, other] = [await t.raw({ timeOut: t.subject.minTimeout }), await t.raw()]
      const path = await ephemeral(owner, t.path('a'))
      owner.destroy()
      await other.request(op.sync, { path })
      await exists(other, path, true)
      await outlive(t, [other])
      const [event] = await other.nextEvents(1)
      equal([event?.type, event?.path], [EventType.nodeDeleted, path], 'the event')
    },
  },
  {
    title: 'an expired session cannot be resumed',
    area: 'sessions',
    reference: "Programmer's Guide: ZooKeeper Sessions",
    needs: ['short-sessions'],
    covers: ['error:SESSION_EXPIRED'],
    async run(t) {
      const client = await t.raw({ timeOut: t.subject.minTimeout })
      client.destroy()
      await outlive(t)
      const { timeOut } = await t.connection().shake({ sessionId: client.sessionId, passwd: client.password })
      equal(timeOut, 0, 'the timeout')
    },
  },
  {
    title: 'the connection of a session that expires is closed by the server',
    area: 'sessions',
    reference: 'Apache ZooKeeper source: ZooKeeperServer.expire',
    needs: ['short-sessions'],
    covers: [],
    async run(t) {
      const client = await t.raw({ timeOut: t.subject.minTimeout })
      await outlive(t)
      await client.ended()
    },
  },
  {
    title: 'heartbeats keep a session alive',
    area: 'sessions',
    reference: "Programmer's Guide: ZooKeeper Sessions",
    needs: ['short-sessions'],
    covers: ['op:ping'],
    async run(t) {
      const { minTimeout } = t.subject
      let failures = 0
      for (let times = 0; ; times++) {
        const begun = performance.now()
        const owner = await ownerOf(t, t.path(`a${times}`), minTimeout).catch((error: unknown) => {
          // A session whose create this process has sent too late is no more. A server that is down is slow, too.
          if (times === MOST_TIMES || performance.now() - begun <= minTimeout / 2) throw error
        })
        // What this process has sent too late says nothing of the server. It may have waited with the answers before, too.
        if (owner === undefined || (await outlive(t, [owner.client], begun)) > minTimeout / 2) continue
        const stat = await exists(owner.client, owner.path).catch((error: unknown) => {
          // A server that stood still ends sessions before it reads their heartbeats; one that ignores them does so each time.
          if (++failures === ATTEMPTS) throw error
        })
        if (stat === undefined) continue
        equal(stat?.ephemeralOwner, owner.client.sessionId, 'the owner')
        return
      }
    },
  },
  {
    title: 'requests behind a closeSession are not executed',
    area: 'sessions',
    reference: 'Apache ZooKeeper source: PrepRequestProcessor',
    covers: ['op:closeSession'],
    async run(t) {
      const [client, other] = [await t.raw(), await t.raw()]
      client.post(op.closeSession, null)
      client.post(op.create, { path: t.path('a'), data: null, acl: [], flags: 0 })
      await client.ended()
      equal(await exists(other, t.path('a')), null, 'the znode')
    },
  },
  {
    title: 'getEphemerals lists the ephemerals of the session alone, under a prefix that is plain text',
    area: 'sessions',
    reference: 'ZOOKEEPER-3209',
    since: ['3.6'],
    covers: ['op:getEphemerals'],
    async run(t) {
      const [client, other] = [await t.raw(), await t.raw()]
      await ephemeral(client, t.path('a'))
      await ephemeral(client, t.path('ab'))
      await ephemeral(client, t.path('b'))
      await ephemeral(other, t.path('ac'))
      await create(client, t.path('ad'))
      const list = async (prefixPath: string): Promise<string[]> =>
        (await client.request(op.getEphemerals, { prefixPath })).ephemerals.sort()
      equal(await list(t.path('a')), [t.path('a'), t.path('ab')], `those that begin with ${t.path('a')}`)
      equal(await list('/'), [t.path('a'), t.path('ab'), t.path('b')], 'those that begin with /')
      equal(await list(t.path('zz')), [], 'those that begin with zz')
    },
  },
  {
    title: 'sync is answered with its path, also where there is no znode',
    area: 'sessions',
    reference: "Programmer's Guide: Consistency Guarantees",
    covers: ['op:sync'],
    async run(t) {
      const session = await t.session()
      for (const path of [t.root, t.path('none')]) {
        equal((await session.request(op.sync, { path })).path, path, 'the path')
      }
    },
  },
  {
    title: 'replies carry a zxid that never goes back',
    area: 'sessions',
    reference: "Programmer's Guide: Time in ZooKeeper",
    covers: [],
    async run(t) {
      const client = await t.raw()
      const before = (await client.ask(op.exists, { path: '/', watch: false })).zxid
      await create(client, t.path('a'))
      const after = (await client.ask(op.exists, { path: '/', watch: false })).zxid
      holds(after > before, `a zxid after ${before}`, after)
    },
  },
]
