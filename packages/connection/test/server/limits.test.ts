import { CreateFlag, op } from '@zookit/jute'
import { expect } from 'chai'
import { nodeEnvironment } from '../../src/index.ts'
import {
  addressOf,
  connect,
  create,
  describeServers,
  failure,
  failuresOf,
  freshPath,
  isThere,
  OPEN,
  open,
  standalone,
  stat,
  statesOf,
} from '../support/servers.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'

/** `jute.maxbuffer` unless a server is told otherwise. */
const MAX = 0xfffff

describeServers('The limits', target => {
  it('L4 let the longest request pass that the server takes, and refuse the next longer one here', async () => {
    const proxy = await TcpProxy.before(addressOf(await standalone()))
    const session = await connect(proxy.hosts)
    const path = freshPath()
    await create(session, path)
    const send = (size: number): Promise<unknown> => {
      const data = Buffer.alloc(size - 8 - 4 - path.length - 4 - 4, 'x')
      return session.request(op.setData, { path, data, version: -1 })
    }
    await send(MAX)
    expect(proxy.frames.at(-1)?.body).to.have.lengthOf(MAX)
    expect((await stat(session, path))?.version).to.equal(1)
    const error = await failure(send(MAX + 1))
    expect(error).to.include({ code: 'BAD_ARGUMENTS', outcome: 'not-sent', path })
    expect(error.message).to.contain('1048576 bytes are over the limit of 1048575')
    expect((await stat(session, path))?.version).to.equal(1)
    expect(proxy.connections).to.equal(1)
  })

  it('L4 cost the connection where they are higher here than there, not the session', async () => {
    await using server = await target.startServer({ properties: { 'jute.maxbuffer': '4096' } })
    const proxy = await TcpProxy.before(addressOf(server))
    const session = await connect(proxy.hosts)
    const { id } = session
    await create(session, '/a', 'ephemeral')
    const large = create(session, '/b', 'persistent', Buffer.alloc(8192))
    expect(await failure(large)).to.include({ code: 'CONNECTION_LOSS', outcome: 'unknown' })
    expect(await isThere(session, '/b')).to.equal(false)
    expect(await isThere(session, '/a')).to.equal(true)
    expect(session.id).to.equal(id)
    expect(proxy.connections).to.equal(2)
    const careful = await connect(server.hosts, { maxRequestSize: 4096 })
    expect(await failure(create(careful, '/b', 'persistent', Buffer.alloc(8192)))).to.include({
      code: 'BAD_ARGUMENTS',
      outcome: 'not-sent',
    })
    await create(careful, '/c', 'persistent', Buffer.alloc(2048))
    await Promise.all([session.close(), careful.close()])
  })

  it('L4 fail a request alone whose reply is too long, with the reason, and take it when they are raised', async () => {
    const { hosts } = await standalone()
    const session = await connect(hosts)
    const path = freshPath()
    await create(session, path)
    const names = Array.from({ length: 6000 }, (_, i) => `${'long'.repeat(50)}-${i}`)
    for (let from = 0; from < names.length; from += 1000) {
      const operations = names.slice(from, from + 1000).map(name => {
        const request = { path: `${path}/${name}`, data: null, acl: OPEN, flags: CreateFlag.persistent }
        return { type: 1, request } as const
      })
      await session.request(op.multi, { operations })
    }
    const states = statesOf(session)
    const error = await failure(session.request(op.getChildren, { path, watch: false }))
    expect(error).to.include({ code: 'RESPONSE_TOO_LARGE', outcome: 'unknown', retryable: false, path })
    expect(error.message).to.match(/the reply has 12\d{5} bytes, and maxResponseSize is 1048575/)
    expect(await isThere(session, path)).to.equal(true)
    expect(states).to.deep.equal([])
    const large = await connect(hosts, { maxResponseSize: 4 * MAX })
    const { children } = await large.request(op.getChildren, { path, watch: false })
    expect(children.sort()).to.deep.equal(names.sort())
  })

  it('P1 on requests in flight keep 20 000 requests of one tick in their order', async () => {
    const { hosts } = await standalone()
    const session = await connect(hosts)
    const path = freshPath()
    await create(session, path)
    const settled: number[] = []
    const requests = Array.from({ length: 20_000 }, async (_, i) => {
      const isWrite = i % 10 === 0
      await (isWrite
        ? session.request(op.setData, { path, data: null, version: i / 10 })
        : session.request(op.getData, { path, watch: false }))
      settled.push(i)
    })
    await Promise.all(requests)
    expect(settled).to.deep.equal(requests.map((_, i) => i))
    expect(session.outstanding).to.equal(0)
  })

  if (!target.real) return

  it('S1 of a server for one client make the next session wait, with growing pauses', async () => {
    await using server = await target.startServer({ maxClientCnxns: 2 })
    const environment = { ...nodeEnvironment, random: () => 1 - 2 ** -20 }
    const [first, second] = await Promise.all([connect(server.hosts), connect(server.hosts)])
    const third = open(server.hosts, { environment, backoff: { initial: 50, max: 400 } })
    const failures = failuresOf(third)
    const refusedAt: number[] = []
    const fifth = new Promise<void>(resolve => {
      third.on('attemptFailed', () => refusedAt.push(performance.now()) === 5 && resolve())
    })
    await fifth
    expect(failures.map(({ code }) => code)).to.deep.equal(failures.map(() => 'HANDSHAKE_REFUSED'))
    expect(failures[0]!.message).to.contain('too many connections')
    const pauses = refusedAt.slice(1).map((at, i) => at - refusedAt[i]!)
    for (const [i, least] of [50, 100, 200, 400].entries()) expect(pauses[i]).to.be.at.least(least - 5)
    expect(third.state).to.equal('connecting')
    await first.close()
    await third.ready()
    expect(await isThere(second, '/')).to.equal(true)
    await Promise.all([second.close(), third.close()])
  })
})
