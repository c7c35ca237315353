import { CreateFlag, DEFAULT_MAX_FRAME, ErrorNumber, op, Xid } from '@zookit/jute'
import type { ConformanceCase } from '../case.ts'
import { equal, holds, refused } from '../mismatch.ts'
import { setQuota } from '../quota.ts'
import { requestFrame } from '../raw-client.ts'
import { children, create, createBody, ephemeral, exists, getData, setData } from '../steps.ts'

const ORDER = "Programmer's Guide: Consistency Guarantees"
const WORDS = "Administrator's Guide: The Four Letter Words"

/** Returns the length of a setData frame without its data. */
function overhead(path: string): number {
  return requestFrame(op.setData, { path, data: Buffer.alloc(0), version: -1 }, 1).length - 4
}

/** Makes the case of a four-letter word whose answer has to match. */
/** The harm of a word that lists every watch. */
const COSTLY = 'it costs a server with many watches much time'

function word(name: string, title: string, pattern: RegExp, danger?: string): ConformanceCase {
  return {
    title: `${name} ${title}`,
    area: 'four-letter words',
    reference: WORDS,
    needs: [`word:${name}`],
    ...(danger !== undefined && { danger }),
    covers: [`word:${name}`],
    async run(t) {
      const client = await t.raw()
      await ephemeral(client, t.path('e'))
      await getData(client, t.root, true)
      const answer = (await t.exchange(name)).toString()
      holds(pattern.test(answer), `an answer like ${pattern}`, answer.slice(0, 400))
    },
  }
}

export const ordering: readonly ConformanceCase[] = [
  {
    title: 'replies come in the order of the requests, whatever they ask',
    area: 'ordering',
    reference: ORDER,
    covers: ['op:create', 'op:exists', 'op:sync'],
    async run(t) {
      const client = await t.raw()
      const xids: number[] = []
      for (let i = 0; i < 50; i++) {
        xids.push(client.post(op.create, createBody(t.path(`n${i}`))))
        xids.push(client.post(op.exists, { path: t.path(`n${i}`), watch: false }))
        if (i % 10 === 0) xids.push(client.post(op.sync, { path: t.root }))
      }
      await client.reply(xids.at(-1)!)
      equal(
        client.answers.map(({ xid }) => xid),
        xids,
        'the xids',
      )
      equal(
        client.answers.filter(({ err }) => err !== 0),
        [],
        'the errors',
      )
    },
  },
  {
    title: 'a read sees the write that was sent before it on the same connection',
    area: 'ordering',
    reference: ORDER,
    covers: ['op:setData', 'op:getData'],
    async run(t) {
      const session = await t.session()
      for (let i = 0; i < 20; i++) {
        const write = setData(session, t.root, String(i))
        const { data } = await getData(session, t.root)
        equal(data?.toString(), String(i), 'the data')
        await write
      }
    },
  },
  {
    title: 'an event comes before any reply that shows the change',
    area: 'ordering',
    reference: "Programmer's Guide: What ZooKeeper Guarantees about Watches",
    covers: ['watch:data', 'event:nodeDataChanged'],
    async run(t) {
      const [watcher, writer] = [await t.raw(), await t.raw()]
      for (let i = 0; i < 20; i++) {
        await getData(watcher, t.root, true)
        const write = setData(writer, t.root, String(i))
        while ((await getData(watcher, t.root)).data?.toString() !== String(i)) await watcher.settle()
        equal(watcher.events.length, i + 1, 'the number of events when the new data is there')
        await write
      }
    },
  },
  {
    title: 'events come in the order of the changes',
    area: 'ordering',
    reference: "Programmer's Guide: What ZooKeeper Guarantees about Watches",
    covers: ['watch:exist', 'event:nodeCreated'],
    async run(t) {
      const [watcher, writer] = [await t.raw(), await t.raw()]
      const names = ['e', 'b', 'd', 'a', 'c'].map(name => t.path(name))
      for (const path of [...names].sort()) await exists(watcher, path, true)
      for (const path of names) await create(writer, path)
      equal(
        (await watcher.nextEvents(5)).map(({ path }) => path),
        names,
        'the paths',
      )
    },
  },
  {
    title: 'pings are answered in their turn among other requests',
    area: 'ordering',
    reference: 'Apache ZooKeeper source: CommitProcessor',
    covers: ['op:ping'],
    async run(t) {
      const client = await t.raw()
      client.post(op.create, createBody(t.path('a')), 5)
      client.post(op.ping, null)
      client.post(op.exists, { path: t.path('a'), watch: false }, 6)
      await client.reply(6)
      const xids = client.answers.map(({ xid }) => xid)
      equal(
        [...xids].sort((a, b) => a - b),
        [Xid.ping, 5, 6],
        'the xids',
      )
      holds(xids.indexOf(5) < xids.indexOf(6), '5 before 6', xids)
    },
  },
  {
    title: 'a frame of just under jute.maxbuffer is accepted',
    area: 'limits',
    reference: "Administrator's Guide: jute.maxbuffer",
    covers: ['op:setData'],
    async run(t) {
      const client = await t.raw()
      const data = Buffer.alloc(DEFAULT_MAX_FRAME - overhead(t.root) - 1, 1)
      equal((await client.ask(op.setData, { path: t.root, data, version: -1 })).err, 0, 'the error number')
      equal((await getData(client, t.root)).stat.dataLength, data.length, 'the length of the data')
    },
  },
  {
    title: 'a create or a setData beyond a hard quota is refused with QUOTA_EXCEEDED, and changes nothing',
    area: 'limits',
    reference: 'ZOOKEEPER-3301',
    since: ['3.7'],
    needs: ['enforced-quota'],
    covers: ['error:QUOTA_EXCEEDED'],
    async run(t) {
      const session = await t.session()
      await setQuota(session, t.root, 3, 20)
      await create(session, t.path('a'), { data: '0123456789' })
      await refused(setData(session, t.path('a'), 'x'.repeat(30)), 'QUOTA_EXCEEDED', 'setData')
      await create(session, t.path('b'), { data: '' })
      await refused(create(session, t.path('c'), { data: '' }), 'QUOTA_EXCEEDED', 'create')
      equal(await children(session, t.root), ['a', 'b'], 'the children')
      equal((await getData(session, t.path('a'))).data?.toString(), '0123456789', 'the data')
    },
  },
  {
    title: 'a thousand children are listed',
    area: 'limits',
    reference: "Programmer's Guide: Data Access",
    covers: ['op:getChildren'],
    async run(t) {
      const session = await t.session()
      const flags = CreateFlag['persistent-sequential']
      const all = Array.from({ length: 1000 }, () => create(session, t.path('s-'), { flags, data: null }))
      await Promise.all(all)
      const names = await children(session, t.root)
      equal([names.length, names.at(-1)], [1000, 's-0000000999'], 'the number and the last name')
    },
  },
  {
    title: 'a path of many levels can be created and read',
    area: 'limits',
    reference: "Programmer's Guide: ZNodes",
    covers: ['op:create'],
    async run(t) {
      const session = await t.session()
      let path = t.root
      for (let i = 0; i < 50; i++) path = await create(session, `${path}/d${i}`)
      holds((await exists(session, path)) !== null, 'a stat', null)
    },
  },
  {
    title: 'a thousand requests in flight are all answered',
    area: 'limits',
    reference: "Administrator's Guide: globalOutstandingLimit",
    covers: ['op:exists'],
    async run(t) {
      const client = await t.raw()
      for (let xid = 1; xid <= 1000; xid++) client.post(op.exists, { path: t.root, watch: false }, xid)
      await client.reply(1000)
      equal(client.answers.length, 1000, 'the number of answers')
    },
  },
]

