import { op } from '@zookit/jute'
import { expect } from 'chai'
import type { Session } from '../../src/index.ts'
import { farAway } from '../support/far-away.ts'
import {
  addressOf,
  connect,
  describeServers,
  failure,
  failuresOf,
  getData,
  standalone,
  until,
  untilState,
} from '../support/servers.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'

const ALICE = 'alice:secret'

async function users(session: Session): Promise<(string | null)[]> {
  const { clientInfo } = await session.request(op.whoAmI, null)
  return clientInfo.filter(({ authScheme }) => authScheme === 'digest').map(({ user }) => user)
}

/** Tells whether the secret is in a frame that a proxy has seen. */
const leaked = (proxy: TcpProxy): boolean => proxy.frames.some(({ body }) => body.includes('secret'))

describeServers('A digest password in clear text', () => {
  /** Returns a server as this machine sees it, and as one far away. */
  async function places(): Promise<{
    near: TcpProxy
    far: TcpProxy
    farServers: { host: string; port: number }[]
  }> {
    const address = addressOf(await standalone())
    const [near, far] = [await TcpProxy.before(address), await TcpProxy.before(address)]
    return { near, far, farServers: [{ host: 'far.example', port: Number(far.hosts.split(':')[1]) }] }
  }

  it('A6 is refused to another machine, and the session goes on without it', async () => {
    const { far, farServers } = await places()
    const session = await connect(far.hosts, { servers: farServers, environment: farAway() })
    expect(await failure(session.addAuth('digest', ALICE))).to.include({
      code: 'INSECURE_AUTH',
      outcome: 'not-sent',
    })
    expect(await users(session)).to.deep.equal([])
    await far.interrupt(session)
    expect(await users(session)).to.deep.equal([])
    expect(leaked(far)).to.equal(false)
  })

  it('A6 passes to a name that stands for this machine', async () => {
    const { near } = await places()
    const port = Number(near.hosts.split(':')[1])
    const environment = farAway(['near.example'])
    const session = await connect(near.hosts, { servers: [{ host: 'near.example', port }], environment })
    await session.addAuth('digest', ALICE)
    expect(await users(session)).to.deep.equal(['alice'])
  })

  it('A6 that was presented on this machine does not follow a session to another one, which it cannot use', async () => {
    const { near, far, farServers } = await places()
    const session = await connect(near.hosts, { environment: farAway(['127.0.0.1']) })
    await session.addAuth('digest', ALICE)
    const failures = failuresOf(session)
    session.updateServers(farServers)
    await until('the other machine was tried twice', () => failures.length >= 2)
    expect(failures[0]).to.include({ code: 'INSECURE_AUTH', outcome: 'not-sent' })
    expect(failures[0]!.message).to.contain('far.example').and.contain('allowInsecureAuth')
    expect(session.state).to.equal('suspended')
    expect(far.frames).to.deep.equal([])
    expect(leaked(far)).to.equal(false)
    session.updateServers([{ host: '127.0.0.1', port: Number(near.hosts.split(':')[1]) }])
    await session.ready()
    expect(await users(session)).to.deep.equal(['alice'])
  })

  it('A6 that is added while the session moves is refused when the connection turns out to be one to another machine', async () => {
    const { near, far, farServers } = await places()
    const session = await connect(near.hosts, { environment: farAway(['127.0.0.1']) })
    near.refuse()
    await untilState(session, 'suspended')
    const added = [
      failure(session.addAuth('digest', ALICE)),
      failure(session.addAuth('digest', async () => ALICE)),
    ]
    session.updateServers(farServers)
    for (const error of await Promise.all(added)) expect(error.code).to.equal('INSECURE_AUTH')
    expect(await getData(session, '/')).to.equal('')
    expect(leaked(far)).to.equal(false)
    expect(far.connections).to.equal(1)
  })

  it('A6 passes to another machine where that is allowed by name', async () => {
    const { far, farServers } = await places()
    const options = { servers: farServers, environment: farAway(), allowInsecureAuth: true }
    const session = await connect(far.hosts, options)
    await session.addAuth('digest', ALICE)
    expect(await users(session)).to.deep.equal(['alice'])
    expect(leaked(far)).to.equal(true)
  })
})
