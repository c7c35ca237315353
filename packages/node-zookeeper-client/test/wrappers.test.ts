import { once } from 'node:events'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import * as original from 'node-zookeeper-client'
import { type Client, createClient } from '../src/index.ts'
import { closed, connected } from './support/scenario.ts'

const listed = (value: object): string[] => {
  const names: string[] = []
  for (const name in value) names.push(name)
  return names
}

describe('programs that reach into a client', () => {
  let server: TestServer
  let client: Client
  beforeEach(async () => {
    server = await TestServer.start()
    client = createClient(server.hosts)
    await connected(client)
  })
  afterEach(async () => {
    await closed(client)
    await server.stop()
  })

  const exists = (zk: Pick<Client, 'exists'>): Promise<unknown> =>
    new Promise(resolve => zk.exists('/', error => resolve(error)))

  it('find its methods by for in', () => {
    const methods = listed(original.createClient('a:2181')).filter(name => !name.startsWith('_'))
    expect(listed(client)).to.include.members(methods.filter(name => !/^(domain|onConnection)/.test(name)))
    expect(listed(client.transaction())).to.include.members([
      'create',
      'setData',
      'check',
      'remove',
      'commit',
    ])
    expect(listed(client)).to.not.include('zookit')
  })

  it('put a proxy in its place', async () => {
    expect(await exists(new Proxy(client, {}))).to.equal(null)
  })

  it('derive an object from it', async () => {
    expect(await exists(Object.create(client))).to.equal(null)
  })

  it('replace its methods', async () => {
    client.getData = (_path: string, ...rest: unknown[]) =>
      (rest.at(-1) as (text: string) => void)('replaced')
    expect(await new Promise(resolve => client.getData('/', resolve))).to.equal('replaced')
  })

  it("look at the number of its connection's state", async () => {
    const { connectionManager } = client
    const states = [connectionManager.state]
    connectionManager.on('state', state => states.push(state))
    server.dropConnections()
    await once(client, 'connected')
    server.expireSession(client.getSessionId().readBigInt64BE())
    await once(client, 'expired')
    await once(client, 'disconnected')
    expect(states).to.deep.equal([2, 0, 1, 2, 0, 1, -3, 0, -2])
    await connected(client)
  })
})