export const ensemble: readonly ConformanceCase[] = [
  {
    title: 'a write at one server is seen at another after a sync there',
    area: 'ensemble',
    reference: ORDER,
    needs: ['ensemble'],
    covers: ['op:sync'],
    async run(t) {
      const [here, there] = [await t.raw(), await t.raw({}, t.otherServer)]
      for (let i = 0; i < 10; i++) {
        await setData(here, t.root, String(i))
        await there.request(op.sync, { path: t.root })
        equal((await getData(there, t.root)).data?.toString(), String(i), 'the data')
      }
    },
  },
  {
    title: 'a watch at one server gets the event of a write at another',
    area: 'ensemble',
    reference: "Programmer's Guide: ZooKeeper Watches",
    needs: ['ensemble'],
    covers: ['watch:data'],
    async run(t) {
      const [here, there] = [await t.raw(), await t.raw({}, t.otherServer)]
      await here.request(op.sync, { path: t.root })
      await getData(here, t.root, true)
      await there.request(op.sync, { path: t.root })
      await setData(there, t.root)
      equal((await here.nextEvents(1))[0]?.path, t.root, 'the path')
    },
  },
  {
    title: 'a session moves to another server with its ephemerals',
    area: 'ensemble',
    reference: "Programmer's Guide: ZooKeeper Sessions",
    needs: ['ensemble'],
    covers: ['mode:ephemeral'],
    async run(t) {
      const here = await t.raw()
      const path = await ephemeral(here, t.path('a'))
      const there = await t.raw({ sessionId: here.sessionId, passwd: here.password }, t.otherServer)
      equal(there.sessionId, here.sessionId, 'the session')
      await there.request(op.sync, { path })
      equal((await exists(there, path))?.ephemeralOwner, here.sessionId, 'the owner')
    },
  },
  {
    title: 'a write on the connection that a session has left ends that connection',
    area: 'ensemble',
    reference: 'ZOOKEEPER-710',
    needs: ['ensemble'],
    covers: ['error:SESSION_MOVED'],
    async run(t) {
      const here = await t.raw()
      const there = await t.raw({ sessionId: here.sessionId, passwd: here.password }, t.otherServer)
      await setData(there, t.root, 'there')
      here.post(op.setData, { path: t.root, data: Buffer.from('here'), version: -1 })
      await here.ended()
      await there.request(op.sync, { path: t.root })
      equal((await getData(there, t.root)).data?.toString(), 'there', 'the data')
    },
  },
  {
    title: 'a closed session is closed at every server',
    area: 'ensemble',
    reference: "Programmer's Guide: ZooKeeper Sessions",
    needs: ['ensemble'],
    covers: ['op:closeSession', 'error:SESSION_EXPIRED'],
    async run(t) {
      const here = await t.raw()
      await here.ask(op.closeSession, null)
      const there = await t.raw({}, t.otherServer)
      await there.request(op.sync, { path: t.root })
      const again = t.connection(t.otherServer)
      const { timeOut } = await again.shake({ sessionId: here.sessionId, passwd: here.password })
      equal(timeOut, 0, 'the timeout')
    },
  },
]

