import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { op } from '@zookit/jute'
import { freePort } from '@zookit/test-fixtures'
import { expect } from 'chai'
import {
  addressOf,
  connect,
  create,
  describeServers,
  failure,
  freeze,
  freshPath,
  getData,
  isThere,
  recorder,
  setData,
  standalone,
  statesOf,
} from '../support/servers.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'

describeServers('Closing', () => {
  it('X1 removes the ephemerals at once, after every earlier request', async () => {
    const server = await standalone()
    const proxy = await TcpProxy.before(addressOf(server))
    const [session, other] = await Promise.all([connect(proxy.hosts), connect(server.hosts)])
    const path = freshPath()
    await create(other, path)
    await create(session, `${path}/mine`, 'ephemeral')
    const { events, watcher } = recorder()
    await session.request(op.exists, { path, watch: true }, { watcher })
    const states = statesOf(session)
    const writes = Array.from({ length: 2000 }, (_, i) => setData(session, path, `${i}`))
    const closed = session.close()
    const late = failure(getData(session, path))
    await closed
    expect((await Promise.all(writes)).map(({ version }) => version)).to.deep.equal(
      writes.map((_, i) => i + 1),
    )
    expect(await late).to.include({ code: 'CLOSED', outcome: 'not-sent' })
    expect(await isThere(other, `${path}/mine`)).to.equal(false)
    expect(await getData(other, path)).to.equal('1999')
    expect(states).to.deep.equal(['closed'])
    expect(events).to.deep.equal([`changed ${path}`])
    expect(proxy.opcodes(1).at(-1)).to.equal(op.closeSession.code)
    expect(proxy.connections).to.equal(1)
  })

  it('X1 removes the ephemerals though the connection is lost, before or after the handshake is sent', async () => {
    const server = await standalone()
    const other = await connect(server.hosts)
    for (const when of ['before', 'after'] as const) {
      const proxy = await TcpProxy.before(addressOf(server))
      const session = await connect(proxy.hosts)
      const path = freshPath()
      await create(session, path, 'ephemeral')
      const lost = new Promise<void>(resolve => {
        session.on('state', state => state === 'suspended' && resolve())
      })
      const asked = new Promise<void>(resolve => {
        proxy.passes = ({ opcode }) => {
          if (opcode === null) resolve()
          return true
        }
      })
      proxy.cut()
      await (when === 'before' ? lost : asked)
      await session.close()
      expect(await isThere(other, path), when).to.equal(false)
      expect(proxy.opcodes(2), when).to.deep.equal([op.closeSession.code])
    }
  })

  it('X1 keeps the session with keepSession, with its ephemerals', async () => {
    const server = await standalone()
    const proxy = await TcpProxy.before(addressOf(server))
    const session = await connect(proxy.hosts)
    const { identity } = session
    const path = freshPath()
    const write = create(session, path, 'ephemeral')
    await session.close({ keepSession: true })
    await write
    expect(session.state).to.equal('closed')
    expect(proxy.opcodes(1)).to.not.include(op.closeSession.code)
    const heir = await connect(server.hosts, { session: identity })
    expect(heir.id).to.equal(identity.id)
    expect(await isThere(heir, path)).to.equal(true)
  })

  it('X1 does not wait for ever for a server that is frozen', async () => {
    const server = await standalone()
    const session = await connect(server.hosts, { closeTimeout: 100 })
    await freeze(server)
    try {
      const onItsWay = failure(getData(session, '/'))
      await session.close()
      expect(session.state).to.equal('closed')
      expect(await onItsWay).to.include({ code: 'CLOSED', outcome: 'unknown' })
    } finally {
      await server.resume()
    }
  })

  it('X3 can be asked for twice, by a watcher, while requests are on their way', async () => {
    const { hosts } = await standalone()
    const [session, other] = await Promise.all([connect(hosts), connect(hosts)])
    const path = freshPath()
    await create(other, path)
    const states = statesOf(session)
    const all = new Promise<unknown[]>(resolve => {
      const watcher = (): void => {
        const reads = Array.from({ length: 50 }, () => getData(session, path))
        resolve(Promise.all([...reads, session.close(), session.close()]))
      }
      void session
        .request(op.exists, { path, watch: true }, { watcher })
        .then(() => setData(other, path, 'changed'))
    })
    expect((await all).slice(0, 50)).to.deep.equal(Array(50).fill('changed'))
    expect(states).to.deep.equal(['closed'])
  })

  it('L1 T7 leaves nothing of 1 000 sessions, and the process ends by itself', async () => {
    const server = await standalone()
    const script = fileURLToPath(new URL('../support/server-cycles.ts', import.meta.url))
    const loader = ['--import=tsx', '--conditions=@zookit/source']
    const nowhere = `127.0.0.1:${await freePort()}`
    const arguments_ = [...loader, script, server.hosts, nowhere]
    const child = spawn(process.execPath, arguments_, { stdio: ['ignore', 'pipe', 'inherit'] })
    const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
    const { cycles, before, after, listeners } = JSON.parse(output)
    expect(code).to.equal(0)
    expect(cycles).to.equal(1000)
    // What the loader of the sources still had under way before may be over after.
    for (const kind of before) if (after.includes(kind)) after.splice(after.indexOf(kind), 1)
    expect(after).to.deep.equal([])
    expect(listeners).to.equal(0)
    const alive = (await server.fourLetter('cons')).split('\n').filter(line => line.includes('sid='))
    expect(alive).to.deep.equal([])
  })
})
