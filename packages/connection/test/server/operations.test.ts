import { ErrorNumber, op, type ReconfigRequest } from '@zookit/jute'
import { isReached } from '@zookit/test-fixtures/release'
import { expect } from 'chai'
import type { WatchEvent } from '../../src/index.ts'
import {
  type Answers,
  BAD_ARGUMENTS,
  BAD_VERSION,
  type Bench,
  bench,
  codeOf,
  joining,
  rejected,
  unknownOperation,
} from '../support/server-operations.ts'
import { reads } from '../support/server-reads.ts'
import { writes } from '../support/server-writes.ts'
import {
  addressOf,
  connect,
  create,
  describeServers,
  failure,
  freshPath,
  getData,
  isThere,
  recorder,
  SUPER,
  setData,
  standalone,
  until,
} from '../support/servers.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'

/** The answers to operations that the session sends by itself. */
const sessions: Readonly<Record<string, Answers>> = {
  ping: {
    'a reply': async ({ proxy }) => {
      const session = await connect(proxy.hosts, { sessionTimeout: 300 })
      const certain = session.certainUntil
      await until('a ping was answered', () => session.certainUntil > certain)
      expect(proxy.opcodes(2)).to.include(op.ping.code)
      expect(session.state).to.equal('connected')
    },
  },
  auth: {
    'a success': async ({ session }) => {
      await session.addAuth('digest', Buffer.from('bob:builder'))
      await session.addAuth('ip', Buffer.alloc(0))
    },
    'a refusal, which ends the session': async ({ session }) => {
      const error = await failure(session.addAuth('runes', Buffer.from('mellon')))
      expect(error).to.include({ code: 'AUTH_FAILED', errno: -115, operation: 'auth' })
      expect(session.state).to.equal('auth-failed')
    },
  },
  sasl: {
    'a challenge': async ({ session }) => {
      const { token } = await session.request(op.sasl, { token: Buffer.alloc(0) })
      expect(String(token)).to.contain('realm="zk-sasl-md5"').and.contain('nonce="')
    },
    'a refusal': async ({ session }) => {
      await session.request(op.sasl, { token: Buffer.alloc(0) })
      const error = await failure(session.request(op.sasl, { token: Buffer.from('username="bob"') }))
      expect(error).to.include({ code: 'AUTH_FAILED', errno: -115, operation: 'sasl' })
    },
  },
  setWatches: {
    'a reply, after which one-shot watches are set again': async bench => {
      await setAgain(bench, op.setWatches.code, async ({ session, path }, watcher) => {
        await session.request(op.getData, { path, watch: true }, { watcher })
      })
    },
  },
  setWatches2: {
    'a reply, after which persistent watches are set again': async bench => {
      await setAgain(bench, op.setWatches2.code, async ({ session, path }, watcher) => {
        await session.request(op.addWatch, { path, mode: 0 }, { watcher })
      })
    },
  },
  closeSession: {
    'a reply, after which the ephemerals are deleted': async ({ session, path, proxy }) => {
      const other = await connect(proxy.hosts)
      await create(session, `${path}/a`, 'ephemeral')
      await session.close()
      expect(proxy.opcodes(1).at(-1)).to.equal(op.closeSession.code)
      expect(await isThere(other, `${path}/a`)).to.equal(false)
    },
  },
}

async function setAgain(
  bench: Bench,
  opcode: number,
  arm: (bench: Bench, watcher: () => void) => Promise<void>,
): Promise<void> {
  const { session, proxy, path } = bench
  const { events, watcher } = recorder()
  await arm(bench, watcher as () => void)
  await proxy.interrupt(session)
  expect(proxy.opcodes(2)).to.deep.equal([opcode])
  await setData(session, path, 'x')
  expect(events.at(-1)).to.equal(`changed ${path}`)
}

const table: Readonly<Record<string, Answers>> = { ...writes, ...reads, ...sessions }

/** The release whose operations the table holds. One of a later release may stand in it, and need not. */
const COMPLETE = '3.9.4'

describe('The operations that are sent to servers', () => {
  it(`are all that ZooKeeper ${COMPLETE} has, and each is a row of operations.json`, () => {
    const names = op.operations.filter(({ since }) => isReached(since, COMPLETE)).map(({ name }) => name)
    expect(Object.keys(table)).to.include.members(names)
    expect(op.operations.map(({ name }) => name)).to.include.members(Object.keys(table))
  })
})

/** Expects of a server that is older than an operation that it refuses it. Before 3.5 it closes the connection instead. */
async function expectUnknown({ session }: Bench, code: number): Promise<void> {
  const answer = await codeOf(session.send({ ...unknownOperation, code }, null, undefined))
  expect(answer).to.be.oneOf([
    rejected('UNIMPLEMENTED', ErrorNumber.UNIMPLEMENTED),
    'CONNECTION_LOSS -4 unknown',
  ])
}