export const readOnly: readonly ConformanceCase[] = [
  {
    title: 'a read-only server says so to a client that accepts it',
    area: 'read-only',
    reference: 'ZOOKEEPER-784',
    readOnly: true,
    covers: [],
    async run(t) {
      equal((await t.connection().shake({ readOnly: true })).readOnly, true, 'the read-only byte')
    },
  },
  {
    title: 'a read-only server closes the connection of other clients without an answer',
    area: 'read-only',
    reference: 'ZOOKEEPER-784',
    readOnly: true,
    covers: [],
    async run(t) {
      const client = t.connection()
      const shaken = client.shake({ readOnly: false }).catch(() => null)
      await client.ended()
      equal(await shaken, null, 'the response')
    },
  },
  {
    title: 'a read-only server answers reads',
    area: 'read-only',
    reference: 'ZOOKEEPER-784',
    readOnly: true,
    covers: ['op:getChildren'],
    async run(t) {
      const names = await children(await t.raw({ readOnly: true }), '/')
      holds(names.includes('zookeeper'), 'zookeeper among the children of the root', names)
    },
  },
  {
    title: 'a read-only server refuses writes and sync with NOT_READ_ONLY',
    area: 'read-only',
    reference: 'ZOOKEEPER-784, ReadOnlyRequestProcessor',
    readOnly: true,
    covers: ['error:NOT_READ_ONLY'],
    async run(t) {
      const client = await t.raw({ readOnly: true })
      equal(
        (await client.ask(op.create, createBody('/zookit-conformance'))).err,
        ErrorNumber.NOT_READ_ONLY,
        'the error number of create',
      )
      equal(
        (await client.ask(op.sync, { path: '/' })).err,
        ErrorNumber.NOT_READ_ONLY,
        'the error number of sync',
      )
    },
  },
]

export const fourLetterWords: readonly ConformanceCase[] = [
  word('ruok', 'is answered with imok', /^imok$/),
  word(
    'srvr',
    'tells the version, the zxid and the mode',
    /^Zookeeper version: [\s\S]*\nZxid: 0x[0-9a-f]+\nMode: \w+\nNode count: \d+/m,
  ),
  word('stat', 'lists the clients', /^Clients:\n \/[\s\S]*\nMode: \w+/m),
  word('mntr', 'lists figures, a tab behind each name', /^zk_server_state\t\w+$/m),
  word('conf', 'lists the settings', /^tickTime=\d+\n[\s\S]*maxSessionTimeout=\d+/m),
  word('cons', 'lists the connections with their sessions', /sid=0x[0-9a-f]+/),
  word('dump', 'lists sessions and ephemerals', /Sessions with Ephemerals \(\d+\):\n0x[0-9a-f]+:\n\t\//),
  word('envi', 'begins with a headline', /^Environment:\nzookeeper\.version=/),
  word('isro', 'tells whether the server takes writes', /^rw$/),
  word('wchs', 'counts watches', /\d+ connections watching \d+ paths\nTotal watches:\d+/),
  word('wchc', 'lists watches by session', /^0x[0-9a-f]+\n\t\//m, COSTLY),
  word('wchp', 'lists watches by path', /^\/[^\n]*\n\t0x[0-9a-f]+/m, COSTLY),
  word('dirs', 'tells the size of snapshots and logs', /^datadir_size: \d+\nlogdir_size: \d+/),
]
