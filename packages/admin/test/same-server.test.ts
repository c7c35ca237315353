import { nodeEnvironment } from '@zookit/connection'
import { expect } from 'chai'
import { ensembleStatus } from '../src/index.ts'
import { type AnyServer, describeKinds } from './support/kinds.ts'

/** Names and their addresses. */
type Names = Readonly<Record<string, readonly string[]>>

/** An environment that knows these names, and whose addresses all lead to 127.0.0.1, or nowhere. */
const knowing = (names: Names, gone: readonly string[] = []) => ({
  ...nodeEnvironment,
  resolve: (host: string) => [...(names[host] ?? [host])],
  open: (target: Parameters<typeof nodeEnvironment.open>[0], handler: never) =>
    nodeEnvironment.open(
      { ...target, address: gone.includes(target.address) ? '127.0.0.9' : '127.0.0.1' },
      handler,
    ),
})

describeKinds('The status of a server with two names', kind => {
  let server: AnyServer
  let port: string
  before(async () => {
    server = await kind.start()
    port = server.hosts.split(':').at(-1)!
  })
  after(() => server[Symbol.asyncDispose]())

  /** Looks at names on the server's port. */
  const look = (hosts: readonly string[], names: Names, gone?: readonly string[]) =>
    ensembleStatus(hosts.map(host => `${host}:${port}`).join(','), { environment: knowing(names, gone) })

  it('has it once, and tells the other name', async () => {
    const status = await look(['zk1', 'zk-a', '127.0.0.1'], {
      zk1: ['127.0.0.1'],
      'zk-a': ['::ffff:127.0.0.1'],
    })
    expect(status.servers.map(each => each.server)).to.deep.equal([`zk1:${port}`])
    expect(status.servers[0]!.aliases).to.deep.equal([`zk-a:${port}`, `127.0.0.1:${port}`])
    expect(status).to.include({ healthy: true, divided: null, leader: `zk1:${port}` })
    expect(status.quorum).to.include({ voters: 1, serving: 1, has: true })
  })

  it('has it once, under the name that it answers to, where localhost has an address for each family', async () => {
    const localhost = ['::1', '127.0.0.1']
    const { servers, healthy } = await look(['localhost', '127.0.0.1'], { localhost })
    expect(servers.map(({ aliases }) => aliases)).to.deep.equal([[`127.0.0.1:${port}`]])
    expect(healthy).to.equal(true)
  })

  it('stays two where it may be two: other addresses, several of them, or a port of its own', async () => {
    await using other = await kind.start()
    const apart: [string[], Names][] = [
      [['zk1', 'zk2'], { zk1: ['10.0.0.1'], zk2: ['10.0.0.2'] }],
      [['zk', '10.0.0.1'], { zk: ['10.0.0.1', '10.0.0.2'] }],
    ]
    for (const [hosts, names] of apart) {
      const { servers } = await look(hosts, names)
      expect(servers.map(({ aliases }) => aliases)).to.deep.equal([[], []])
    }
    const { servers, divided } = await ensembleStatus(`${server.hosts},${other.hosts}`)
    expect(servers).to.have.lengthOf(2)
    expect(divided).to.include('each stand alone')
  })

  it('is unreachable once where nobody listens', async () => {
    const { servers } = await look(['zk1', '10.0.0.1'], { zk1: ['10.0.0.1'] }, ['10.0.0.1'])
    expect(servers.map(({ state, aliases }) => [state, aliases.length])).to.deep.equal([['unreachable', 1]])
  })
})

describeKinds('The status of a server that tells little', kind => {
  it('stays two on this machine where it does not tell its directory', async () => {
    await using strict = await kind.startStrict()
    const port = strict.hosts.split(':').at(-1)!
    const environment = knowing({ localhost: ['::1', '127.0.0.1'] })
    const { servers } = await ensembleStatus(`localhost:${port},127.0.0.1:${port}`, { environment })
    expect(servers.map(({ aliases }) => aliases)).to.deep.equal([[], []])
  })
})
