import { CreateFlag, type MultiOperation, op, Perm } from '@zookit/jute'
import { expect } from 'chai'
import {
  type Answers,
  BAD_ARGUMENTS,
  BAD_VERSION,
  codeOf,
  joining,
  NO_NODE,
  NODE_EXISTS,
  rejected,
} from './server-operations.ts'
import { create, getData, isThere, OPEN, remove, SUPER, setData, stat, until } from './servers.ts'

const data = Buffer.from('x')
const make = (path: string, flags: number = CreateFlag.persistent, acl = OPEN) => ({ path, data, acl, flags })

/** The answers of a server to writes. */
export const writes: Readonly<Record<string, Answers>> = {
  create: {
    'a znode': async ({ session, path }) => {
      expect(await session.request(op.create, make(`${path}/a`))).to.deep.equal({ path: `${path}/a` })
      const sequential = make(`${path}/s-`, CreateFlag['ephemeral-sequential'])
      expect(await session.request(op.create, sequential)).to.deep.equal({ path: `${path}/s-0000000001` })
      expect((await stat(session, `${path}/s-0000000001`))?.ephemeralOwner).to.equal(session.id)
    },
    refusals: async ({ session, path }) => {
      await create(session, `${path}/e`, 'ephemeral')
      expect(await codeOf(session.request(op.create, make(path)))).to.equal(NODE_EXISTS)
      expect(await codeOf(session.request(op.create, make(`${path}/none/a`)))).to.equal(NO_NODE)
      expect(await codeOf(session.request(op.create, make(`${path}/e/a`)))).to.equal(
        rejected('NO_CHILDREN_FOR_EPHEMERALS', -108),
      )
      expect(await codeOf(session.request(op.create, make(`${path}/a`, 0, [])))).to.equal(
        rejected('INVALID_ACL', -114),
      )
      expect(await codeOf(session.request(op.create, make(`${path}/\u0001`)))).to.equal(BAD_ARGUMENTS)
    },
  },
  create2: {
    'a znode and its stat': async ({ session, path }) => {
      const created = await session.request(op.create2, make(`${path}/a`))
      expect(created.path).to.equal(`${path}/a`)
      expect(created.stat).to.deep.equal(await stat(session, `${path}/a`))
      expect(created.stat).to.include({ version: 0, dataLength: 1, ephemeralOwner: 0n })
    },
    refusals: async ({ session, path }) => {
      expect(await codeOf(session.request(op.create2, make(path)))).to.equal(NODE_EXISTS)
    },
  },
  createContainer: {
    'a znode that goes when its last child has gone': async ({ session, path }) => {
      const request = make(`${path}/c`, CreateFlag.container)
      const created = await session.request(op.createContainer, request)
      expect(created.path).to.equal(`${path}/c`)
      expect(created.stat.ephemeralOwner).to.equal(0n)
      await create(session, `${path}/c/child`)
      await remove(session, `${path}/c/child`)
      await until('the container is gone', async () => !(await isThere(session, `${path}/c`)))
    },
    refusals: async ({ session, path }) => {
      expect(await codeOf(session.request(op.createContainer, make(path, CreateFlag.container)))).to.equal(
        NODE_EXISTS,
      )
    },
  },
  createTTL: {
    'a znode that goes when its time is over': async ({ session, path }) => {
      const request = { ...make(`${path}/t`, CreateFlag.ttl), ttl: 50 }
      const created = await session.request(op.createTTL, request)
      expect(created.path).to.equal(`${path}/t`)
      expect(created.stat.ephemeralOwner).to.equal(0n)
      const sequential = { ...make(`${path}/t-`, CreateFlag['ttl-sequential']), ttl: 2 ** 40 - 1 }
      expect((await session.request(op.createTTL, sequential)).path).to.equal(`${path}/t-0000000001`)
      await until('its time is over', async () => !(await isThere(session, `${path}/t`)))
      expect(await isThere(session, `${path}/t-0000000001`)).to.equal(true)
    },
    refusals: async ({ session, path }) => {
      for (const ttl of [0, 2 ** 40]) {
        const request = { ...make(`${path}/t`, CreateFlag.ttl), ttl }
        expect(await codeOf(session.request(op.createTTL, request))).to.equal(BAD_ARGUMENTS)
      }
    },
  },
  delete: {
    nothing: async ({ session, path }) => {
      expect(await session.request(op.delete, { path, version: 0 })).to.equal(null)
      expect(await isThere(session, path)).to.equal(false)
    },
    refusals: async ({ session, path }) => {
      await create(session, `${path}/a`)
      const codes = [
        codeOf(session.request(op.delete, { path, version: -1 })),
        codeOf(session.request(op.delete, { path: `${path}/a`, version: 7 })),
        codeOf(session.request(op.delete, { path: `${path}/b`, version: -1 })),
      ]
      expect(await Promise.all(codes)).to.deep.equal([rejected('NOT_EMPTY', -111), BAD_VERSION, NO_NODE])
    },
  },
  setData: {
    'the new stat': async ({ session, path }) => {
      const set = await session.request(op.setData, { path, data: null, version: 0 })
      expect(set.stat).to.include({ version: 1, dataLength: 0 })
      expect((await session.request(op.getData, { path, watch: false })).data).to.equal(null)
    },
    refusals: async ({ session, path }) => {
      expect(await codeOf(session.request(op.setData, { path, data, version: 1 }))).to.equal(BAD_VERSION)
      expect(await codeOf(setData(session, `${path}/a`, 'x'))).to.equal(NO_NODE)
    },
  },
  setACL: {
    'the new stat': async ({ session, path }) => {
      const set = await session.request(op.setACL, { path, acl: OPEN, version: 0 })
      expect(set.stat).to.include({ aversion: 1, version: 0 })
    },
    refusals: async ({ session, path }) => {
      const acl = [{ perms: Perm.READ, id: { scheme: 'runes', id: 'x' } }]
      expect(await codeOf(session.request(op.setACL, { path, acl, version: -1 }))).to.equal(
        rejected('INVALID_ACL', -114),
      )
      expect(await codeOf(session.request(op.setACL, { path, acl: OPEN, version: 7 }))).to.equal(BAD_VERSION)
    },
  },
  multi: {
    'M1 M2 the result of each operation, in order, with its stat': async ({ session, path }) => {
      const operations: MultiOperation[] = [
        { type: 13, request: { path, version: 0 } },
        { type: 1, request: make(`${path}/a`) },
        { type: 15, request: make(`${path}/s-`, CreateFlag['persistent-sequential']) },
        { type: 19, request: make(`${path}/c`, CreateFlag.container) },
        { type: 21, request: { ...make(`${path}/t`, CreateFlag.ttl), ttl: 60_000 } },
        { type: 5, request: { path: `${path}/a`, data: null, version: 0 } },
        { type: 2, request: { path: `${path}/a`, version: 1 } },
      ]
      const { results } = await session.request(op.multi, { operations })
      for (const [i, name] of ['a', 's-0000000001', 'c', 't'].entries()) {
        expect(results[i + 1]).to.have.nested.property('response.path', `${path}/${name}`)
      }
      // A create2 comes back as a create from some servers, such as 3.8.0.
      expect(results[2]?.type).to.be.oneOf([1, 15])
      expect(results.map(({ type }) => type)).to.deep.equal([13, 1, results[2]?.type, 15, 15, 5, 2])
      expect(results[5]).to.have.nested.property('response.stat.version', 1)
      expect((await session.request(op.multi, { operations: [] })).results).to.deep.equal([])
    },
    'M1 which operation failed, and nothing is done': async ({ session, path }) => {
      const operations: MultiOperation[] = [
        { type: 1, request: make(`${path}/a`) },
        { type: 5, request: { path, data, version: -1 } },
        { type: 13, request: { path, version: 7 } },
        { type: 2, request: { path, version: -1 } },
      ]
      const { results } = await session.request(op.multi, { operations })
      expect(results).to.deep.equal([0, 0, -103, -2].map(err => ({ type: -1, err })))
      expect(await isThere(session, `${path}/a`)).to.equal(false)
      expect(await getData(session, path)).to.equal('v0')
    },
    'M1 a refusal of the whole': async ({ session, path }) => {
      const operations = [
        { type: 1, request: make(`${path}/a`) },
        { type: 4, request: { path, watch: false } },
      ] as const
      expect(await codeOf(session.request(op.multi, { operations }))).to.match(/^MARSHALLING_ERROR -5/)
      expect(await isThere(session, `${path}/a`)).to.equal(false)
    },
  },
  reconfig: {
    'UNIMPLEMENTED where a server stands alone, which keeps the connection': async ({ session, proxy }) => {
      await session.addAuth('digest', SUPER)
      expect(await codeOf(session.request(op.reconfig, joining))).to.equal(rejected('UNIMPLEMENTED', -6))
      expect(proxy.connections).to.equal(1)
    },
  },
}
