import { authorityPem, type RealServer } from '@zookit/test-fixtures'
import { expect } from 'chai'
import { connect, describeServers, standalone } from './support/servers.ts'

/** Returns the release in the server's own words. */
async function told(server: RealServer): Promise<string | undefined> {
  return /\d+\.\d+\.\d+/.exec(await server.fourLetter('srvr'))?.[0]
}

describeServers('The release of the connected server', target => {
  it('is what the server says of itself', async () => {
    const server = await standalone()
    const session = await connect(server.hosts)
    expect(await session.serverRelease()).to.equal(await told(server))
  })

  it('is asked for as the session is connected: by TLS', async () => {
    await using server = await target.startServer({ tls: { certificate: 'server', clientAuth: 'want' } })
    const session = await connect(`localhost:${server.securePort}`, { tls: { ca: authorityPem() } })
    expect(await session.serverRelease())
      .to.be.a('string')
      .and.satisfy((release: string) => release.startsWith(server.version))
    await session.close()
  })

  it('is not known once the session is closed', async () => {
    const { hosts } = await standalone()
    const session = await connect(hosts)
    await session.close()
    expect(await session.serverRelease()).to.equal(null)
  })
})
