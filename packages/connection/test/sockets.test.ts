import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { op } from '@zookit/jute'
import { authorityPem, certificate } from '@zookit/test-fixtures'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { sourceFlags } from '../../../.ci/source/built.ts'
import { Session, type SessionOptions, type WatchEvent } from '../src/index.ts'

const OPEN = [{ perms: 31, id: { scheme: 'world', id: 'anyone' } }]

async function sessionOn(server: TestServer, options: Partial<SessionOptions> = {}): Promise<Session> {
  const servers = [{ host: '127.0.0.1', port: server.port }]
  const session = new Session({ servers, backoff: { initial: 10, max: 100 }, ...options })
  await session.ready()
  return session
}

function create(session: Session, path: string, flags = 0): Promise<unknown> {
  return session.request(op.create, { path, data: Buffer.from('x'), acl: OPEN, flags })
}

/** Blocks the event loop. */
function block(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}

describe('A session on real sockets', function () {
  this.timeout(30_000)

  it('L1 T7 leaves no socket, timer or listener after a thousand sessions', async () => {
    await using server = await TestServer.start()
    const baseline = process.getActiveResourcesInfo().length
    for (let i = 0; i < 1000; i++) {
      const session = await sessionOn(server)
      await session.close()
    }
    await new Promise(resolve => setTimeout(resolve, 50))
    expect(process.getActiveResourcesInfo().length).to.be.at.most(baseline)
    expect(server.sessions()).to.deep.equal([])
  })

  it('L1 lets the process end by itself once the session is closed', async () => {
    await using server = await TestServer.start()
    const program = `
      import { Session } from '@zookit/connection'
      const session = new Session({ servers: [{ host: '127.0.0.1', port: ${server.port} }] })
      await session.ready()
      await session.close()
      console.log('closed')
    `
    const args = [...(await sourceFlags()), '--input-type=module', '-e', program]
    const cwd = fileURLToPath(new URL('../../client', import.meta.url))
    const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.on('data', text => {
      output += text
    })
    const code = await new Promise(resolve => child.once('exit', resolve))
    expect([code, output.trim()]).to.deep.equal([0, 'closed'])
  })

  it('P1 settles a hundred thousand requests of one tick in order', async () => {
    await using server = await TestServer.start({ seed: { x: 'x' }, recordRequests: false })
    const session = await sessionOn(server)
    let last = -1
    let ordered = true
    const all = Array.from({ length: 100_000 }, async (_, i) => {
      await session.request(op.getData, { path: '/x', watch: false })
      ordered &&= last === i - 1
      last = i
    })
    await Promise.all(all)
    expect([ordered, last]).to.deep.equal([true, 99_999])
    await session.close()
  })

  it('W3 keeps ten thousand watches through a restart of the server', async () => {
    await using server = await TestServer.start({ recordRequests: false })
    const session = await sessionOn(server)
    const paths = Array.from({ length: 10_000 }, (_, i) => `/a-path-that-is-not-short-${i}`)
    const fired = new Set<string>()
    const watcher = ({ type, path }: WatchEvent): void => {
      if (type === 'created') fired.add(path)
    }
    await Promise.all(paths.map(path => session.request(op.exists, { path, watch: true }, { watcher })))
    const back = new Promise<void>(resolve => {
      session.on('state', state => void (state === 'connected' && resolve()))
    })
    await server.restart()
    await back
    expect(server.watches()).to.have.lengthOf(10_000)
    await Promise.all(paths.map(path => create(session, path)))
    expect(fired.size).to.equal(10_000)
    await session.close()
  })

  for (const secure of [false, true]) {
    it(`P4 keeps replies and events in order when they come in one piece${secure ? ', over TLS' : ''}`, async () => {
      const tls = secure ? certificate('server') : undefined
      await using server = await TestServer.start(tls ? { tls } : {})
      const session = await sessionOn(server, secure ? { tls: { ca: authorityPem() } } : {})
      await create(session, '/x')
      const order: string[] = []
      for (let round = 0; round < 20; round++) {
        server.coalesce(5)
        const read = async (): Promise<void> => {
          const watcher = (): void => void order.push('event')
          await session.request(op.getData, { path: '/x', watch: true }, { watcher })
          await null
          order.push('armed')
        }
        const write = async (): Promise<void> => {
          await session.request(op.setData, { path: '/x', data: null, version: -1 })
          order.push('written')
        }
        await Promise.all([read(), write()])
      }
      expect(order).to.deep.equal(Array.from({ length: 20 }, () => ['armed', 'event', 'written']).flat())
      await session.close()
    })
  }

  it('B7 keeps a connection whose peer reads slowly, though much waits for longer than the session timeout', async () => {
    await using server = await TestServer.start({ recordRequests: false, tickTime: 100 })
    const proxy = await slowReader(server.port, 10_000)
    const servers = [{ host: '127.0.0.1', port: proxy.port }]
    const session = new Session({ servers, sessionTimeout: 1800 })
    await session.ready()
    const states: string[] = []
    session.on('state', state => states.push(state))
    await create(session, '/slow')
    const body = { path: '/slow', data: Buffer.alloc(1_000_000), version: -1 }
    await Promise.all(Array.from({ length: 30 }, () => session.request(op.setData, body)))
    expect(states).to.deep.equal([])
    await session.close()
    proxy.close()
  })

  it('B4 does not take a live server for a dead one after the event loop was blocked', async () => {
    // The server needs an event loop of its own.
    const child = await serverProcess()
    try {
      const servers = [{ host: '127.0.0.1', port: child.port }]
      const session = new Session({ servers, sessionTimeout: 1200 })
      await session.ready()
      const states: string[] = []
      session.on('state', state => states.push(state))
      for (let i = 0; i < 3; i++) {
        const asked = session.request(op.exists, { path: '/', watch: false })
        // The request leaves in a microtask; its reply arrives while the loop stands still for longer than 2T/3.
        await Promise.resolve()
        block(950)
        await new Promise(resolve => setTimeout(resolve, 20))
        await asked
      }
      expect(states).to.deep.equal([])
      await session.close()
    } finally {
      child.stop()
    }
  })
})