describeServers('A session', target => {
  for (const [name, answers] of Object.entries(table)) {
    for (const [answer, run] of Object.entries(answers)) {
      const [, scenarios, what] = /^((?:[A-Z]\d )*)(.*)$/.exec(answer)!
      it(`${scenarios}${name} is answered with ${what}`, async () => {
        const server = await standalone()
        const proxy = await TcpProxy.before(addressOf(server))
        const { code, since } = op.operations.find(row => row.name === name)!
        if (isReached(since, server.version)) await run(await bench(proxy))
        else await expectUnknown(await bench(proxy), code)
      })
    }
  }

  it('check outside of a multi costs the connection when it succeeds, and leaves its outcome unknown', async () => {
    // A server of its own: 3.8.0 writes such a check to its log, and then cannot read its log any more.
    await using server = await target.startServer()
    const proxy = await TcpProxy.before(addressOf(server))
    const { session, path } = await bench(proxy)
    const { id } = session
    // A server that does not refuse it (3.8.0) never answers it either: the next reply tells.
    const check = codeOf(session.request(op.check, { path, version: 0 }))
    const next = codeOf(session.request(op.exists, { path, watch: false }))
    expect(await check).to.be.oneOf(['CONNECTION_LOSS -4 unknown', rejected('UNIMPLEMENTED', -6)])
    // The connection is closed right after it, but a request that the server has read by then may still be answered.
    expect(await next).to.be.oneOf(['CONNECTION_LOSS -4 unknown', 'OK'])
    await until('the connection is lost', () => proxy.connections === 2)
    expect(await isThere(session, path)).to.equal(true)
    expect(session.id).to.equal(id)
    expect(proxy.connections).to.equal(2)
    await session.close()
  })

  it('S1 survives an operation that the server does not know, though the connection does not', async () => {
    const proxy = await TcpProxy.before(addressOf(await standalone()))
    const { session, path } = await bench(proxy)
    const { id } = session
    await create(session, `${path}/a`, 'ephemeral')
    expect(await codeOf(session.send(unknownOperation, null, undefined))).to.equal(
      rejected('UNIMPLEMENTED', -6),
    )
    await until('the connection is lost', () => proxy.connections === 2)
    expect(await isThere(session, `${path}/a`)).to.equal(true)
    expect(session.id).to.equal(id)
  })

  it('U1 are not lost when the server refuses an operation that it does not know', async () => {
    const proxy = await TcpProxy.before(addressOf(await standalone()))
    const { session, path } = await bench(proxy)
    for (let times = 0; times < 20; times++) {
      const unknown = codeOf(session.send(unknownOperation, null, undefined))
      expect(await unknown).to.equal(rejected('UNIMPLEMENTED', -6))
      await create(session, `${path}/${times}`)
    }
    expect(proxy.connections).to.equal(21)
  })

  it('U1 reject an operation that the server does not know, also behind writes that it has not answered', async () => {
    const { session, path } = await bench(await TcpProxy.before(addressOf(await standalone())))
    const outcomes = new Set<string>()
    for (let times = 0; times < 10; times++) {
      const writes = ['a', 'b', 'c'].map(name => codeOf(create(session, `${path}/${times}${name}`)))
      outcomes.add(await codeOf(session.send(unknownOperation, null, undefined)))
      for (const code of await Promise.all(writes)) {
        expect(code).to.be.oneOf(['OK', 'CONNECTION_LOSS -4 unknown'])
      }
    }
    expect([...outcomes]).to.deep.equal([rejected('UNIMPLEMENTED', -6)])
  })

  it('P4 hears of each change before the reply that shows it, and after the reply that set the watch', async () => {
    const { hosts } = await standalone()
    const [session, other] = await Promise.all([connect(hosts), connect(hosts)])
    const path = freshPath()
    await create(session, path, 'persistent', Buffer.from('0'))
    for (let round = 1; round <= 30; round++) {
      const seen: string[] = []
      const watcher = ({ type }: WatchEvent): unknown => seen.push(type)
      const set = session
        .request(op.getData, { path, watch: true }, { watcher })
        .then(() => void seen.push('set'))
      const changed = setData(other, path, `${round}`)
      // Whether a read comes before the change or after it is the server's business: the order of what is told is not.
      while ((await getData(session, path)) !== `${round}`) {}
      seen.push('seen')
      await Promise.all([set, changed])
      expect(seen).to.be.deep.oneOf([
        ['set', 'changed', 'seen'],
        ['set', 'seen'],
      ])
    }
  })

  it('P8 goes on in order when requests are given up, waiting or sent', async () => {
    const { hosts } = await standalone()
    const session = await connect(hosts, { maxInFlight: 4 })
    const path = freshPath()
    await create(session, path)
    const settled: string[] = []
    const requests = Array.from({ length: 200 }, async (_, i) => {
      const controller = new AbortController()
      const request = { path, data: Buffer.from(`${i}`), version: -1 }
      const result = session.request(op.setData, request, { signal: controller.signal })
      if (i % 3 === 0) controller.abort()
      else if (i % 7 === 0) setImmediate(() => controller.abort())
      await result.then(
        () => settled.push(`${i}`),
        error => expect(error.code).to.equal('ABORTED'),
      )
    })
    await Promise.all(requests)
    expect(settled).to.deep.equal([...settled].sort((a, b) => Number(a) - Number(b)))
    expect(settled).to.have.lengthOf.above(50)
    expect(await getData(session, path)).to.equal('199')
  })

  if (!target.real) return

  it('reconfig changes an ensemble, for those who may, and says why not', async () => {
    await using ensemble = await target.startEnsemble({
      size: 1,
      superPassword: 'wizard',
      reconfigEnabled: true,
    })
    const session = await connect(ensemble.hosts)
    const reconfig = (change: Partial<ReconfigRequest>) =>
      codeOf(session.request(op.reconfig, { ...joining, ...change }))
    expect(await reconfig({})).to.equal(rejected('NO_AUTH', -102))
    await session.addAuth('digest', SUPER)
    expect(await reconfig({ curConfigId: 12_345n })).to.equal(BAD_VERSION)
    expect(await reconfig({ joiningServers: 'server.x' })).to.equal(BAD_ARGUMENTS)
    const { data: members, stat: joined } = await session.request(op.reconfig, joining)
    expect(String(members)).to.contain(joining.joiningServers)
    const leaving = { ...joining, joiningServers: null, leavingServers: '2' }
    const left = await session.request(op.reconfig, leaving)
    expect(String(left.data)).to.not.contain('server.2=')
    expect(left.stat.mzxid > joined.mzxid).to.equal(true)
    await session.close()
  })
})
