import { op, WatcherType } from '@zookit/jute'
import { expect } from 'chai'
import { type Answers, BAD_VERSION, codeOf, NO_NODE, rejected } from './server-operations.ts'
import { connect, create, getData, OPEN, recorder, stat } from './servers.ts'

/** The answers of a server to reads. */
export const reads: Readonly<Record<string, Answers>> = {
  exists: {
    'a stat': async ({ session, path }) => {
      const found = await session.request(op.exists, { path, watch: false })
      expect(found?.stat).to.include({ version: 0, numChildren: 0, dataLength: 2 })
    },
    'null where there is no znode': async ({ session, path }) => {
      expect(await session.request(op.exists, { path: `${path}/a`, watch: false })).to.equal(null)
    },
  },
  getData: {
    'data and stat': async ({ session, path }) => {
      const read = await session.request(op.getData, { path, watch: false })
      expect(String(read.data)).to.equal('v0')
      expect(read.stat).to.deep.equal(await stat(session, path))
    },
    'F6 null or empty data, as it was given': async ({ session, path }) => {
      for (const data of [null, Buffer.alloc(0)]) {
        await session.request(op.setData, { path, data, version: -1 })
        expect((await session.request(op.getData, { path, watch: false })).data).to.deep.equal(data)
      }
    },
    refusals: async ({ session, path }) => {
      expect(await codeOf(getData(session, `${path}/a`))).to.equal(NO_NODE)
    },
  },
  getACL: {
    'a list and a stat': async ({ session, path }) => {
      const read = await session.request(op.getACL, { path })
      expect(read.acl).to.deep.equal(OPEN)
      expect(read.stat).to.deep.equal(await stat(session, path))
    },
    refusals: async ({ session, path }) => {
      expect(await codeOf(session.request(op.getACL, { path: `${path}/a` }))).to.equal(NO_NODE)
    },
  },
  getChildren: {
    'S4 names': async ({ session, path }) => {
      await Promise.all(['a', '__proto__', 'constructor'].map(name => create(session, `${path}/${name}`)))
      const { children } = await session.request(op.getChildren, { path, watch: false })
      expect(children).to.have.members(['a', '__proto__', 'constructor'])
    },
    refusals: async ({ session, path }) => {
      expect(await codeOf(session.request(op.getChildren, { path: `${path}/a`, watch: false }))).to.equal(
        NO_NODE,
      )
    },
  },
  getChildren2: {
    'names and stat': async ({ session, path }) => {
      await create(session, `${path}/a`)
      const read = await session.request(op.getChildren2, { path, watch: false })
      expect(read.children).to.deep.equal(['a'])
      expect(read.stat).to.include({ numChildren: 1, cversion: 1 })
    },
    refusals: async ({ session, path }) => {
      const request = session.request(op.getChildren2, { path: `${path}/a`, watch: false })
      expect(await codeOf(request)).to.equal(NO_NODE)
    },
  },
  sync: {
    'the path, whether there is a znode or not': async ({ session, path }) => {
      expect(await session.request(op.sync, { path })).to.deep.equal({ path })
      expect(await session.request(op.sync, { path: `${path}/a` })).to.deep.equal({ path: `${path}/a` })
    },
  },
  check: {
    'a refusal': async ({ session, path }) => {
      expect(await codeOf(session.request(op.check, { path, version: 7 }))).to.be.oneOf([
        BAD_VERSION,
        rejected('UNIMPLEMENTED', -6),
      ])
    },
  },
  multiRead: {
    'the result of each read, whatever became of the others': async ({ session, path }) => {
      await create(session, `${path}/a`)
      const operations = [
        { type: 4, request: { path, watch: false } },
        { type: 8, request: { path: `${path}/none`, watch: false } },
        { type: 8, request: { path, watch: false } },
      ] as const
      const { results } = await session.request(op.multiRead, { operations })
      expect(results[0]).to.have.nested.property('response.data').that.deep.equals(Buffer.from('v0'))
      expect(results[1]).to.deep.equal({ type: -1, err: -101 })
      expect(results[2]).to.deep.equal({ type: 8, response: { children: ['a'] } })
    },
  },
  checkWatches: {
    'whether there is a watch of a type': async ({ session, path }) => {
      await session.request(op.getData, { path, watch: true }, { watcher: () => {} })
      const check = (type: number) => codeOf(session.request(op.checkWatches, { path, type }))
      expect(await check(WatcherType.data)).to.equal('OK')
      expect(await check(WatcherType.any)).to.equal('OK')
      expect(await check(WatcherType.children)).to.equal(rejected('NO_WATCHER', -121))
    },
  },
  removeWatches: {
    'a header alone, after which the watch is removed': async ({ session, path }) => {
      await session.request(op.getChildren, { path, watch: true }, { watcher: () => {} })
      const request = { path, type: WatcherType.children }
      expect(await session.request(op.removeWatches, request)).to.equal(null)
      expect(await codeOf(session.request(op.checkWatches, request))).to.equal(rejected('NO_WATCHER', -121))
    },
    refusals: async ({ session, path }) => {
      const request = session.request(op.removeWatches, { path, type: WatcherType.data })
      expect(await codeOf(request)).to.equal(rejected('NO_WATCHER', -121))
    },
  },
  addWatch: {
    'a reply, after which the watch is set': async ({ session, path }) => {
      const { events, watcher } = recorder()
      expect(await session.request(op.addWatch, { path, mode: 1 }, { watcher })).to.deep.equal({ err: 0 })
      await create(session, `${path}/a`)
      expect(events).to.deep.equal([`created ${path}/a`])
    },
    refusals: async ({ session, path }) => {
      const request = session.request(op.addWatch, { path, mode: 9 }, { watcher: () => {} })
      expect(await codeOf(request)).to.equal('BAD_ARGUMENTS -8 not-sent')
      expect(session.watches.size).to.equal(0)
    },
  },
  getEphemerals: {
    'the paths of the session alone, by their beginning': async ({ session, path, proxy }) => {
      await create(session, `${path}/a`, 'ephemeral')
      await create(session, `${path}/b`, 'ephemeral')
      await create(await connect(proxy.hosts), `${path}/c`, 'ephemeral')
      const all = await session.request(op.getEphemerals, { prefixPath: '/' })
      expect(all.ephemerals).to.have.members([`${path}/a`, `${path}/b`])
      const some = await session.request(op.getEphemerals, { prefixPath: `${path}/b` })
      expect(some.ephemerals).to.deep.equal([`${path}/b`])
    },
  },
  getAllChildrenNumber: {
    'the number of znodes below': async ({ session, path }) => {
      await create(session, `${path}/a`)
      await create(session, `${path}/a/b`)
      expect(await session.request(op.getAllChildrenNumber, { path })).to.deep.equal({ totalNumber: 2 })
    },
    refusals: async ({ session, path }) => {
      expect(await codeOf(session.request(op.getAllChildrenNumber, { path: `${path}/a` }))).to.equal(NO_NODE)
    },
  },
  whoAmI: {
    'address and credentials': async ({ session }) => {
      await session.addAuth('digest', Buffer.from('bob:builder'))
      const { clientInfo } = await session.request(op.whoAmI, null)
      expect(clientInfo.map(({ authScheme }) => authScheme)).to.have.members(['ip', 'digest'])
      expect(clientInfo).to.deep.include({ authScheme: 'digest', user: 'bob' })
    },
  },
}