/** Returns a proxy that reads so many bytes of the client's a millisecond, and answers at once. */
async function slowReader(upstream: number, rate: number): Promise<{ port: number; close(): void }> {
  const sockets = new Set<Socket>()
  const listener = createServer({ highWaterMark: 16_384 }, client => {
    const server = connect(upstream, '127.0.0.1')
    for (const socket of [client, server]) sockets.add(socket.on('error', () => {}))
    server.on('data', bytes => client.write(bytes))
    server.on('close', () => client.destroy())
    let due = performance.now()
    client.on('data', bytes => {
      server.write(bytes)
      // A late timer is made up for: the rate holds on a loaded machine, too.
      due = Math.max(due, performance.now() - 1000) + bytes.length / rate
      const pause = due - performance.now()
      if (pause <= 1) return
      client.pause()
      setTimeout(() => client.resume(), pause)
    })
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const close = (): void => {
    for (const socket of sockets) socket.destroy()
    listener.close()
  }
  return { port: (listener.address() as AddressInfo).port, close }
}

async function serverProcess(): Promise<{ port: number; stop(): void }> {
  const program = `
    import { TestServer } from '@zookit/testing'
    const server = await TestServer.start()
    console.log(server.port)
    process.stdin.resume().on('end', () => process.exit())
  `
  const args = [...(await sourceFlags()), '--input-type=module', '-e', program]
  const cwd = fileURLToPath(new URL('../../..', import.meta.url))
  const child = spawn(process.execPath, args, { cwd, stdio: ['pipe', 'pipe', 'inherit'] })
  const port = await new Promise<number>(resolve => child.stdout.once('data', text => resolve(Number(text))))
  return { port, stop: () => child.stdin.end() }
}
