import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { op } from '@zookit/jute'
import { authorityPem, clientPfx, type RealServer } from '@zookit/test-fixtures'
import { expect } from 'chai'
import type { TlsOptions } from '../../src/index.ts'
import { connect, describeServers } from '../support/servers.ts'

const PAGE = readFileSync(new URL('../../../../docs/security.md', import.meta.url), 'utf8')
const missing = ['keytool', 'openssl'].filter(program => spawnSync(program, ['version']).error !== undefined)

/** Returns the commands of docs/security.md that turn Java's key stores into PEM. */
function commands(): string {
  return /### From a Java key store to PEM\n\n```sh\n(.*?)```/s.exec(PAGE)![1]!
}

if (missing.length === 0) {
  describeServers('A Java key store, converted as the page says', target => {
    let directory: string
    let server: RealServer

    before(async () => {
      directory = mkdtempSync(join(tmpdir(), 'zookit-keystore-'))
      const run = (command: string): unknown =>
        execFileSync('bash', ['-ec', command], { cwd: directory, stdio: 'pipe' })
      writeFileSync(join(directory, 'source.p12'), clientPfx.pfx)
      writeFileSync(join(directory, 'authority.pem'), authorityPem())
      run(
        `keytool -importkeystore -srckeystore source.p12 -srcstoretype PKCS12 -srcstorepass ${clientPfx.passphrase} ` +
          '-destkeystore client.jks -deststoretype JKS -deststorepass changeit -destkeypass changeit',
      )
      run(
        'keytool -importcert -noprompt -alias ca -file authority.pem -keystore trust.jks -storepass changeit',
      )
      run(commands())
      server = await target.startServer({ tickTime: 100, tls: { clientAuth: 'need' } })
    })
    after(async () => {
      await server.stop()
      rmSync(directory, { recursive: true, force: true })
    })

    it('A7 lets a client in, as PEM and as PKCS #12', async () => {
      const read = (name: string): Buffer => readFileSync(join(directory, name))
      const ca = read('ca.pem')
      const ways: TlsOptions[] = [
        { ca, cert: read('client.crt'), key: read('client.key') },
        { ca, pfx: read('client.p12'), passphrase: 'changeit' },
      ]
      for (const tls of ways) {
        const session = await connect(`localhost:${server.securePort}`, { tls })
        const { clientInfo } = await session.request(op.whoAmI, null)
        expect(clientInfo.map(({ authScheme }) => authScheme)).to.include('x509')
      }
    })
  })
}
